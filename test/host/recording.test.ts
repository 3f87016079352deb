import { describe, expect, it } from 'vitest';

import { capture, EVERYTHING } from '../../src/capture/capture.ts';
import { liveHost } from '../../src/host/live.ts';
import { Failure, type Dir } from '../../src/host/port.ts';
import { decodeRecording, encodeRecording } from '../../src/host/recording-file.ts';
import { recordingOf } from '../../src/host/recording.ts';
import { replayHost } from '../../src/host/replay.ts';
import type { Recording } from '../../src/schema/recording.ts';
import { captureOf, timeless, TOOL } from '../support/replay.ts';

const HEAD: Recording['head'] = {
  schema: 'nsinspect/recording/1',
  of: 'live',
  reader: { pid: 7, uid: 0, capEff: null },
  asksTasks: true,
  redacted: false,
};

/** The recording after it was written to a file and read again. */
function throughText(recording: Recording): Recording {
  return decodeRecording(encodeRecording(recording), 'a.rec');
}

function dirOf(recording: Recording, path: string): Dir {
  const dir = replayHost(recording).open(path);
  if (dir instanceof Failure) throw new Error(`no ${path}`);
  return dir;
}

// Somebody else's benchmark may have thousands of processes up.
describe('a recording of this host', { timeout: 60_000 }, () => {
  it('replays to the same capture', async () => {
    const { host, recording } = recordingOf(liveHost());
    const live = await capture(host, EVERYTHING, TOOL);
    const replayed = await captureOf(throughText(recording()));
    expect(timeless(replayed)).toEqual(timeless(live));
    expect(replayed.source).toEqual({ kind: 'recording' });
  });

  it('serves a look that asks for less', async () => {
    const { host, recording } = recordingOf(liveHost());
    await capture(host, EVERYTHING, TOOL);
    const tasks = { detail: 'none', cgroups: true, root: false, threadCgroups: false } as const;
    const { namespaces } = await captureOf(recording(), { facets: ['tasks', 'namespaces'], tasks });
    expect(namespaces!.namespaces.filter(({ unknown }) => unknown?.owner === 'not collected')).toEqual([]);
  });

  it('is one line an entry, without descriptors of who recorded', () => {
    const { host, recording } = recordingOf(liveHost());
    const proc = host.open('/proc') as Dir;
    proc.read('uptime');
    (proc.open('self') as Dir).readlink('ns/net');
    const lines = encodeRecording(recording()).trimEnd().split('\n').slice(1);
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object).join())).toEqual([
      'open,is',
      'read,is',
      'open,is',
      'readlink,is',
    ]);
  });

  it('closes what it opened', () => {
    const { host } = recordingOf(liveHost());
    const open = (): number => {
      const fds = (host.open('/proc/self/fd') as Dir).list('.');
      return fds instanceof Failure ? -1 : fds.length;
    };
    const before = open();
    for (let i = 0; i < 20; i++) (host.open('/proc') as Dir).close();
    // What counts leaves a directory open itself.
    expect(open() - before).toBe(1);
  });
});

