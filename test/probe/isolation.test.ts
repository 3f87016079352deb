import { describe, expect, it } from 'vitest';

import { isMalformed } from '../../src/parse/malformed.ts';
import { parseMountinfo } from '../../src/parse/mountinfo.ts';
import { HOGS } from '../../src/probe/probes/isolation/hogs.ts';
import { ISOLATION_PROBES } from '../../src/probe/probes/isolation/index.ts';
import type { LeakGroup, Outer, Seen } from '../../src/probe/probes/isolation/leak.ts';
import { KERNEL_LEAKS, WRITABLE_LEAKS } from '../../src/probe/probes/isolation/leak-promises.ts';
import { IDENTITY_LEAKS, RESOURCE_LEAKS } from '../../src/probe/probes/isolation/leak-views.ts';
import { propagation } from '../../src/probe/probes/isolation/mounts.ts';
import { paceOf } from '../../src/probe/probes/isolation/neighbour.ts';
import { linesWith, Talk } from '../../src/probe/probes/isolation/talk.ts';
import type { MountFacts } from '../../src/schema/mounts.ts';

describe('the suite', () => {
  it('has an id of its own for each probe', () => {
    const ids = ISOLATION_PROBES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^isolation\/[a-z-]+\/[a-z-]+$/);
  });

  it('has all eight namespaces', () => {
    const kinds = ISOLATION_PROBES.filter(({ id }) => id.startsWith('isolation/namespace/')).map(
      ({ subject }) => subject,
    );
    expect(kinds.toSorted()).toEqual(['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts']);
  });
});

describe('a talk', () => {
  /** Answers as the shell does, to questions in their order. */
  function talkOf(answers: readonly (readonly [text: string, status: number])[]) {
    let output = '';
    let asked = 0;
    const talker = {
      write: () => {
        const [text, status] = answers[asked] ?? ['', 0];
        asked += 1;
        output += `${text}\nword ${status}\nword-end ${asked}\n`;
      },
      said: () => Promise.resolve(),
      output: () => output,
    };
    return new Talk(talker, 'word');
  }

  it('keeps answers apart', async () => {
    const talk = talkOf([
      ['one\n', 0],
      ['', 3],
      ['no newline', 127],
    ]);
    expect(await talk.ask('a')).toEqual({ text: 'one\n', status: 0 });
    expect(await talk.ask('b')).toEqual({ text: '', status: 3 });
    expect(await talk.ask('c')).toEqual({ text: 'no newline', status: 127 });
  });

  it('fails with what was printed last', async () => {
    await expect(talkOf([['cat: no\ncat: such\n', 1]]).tell('cat')).rejects.toThrow('failed: cat: such');
  });

  it('takes one line', async () => {
    await expect(talkOf([]).ask('a\nb')).rejects.toThrow(TypeError);
  });

  it('looks for plain text only', () => {
    expect(linesWith('/proc/net/tcp', ':1F90')).toContain('*:1F90*');
    expect(() => linesWith('/proc/net/tcp', '*) id;;')).toThrow(TypeError);
  });
});

describe('propagation', () => {
  const mounts = (tags: string): readonly MountFacts[] => {
    const parsed = parseMountinfo(`30 1 8:1 / / rw ${tags}- ext4 /dev/sda1 rw\n`);
    if (isMalformed(parsed)) throw new Error(parsed.what);
    return parsed;
  };
  it.each([
    ['', 'shared:1 ', [], []],
    ['shared:1 ', 'shared:1 ', ['1'], ['1']],
    ['master:1 ', 'shared:1 ', [], ['1']],
    ['shared:2 master:1 ', 'shared:1 ', [], ['1']],
    ['shared:2 ', 'shared:1 ', [], []],
    ['shared:1 ', '', [], []],
  ])('of a mount with "%s" beside one with "%s"', (within, outer, sent, received) => {
    expect(propagation(mounts(within), mounts(outer))).toEqual({ sent, received });
  });
});

describe('a pace', () => {
  it('is of the jobs between two times, turn by turn', () => {
    const at = (milliseconds: number) => String(1_700_000_000_000_000_000n + BigInt(milliseconds) * 1_000_000n);
    const turns = [
      { output: [0, 2, 4, 6].map(at).join('\n'), cpu: 3000 },
      { output: [1000, 1002, 1012].map(at).join('\n'), cpu: 2000 },
    ];
    expect(paceOf(turns)).toEqual({ jobs: 5, rate: 5000 / 18, p50: 2, p99: 10, cpu: 1 });
    const [first, second] = turns;
    expect(paceOf([first!, { ...second!, cpu: null }])).toMatchObject({ jobs: 5, cpu: null });
  });

  it('is none without jobs', () => {
    const turns = ['', 'noise\n'].map((output) => ({ output, cpu: 500 }));
    expect(paceOf(turns)).toEqual({ jobs: 0, rate: 0, p50: 0, p99: 0, cpu: null });
  });
});

