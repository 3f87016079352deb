import { describe, expect, test } from 'vitest';

import { cgroupSubject, limitsOf, placesNamed, placesThere, subjectOf } from '../../../src/model/limits.ts';
import type { Container } from '../../../src/model/containers.ts';
import type { LimitsFacet, ProcessLimits } from '../../../src/schema/cgroups.ts';
import type { ProcessFacts, TasksFacet } from '../../../src/schema/tasks.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { about, madeFacet, shortly, VAST } from './made-cgroups.ts';

const FACET = madeFacet([
  {
    controllers: ['memory'],
    chain: [
      ['/', {}],
      ['/web', { 'memory.limit_in_bytes': '4096' }],
    ],
  },
  {
    controllers: ['pids'],
    chain: [
      ['/', {}],
      ['/web', { 'pids.max': '7' }],
    ],
  },
]);

function process(pid: number, rest: Partial<ProcessFacts> = {}): ProcessFacts {
  const ns = [1, 2, 3, 4, 5, 6, 7, 8, 4, 8] as unknown as ProcessFacts['ns'];
  return { pid, ppid: 1, start: pid, state: 'S', comm: 'sh', kthread: false, threads: 1, ns, cgroup: 0, ...rest };
}

function tasksOf(...processes: readonly ProcessFacts[]): TasksFacet {
  const line = (hierarchy: number, controller: string, path: string) => ({
    hierarchy,
    controllers: [controller],
    path,
  });
  return {
    version: 1,
    processes,
    cgroups: [
      [line(1, 'memory', '/web'), line(2, 'pids', '/web')],
      [line(1, 'memory', '/web'), line(2, 'pids', '/')],
    ],
    collected: { detail: 'all', cgroups: true, root: false, threadCgroups: true },
    coverage: { processes: processes.length, tasks: processes.length, vanished: 0, denied: 0, malformed: 0 },
  };
}

function limitsOfProcess(pid: number, nofile: string, rest: Partial<ProcessLimits> = {}): ProcessLimits {
  const rlimits = {
    'Max open files': { soft: nofile, hard: '4096', unit: 'files' },
    'Max processes': { soft: 'unlimited', hard: 'unlimited', unit: 'processes' },
    'Max address space': { soft: 'unlimited', hard: 'unlimited', unit: 'bytes' },
    'Max locked memory': { soft: '65536', hard: '65536', unit: 'bytes' },
  };
  return { pid, rlimits, affinity: '0', openFiles: 24, ...rest };
}

function facetOf(...processes: readonly ProcessLimits[]): LimitsFacet {
  return { version: 1, host: VAST, processes };
}

describe('a process', () => {
  test('its cgroup in every hierarchy, its rlimits, what it uses of them', () => {
    const tasks = tasksOf(process(10));
    const subject = subjectOf({ kind: 'process', process: tasks.processes[0]! }, tasks);
    const limits = limitsOf(subject, FACET, facetOf(limitsOfProcess(10, '1024')), tasks);
    expect(shortly(about(limits, 'memory'))).toEqual(['4096', '/web memory.limit_in_bytes']);
    expect(shortly(about(limits, 'pids'))).toEqual(['7', '/web pids.max']);
    expect(about(limits, 'nofile')).toMatchObject({
      effective: { kind: 'value', value: 1024n },
      imposedBy: { kind: 'rlimit', key: null, path: null, file: '/proc/10/limits' },
      usage: { kind: 'value', value: 24n },
      headRoom: 1000n,
      notes: ['may be raised to 4096 (hard limit)'],
    });
    expect(shortly(about(limits, 'nproc'))).toEqual(['max', null]);
    expect(shortly(about(limits, 'memlock'))).toEqual(['65536', 'rlimit']);
    expect(about(limits, 'as')).toBeUndefined();
  });

  test('limits that may not be read are unknown, and so is a count', () => {
    const tasks = tasksOf(process(10));
    const subject = subjectOf({ kind: 'process', process: tasks.processes[0]! }, tasks);
    const denied = limitsOfProcess(10, '1', {
      rlimits: {},
      openFiles: null,
      unknown: { rlimits: 'denied', openFiles: 'denied' },
    });
    const nofile = about(limitsOf(subject, FACET, facetOf(denied), tasks), 'nofile');
    expect(shortly(nofile)).toEqual(['unknown: Max open files of pid 10: denied', null]);
    expect(nofile?.usage).toEqual({ kind: 'unknown', outcome: 'denied' });
  });

  test('a thread that is elsewhere has the limits of where it is', () => {
    const thread = { tid: 11, start: 11, state: 'S', comm: 'w', ns: process(10).ns, cgroup: 1 };
    const tasks = tasksOf(process(10, { threads: 2, tids: [11], differing: [thread] }));
    const target = { kind: 'process', process: tasks.processes[0]! } as const;
    const own = subjectOf(target, tasks);
    expect(own.notes).toEqual(['1 thread of it in other cgroups']);
    const subject = subjectOf(target, tasks, 11);
    expect(subject.text).toBe('thread 11 of pid:10 (sh)');
    expect(shortly(about(limitsOf(subject, FACET, facetOf(), tasks), 'pids'))).toEqual(['max', null]);
  });

  test('a cgroup that was not read makes every answer unknown', () => {
    const tasks = tasksOf(process(10, { cgroup: null, unknown: { cgroup: 'denied' } }));
    const subject = subjectOf({ kind: 'process', process: tasks.processes[0]! }, tasks);
    expect(shortly(about(limitsOf(subject, FACET, facetOf(), tasks), 'memory'))).toEqual([
      'unknown: /proc/PID/cgroup: denied',
      null,
    ]);
  });
});

