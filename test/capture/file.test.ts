import { gunzipSync, gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { decodeCapture, encodeCapture } from '../../src/capture/file.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { captureOf, fixture } from '../support/replay.ts';

const capture = await captureOf(fixture('odd'));
const whole = encodeCapture(capture);
const text = gunzipSync(whole).toString('utf8');

/** The code and message with which the bytes are refused. */
function refusal(bytes: Uint8Array): { code: string; message: string } {
  try {
    decodeCapture(bytes, 'a.nsc');
  } catch (error) {
    if (error instanceof NsinspectError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('not refused');
}

describe('a capture file', () => {
  it('gives back what was written, exact names included', () => {
    expect(decodeCapture(whole, 'a.nsc')).toEqual(JSON.parse(JSON.stringify(capture)));
    const { mounts } = decodeCapture(whole, 'a.nsc').namespaces!;
    expect(mounts.filter(({ path }) => typeof path === 'object')).not.toEqual([]);
  });

  it('names its schema first, for who looks into it', () => {
    expect(text.startsWith('{"schema":"nsinspect/capture/1","tool":{"name":"nsinspect",')).toBe(true);
  });
});

/** The capture's text with other processes; `make` is given the first. */
function withProcesses(make: (first: { pid: number }) => readonly unknown[]): string {
  const document = JSON.parse(text) as { tasks: { processes: unknown[] } };
  document.tasks.processes = [...make(document.tasks.processes[0] as { pid: number })];
  return JSON.stringify(document);
}

describe('what is no capture, or no longer', () => {
  const newer = (from: string, to: string) => gzipSync(text.replace(from, to));

  it.each<[string, Uint8Array, string, RegExp]>([
    ['nothing', Buffer.alloc(0), 'bad-capture', /a\.nsc is no capture of nsinspect$/],
    ['text', Buffer.from('hello'), 'bad-capture', /no capture/],
    ['JSON that is not compressed', Buffer.from(text), 'bad-capture', /no capture/],
    ['compressed text', gzipSync('hello'), 'bad-capture', /no capture.*not JSON/],
    ['compressed nothing', gzipSync(''), 'bad-capture', /no capture/],
    ['other JSON', gzipSync('{"name":"other"}'), 'bad-capture', /no capture/],
    ['null', gzipSync('null'), 'bad-capture', /no capture/],
    ['a list', gzipSync('[]'), 'bad-capture', /no capture/],
    ['another document of ours', gzipSync('{"schema":"nsinspect/namespaces/1"}'), 'bad-capture', /no capture/],
    ['a newer version', newer('capture/1"', 'capture/2"'), 'capture-version', /is of schema nsinspect\/capture\/2/],
    ['no host', gzipSync('{"schema":"nsinspect/capture/1","takenAt":"x"}'), 'bad-capture', /damaged/],
    [
      'a newer facet',
      newer('"tasks":{"version":1', '"tasks":{"version":2'),
      'bad-capture',
      /a facet of a version that this nsinspect does not know/,
    ],
    ['a pid twice', gzipSync(withProcesses((first) => [first, first])), 'bad-capture', /\[1\]\.pid: is not unique$/],
    [
      'a pid that is a text',
      gzipSync(withProcesses((first) => [{ ...first, pid: '\x1b[2J' }])),
      'bad-capture',
      /\[0\]\.pid: must be integer$/,
    ],
    [
      'no process in the list of them',
      gzipSync(withProcesses(() => [null])),
      'bad-capture',
      /tasks\.processes\[0\]: must be object$/,
    ],
    [
      'a host that is a number',
      gzipSync('{"schema":"nsinspect/capture/1","takenAt":"x","host":1}'),
      'bad-capture',
      /damaged/,
    ],
    [
      'tasks that are null',
      gzipSync('{"schema":"nsinspect/capture/1","takenAt":"x","host":{"version":1},"tasks":null}'),
      'bad-capture',
      /a\.nsc/,
    ],
    [
      'tasks without a list',
      gzipSync('{"schema":"nsinspect/capture/1","takenAt":"x","host":{"version":1},"tasks":{"version":1}}'),
      'bad-capture',
      /a\.nsc/,
    ],
  ])('%s is refused in one line', (_what, bytes, code, message) => {
    const refused = refusal(bytes);
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
    expect(refused.message).not.toContain('\n');
  });

  it('cut anywhere is refused as that', () => {
    for (const length of [2, 3, 10, 11, 100, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      expect(refusal(whole.subarray(0, length))).toEqual({
        code: 'bad-capture',
        message: 'a.nsc is incomplete: it ends in the middle',
      });
    }
  });

  it('with a bit flipped anywhere is refused, or is the same', () => {
    const codes = new Set<string>();
    for (let at = 0; at < whole.length; at += 61) {
      const broken = Buffer.from(whole);
      broken[at] = broken[at]! ^ (1 << (at % 8));
      try {
        // A few bits of the header (time, operating system) mean nothing.
        expect(decodeCapture(broken, 'a.nsc')).toEqual(JSON.parse(text));
      } catch (error) {
        if (!(error instanceof NsinspectError)) throw error;
        codes.add(error.code);
      }
    }
    expect([...codes]).toEqual(['bad-capture']);
  });

  it('with something after it is refused', () => {
    expect(refusal(Buffer.concat([whole, Buffer.from('more')])).code).toBe('bad-capture');
  });

  it('that unpacks to more than there is room for is refused before it is', () => {
    const member = gzipSync(Buffer.alloc(1 << 24), { level: 9 });
    const bomb = Buffer.concat(Array.from({ length: 33 }, () => member));
    expect(bomb.length).toBeLessThan(1 << 20);
    expect(refusal(bomb)).toEqual({ code: 'bad-capture', message: 'a.nsc unpacks to more than 512 MiB: not read' });
  }, 60_000);
});