describe('what a hog takes', () => {
  it.each([
    ['cpu', 0, 90_000, 1, true],
    ['cpu', 0, 200_000, 1, false],
    ['io', 0, 4 << 20, 1, true],
    ['io', 0, 8 << 20, 1, false],
    ['fork', 6, 5, 1, true],
    ['fork', 6, 7, 1, false],
    ['page-cache', 0, 16 << 20, 1, true],
    ['page-cache', 0, (16 << 20) + 4096, 1, false],
  ])('%s, from %d to %d in %d s: within its limit is %s', (id, from, to, seconds, within) => {
    const taken = HOGS.find((hog) => hog.id === id)?.taken(from, to, seconds);
    if (taken === undefined) throw new Error(`no hog ${id}`);
    expect(taken.amount <= taken.allowed).toBe(within);
  });
});

describe('a leak', () => {
  const outer = {
    probe: { scope: { pids: () => [1, 2] } },
    world: { disk: { dev: '8:0' } },
    limits: { memory: 64 * 1024 * 1024, cpus: 0.5 },
  } as unknown as Outer;

  function judged({ leaks }: LeakGroup, name: string, text: string, status = 0): Seen {
    const leak = leaks.find((candidate) => candidate.name === name);
    if (leak === undefined) throw new Error(`no leak ${name}`);
    return leak.judge({ text, status }, outer);
  }

  it.each([
    ['meminfo', 'MemTotal:       24684000 kB\nMemFree: 1 kB\n', true],
    // As lxcfs shows it.
    ['meminfo', 'MemTotal:       65536 kB\nMemFree: 1 kB\n', false],
    ['loadavg', '0.85 1.67 2.05 6/157 19\n', true],
    ['loadavg', '0.00 0.00 0.00 1/3 19\n', false],
    ['uptime', '3.00 6.00\n', false],
    ['stat', 'cpu  10 0 10 2200000 0 0 0 0 0 0\ncpu0 10 0 10 2200000 0 0 0 0 0 0\n', true],
    ['stat', 'cpu  10 0 10 200 0 0 0 0 0 0\n', false],
    ['nproc', '2\n', true],
    ['nproc', '1\n', false],
  ])('of resources: %s of %j is %s', (name, text, visible) => {
    expect(judged(RESOURCE_LEAKS, name, text).visible).toBe(visible);
  });

  it.each(['meminfo', 'loadavg', 'uptime', 'stat'])('%s that is not there is none', (name) => {
    expect(judged(RESOURCE_LEAKS, name, 'cat: No such file or directory\n', 1).visible).toBe(false);
  });

  it.each([
    ['clock', `${Math.floor(Date.now() / 1000)}\n`, 0, true],
    ['clock', '1000000000\n', 0, false],
    ['dmi', 'Box\nMaker\n', 0, true],
    ['dmi', 'cat: no\n', 1, false],
    ['boot-id', 'b3a1c0de-0000-4000-8000-000000000000\n', 0, false],
    ['sysfs', 'sda\nsdb\n', 0, true],
    ['sysfs', '', 0, false],
  ])('of identity: %s of %j with status %d is %s', (name, text, status, visible) => {
    expect(judged(IDENTITY_LEAKS, name, text, status).visible).toBe(visible);
  });

  it.each(['proc-sys', 'sysrq', 'proc', 'sysfs', 'cgroupfs'])('of writing: %s', (name) => {
    expect(judged(WRITABLE_LEAKS, name, '').visible).toBe(false);
    expect(judged(WRITABLE_LEAKS, name, '/proc/file\n')).toEqual({ visible: true, what: '/proc/file' });
  });

  it.each([
    ['kcore', '1\n', 0, true],
    ['kcore', "head: cannot open '/proc/kcore'\n0\n", 0, false],
    ['raw-disk', '', 0, true],
    ['raw-disk', 'mknod: /tmp/disk: Operation not permitted\n', 1, false],
    ['set-clock', 'CapEff:\t00000000a80425fb\nuser:[1]\n', 0, false],
    ['set-clock', 'CapEff:\t000001ffffffffff\nuser:[1]\n', 0, false],
  ])('of the kernel: %s of %j with status %d is %s', (name, text, status, visible) => {
    expect(judged(KERNEL_LEAKS, name, text, status).visible).toBe(visible);
  });
});