describe('a container', () => {
  const container = { engine: 'docker', id: 'abc', name: 'web', leader: 10, pids: [9, 10, 11] } as unknown as Container;

  test('has the cgroups of its first process, and says who is elsewhere', () => {
    const tasks = tasksOf(process(9), process(10), process(11, { cgroup: 1 }));
    const subject = subjectOf({ kind: 'container', container }, tasks);
    expect(subject).toMatchObject({ kind: 'container', pids: [10, 9, 11] });
    expect(subject.notes).toEqual(['1 process of it in other cgroups than its first process (pids)']);
  });

  test('is as wide as its processes together, and says whose rlimits differ', () => {
    const tasks = tasksOf(process(9), process(10), process(11));
    const subject = subjectOf({ kind: 'container', container }, tasks);
    const facet = facetOf(
      limitsOfProcess(10, '64'),
      limitsOfProcess(9, '64', { affinity: '2' }),
      limitsOfProcess(11, '32'),
    );
    const limits = limitsOf(subject, FACET, { ...facet, host: { ...VAST, cpus: '0-3' } }, tasks);
    expect(shortly(about(limits, 'cpu.set'))).toEqual(['0,2', 'affinity']);
    expect(shortly(about(limits, 'cpu.time'))).toEqual(['2000000', 'affinity']);
    expect(about(limits, 'nofile')?.notes).toContain('1 other process of it with another limit');
  });
});

describe('a cgroup', () => {
  test('only the controllers of its hierarchies, and no rlimits', () => {
    const tasks = tasksOf(process(10));
    const subject = cgroupSubject('cgroup /web', [{ hierarchy: 2, path: '/web' }]);
    const limits = limitsOf(subject, FACET, facetOf(), tasks);
    expect(shortly(about(limits, 'pids'))).toEqual(['7', '/web pids.max']);
    expect(about(limits, 'memory')).toBeUndefined();
    expect(about(limits, 'nofile')).toBeUndefined();
  });
});

describe('a cgroup by name', () => {
  test.each([
    { text: 'pids:2', places: ['2 /web'] },
    { text: '/web', places: ['1 /web', '2 /web'] },
    { text: '/web/', places: ['1 /web', '2 /web'] },
    { text: '/sys/fs/cgroup/pids/web', places: ['2 /web'] },
    { text: '/sys/fs/cgroup/pids', places: ['2 /'] },
    { text: '/sys/fs/cgroup/pidsy', places: [] },
    { text: '/nowhere', places: [] },
    { text: 'web', places: [] },
  ])('$text', ({ text, places }) => {
    const found = placesThere(placesNamed(text, FACET), FACET);
    expect(found.map(({ hierarchy, path }) => `${hierarchy} ${nameText(path)}`)).toEqual(places);
  });

  test('of a hierarchy that is not mounted: the paths of its tasks', () => {
    const target = { kind: 'cgroup', path: '/web', processes: [] } as const;
    expect(subjectOf(target, tasksOf()).membership).toEqual({
      paths: new Map([
        [1, '/web'],
        [2, '/web'],
      ]),
      only: true,
    });
  });
});

test('a mount has no limits', () => {
  const target = { kind: 'mount', mntns: 1, mount: { path: '/x' } } as never;
  expect(() => subjectOf(target, tasksOf())).toThrow('has no limits of its own');
});
