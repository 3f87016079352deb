import { describe, expect, it } from 'vitest';

import { captureLimits } from '../../src/capture/limits.ts';
import { edgesOf } from '../../src/capture/tasks.ts';
import { replayHost } from '../../src/host/replay.ts';
import type { ProcessFacts } from '../../src/schema/tasks.ts';
import { madeRecording, type MadeTree } from './made-recording.ts';

const DENIED = { failed: 'denied', errno: 'EACCES' } as const;

const HOST: MadeTree = {
  '/proc/meminfo': 'MemTotal:       1024 kB\nSwapTotal:         4 kB\n',
  '/proc/sys/kernel/pid_max': '4194304\n',
  '/proc/sys/kernel/threads-max': '192730\n',
  '/sys/devices/system/cpu/online': '0-1\n',
  '/proc/7/limits': 'Limit \nMax open files            1024                 unlimited            files     \n',
  '/proc/7/status': 'Name:\tx\nCpus_allowed_list:\t1\n',
  '/proc/7/fd/0': '',
  '/proc/7/fd/1': '',
  '/proc/8/limits': DENIED,
  '/proc/8/status': 'Name:\tx\n',
  '/proc/9/limits': 'Limit \nsomething else\n',
  '/proc/9/status': DENIED,
};

describe('captureLimits', () => {
  it('has the limits of the host, and of the processes that are asked for and still there', () => {
    expect(captureLimits(replayHost(madeRecording(HOST)), [9, 7, 4, 7, 8])).toEqual({
      version: 1,
      host: { memory: '1048576', swap: '4096', cpus: '0-1', pidMax: 4194304, threadsMax: 192730 },
      processes: [
        {
          pid: 7,
          rlimits: { 'Max open files': { soft: '1024', hard: 'unlimited', unit: 'files' } },
          affinity: '1',
          openFiles: 2,
        },
        // Nothing was made up where nothing is known.
        {
          pid: 8,
          rlimits: {},
          affinity: null,
          openFiles: null,
          unknown: { rlimits: 'denied', openFiles: 'not collected' },
        },
        {
          pid: 9,
          rlimits: {},
          affinity: null,
          openFiles: null,
          unknown: { rlimits: 'malformed', affinity: 'denied', openFiles: 'not collected' },
        },
      ],
    });
  });

  it('has nothing where nothing can be read', () => {
    const host = { memory: null, swap: null, cpus: null, pidMax: null, threadsMax: null };
    expect(captureLimits(replayHost(madeRecording({})), [7])).toEqual({ version: 1, host, processes: [] });
    expect(captureLimits(replayHost(madeRecording({ '/proc/sys/kernel/pid_max': 'many\n' })), [])).toMatchObject({
      host,
    });
  });
});

describe('edgesOf', () => {
  const process = (pid: number, ppid: number, more: Partial<ProcessFacts> = {}): ProcessFacts => ({
    pid,
    ppid,
    start: pid,
    state: 'S',
    comm: 'x',
    kthread: false,
    threads: 1,
    ns: new Array<number>(10).fill(1),
    cgroup: 0,
    ...more,
  });

  it('has the processes where something else begins', () => {
    const processes = [
      process(1, 0),
      process(2, 0, { kthread: true }),
      process(10, 1),
      process(11, 10, { cgroup: 1 }),
      process(12, 11, { cgroup: 1 }),
      process(13, 12, { cgroup: 1, root: '/srv' }),
      process(14, 1, { ns: [2, ...new Array<number>(9).fill(1)] }),
      // Its parent is not seen.
      process(15, 999),
    ];
    expect(edgesOf(processes).map(({ pid }) => pid)).toEqual([1, 11, 13, 14, 15]);
  });
});