describe('a replay', () => {
  it('says of what was not recorded that it was not collected', () => {
    const host = replayHost({ head: HEAD, entries: [{ ask: 'open', of: '/proc', answer: true }] });
    const proc = host.open('/proc') as Dir;
    const all = () => false;
    const answers = [
      host.open('/sys'),
      proc.read('stat'),
      proc.readlink('self'),
      proc.list('.'),
      proc.open('1'),
      host.openInRoot(proc, '/'),
      host.readInRoot(proc, '/etc/hostname', 10),
      host.kernel.namespace(proc, '1/ns/net', null, all),
      host.kernel.mountNamespaces(),
      host.kernel.nsfsMounts('1', 1),
      host.kernel.namespaceAt({ type: 'net', inum: 1, mntns: 2, path: '/a' }, null, null, all),
      host.kernel.tasks!.sharesFds(proc, 1, 2),
      host.kernel.tasks!.socketNamespace(proc, 1, 1, 3, null, all),
      host.kernel.tasks!.pidForChildren(proc, 1, 1, all),
    ];
    expect(answers.map((answer) => (answer as Failure).outcome)).toEqual(answers.map(() => 'not collected'));
  });

  it('asks no task where none could be asked', () => {
    expect(replayHost({ head: { ...HEAD, asksTasks: false }, entries: [] }).kernel.tasks).toBeNull();
  });

  it('gives bytes and failures back as they were', () => {
    const bytes = 'caf\xe9\0\x1b[31m\n';
    const recording = throughText({
      head: HEAD,
      entries: [
        { ask: 'open', of: '/proc', answer: true },
        {
          ask: 'read',
          of: '/proc/a',
          answer: { text: 'caf\ufffd', base64: Buffer.from(bytes, 'latin1').toString('base64') },
        },
        { ask: 'read', of: '/proc/b', answer: { failed: 'denied', errno: 'EACCES' } },
        { ask: 'list', of: '/proc', answer: ['a', { text: '\ufffd', base64: '/w==' }] },
      ],
    });
    const proc = dirOf(recording, '/proc');
    expect(proc.read('a')).toBe(bytes);
    expect(proc.read('b')).toEqual(new Failure('denied', 'EACCES'));
    expect(proc.list('.')).toEqual(['a', '\xff']);
  });

  it('answers in the order of the recording, the last for good', () => {
    const recording = throughText({
      head: HEAD,
      entries: [
        { ask: 'open', of: '/proc', answer: true },
        { ask: 'read', of: '/proc/1/stat', times: 2, answer: 'one' },
        { ask: 'read', of: '/proc/1/stat', times: 1, answer: { failed: 'vanished', errno: 'ESRCH' } },
        { ask: 'read', of: '/proc/1/stat', answer: 'three' },
      ],
    });
    const proc = dirOf(recording, '/proc');
    const answers = Array.from({ length: 6 }, () => proc.read('1/stat'));
    const gone = new Failure('vanished', 'ESRCH');
    expect(answers).toEqual(['one', 'one', gone, 'three', 'three', 'three']);
  });

  it('keeps to the limit of who reads', () => {
    const host = replayHost({
      head: HEAD,
      entries: [
        { ask: 'open', of: '/proc/1', answer: true },
        { ask: 'readInRoot', of: ['/proc/1', '/etc/a'], answer: '12345' },
      ],
    });
    const task = host.open('/proc/1') as Dir;
    expect(host.readInRoot(task, '/etc/a', 5)).toBe('12345');
    expect(host.readInRoot(task, '/etc/a', 4)).toMatchObject({ outcome: 'malformed', errno: 'EOVERFLOW' });
  });

  it('leaves out namespaces that are known, and what only they lead to', () => {
    const facts = [
      { type: 'net', inum: 5, owner: 3, parent: null },
      { type: 'user', inum: 3, owner: 2, parent: 2 },
      { type: 'user', inum: 2, owner: 1, parent: 1 },
    ];
    const entries = [
      { ask: 'open', of: '/proc', answer: true },
      { ask: 'namespace', of: '/proc/1/ns/net', answer: facts },
    ] as const;
    const { kernel } = replayHost({ head: HEAD, entries });
    const proc = dirOf({ head: HEAD, entries }, '/proc');
    const ask = (known: readonly number[], expectInum = 5) =>
      kernel.namespace(proc, '1/ns/net', { type: 'net', inum: expectInum }, ({ inum }) => known.includes(inum));
    expect(ask([])).toEqual(facts);
    expect(ask([2])).toEqual(facts.slice(0, 2));
    expect(ask([3])).toEqual(facts.slice(0, 1));
    expect(ask([], 6)).toMatchObject({ outcome: 'absent' });
  });
});

describe('a text that is no recording', () => {
  it.each([
    ['nothing', '', /line 1: not JSON/],
    ['other text', 'hello\n', /a\.rec, line 1: not JSON/],
    ['another version', '{"schema":"nsinspect/recording/2"}\n', /no recording of schema nsinspect\/recording\/1/],
    ['a line without an answer', `${JSON.stringify(HEAD)}\n{"read":"/proc/1/stat"}\n`, /line 2: not one question/],
    ['a line with two questions', `${JSON.stringify(HEAD)}\n{"read":"/a","list":"/b","is":[]}\n`, /line 2/],
    ['a line that is a number', `${JSON.stringify(HEAD)}\n7\n`, /line 2: not an object/],
  ])('%s is refused in one line', (_what, text, message) => {
    expect(() => decodeRecording(text, 'a.rec')).toThrow(message);
  });
});
