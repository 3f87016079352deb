/** Captures that follow each other, each another one than the last by changes that are drawn at random. */
import fc from 'fast-check';

import { HistoryHost } from '../../bench/history-crowd.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupFacts, FileValue } from '../../src/schema/cgroups.ts';
import type { Name } from '../../src/schema/name.ts';
import type { ProcessFacts } from '../../src/schema/tasks.ts';
import { canonicalJson } from '../../src/text/json.ts';
import { captureOf, fixture } from './replay.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** One change: what, and two numbers that choose where. */
interface Change {
  readonly what: number;
  readonly where: number;
  readonly which: number;
}

/** Changes between a capture and the next. */
export type Step = readonly Change[];

const NAMES: readonly Name[] = [
  'plain',
  'größe',
  'with\u001b[31m colour',
  '\u202eevil',
  '',
  '__proto__',
  { text: 'a\ufffd', base64: 'Yf8=' },
  { text: 'a\ufffd', base64: 'Yf4=' },
  'quote\'"',
];

const NUMBERS = [
  '0',
  '7',
  '12345678901234567890',
  '18446744073709551615',
  '-1',
  '-0',
  '007',
  '1.50',
  '0.00',
  '1.5',
  '1e3',
  'max',
];

/** A capture with something of everything. */
export async function firstCapture(): Promise<Capture> {
  const { cgroups, limits } = new HistoryHost({ tasks: 20, containers: 3 }).capture();
  return { ...(await captureOf(fixture('docker'))), cgroups: cgroups!, limits: limits! };
}

/** Whether two captures are the same, byte for byte. A difference of megabytes is of no use to anybody. */
export function areSame(a: Capture, b: Capture): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Steps, some of them empty: nothing has changed. */
export const steps = fc.array(
  fc.array(fc.record({ what: fc.nat(), where: fc.nat(), which: fc.nat() }), { maxLength: 6 }),
  { minLength: 1, maxLength: 10 },
);

/** The captures that these steps lead to, the first included. */
export function sequence(first: Capture, path: readonly Step[]): Capture[] {
  const all = [first];
  for (const [at, step] of path.entries()) {
    const next = structuredClone(all.at(-1)!) as Writable<Capture>;
    next.takenAt = new Date(Date.parse(first.takenAt) + (at + 1) * 1000).toISOString();
    all.push(step.reduce<Capture>((capture, change) => CHANGES[change.what % CHANGES.length]!(capture, change), next));
  }
  return all;
}

type Changing = (capture: Capture, change: Change) => Capture;

const at = <T>(list: readonly T[], index: number): T => list[index % list.length]!;

function withProcesses(
  capture: Capture,
  change: (processes: readonly ProcessFacts[]) => readonly ProcessFacts[],
): Capture {
  const { tasks } = capture;
  return tasks === undefined || tasks.processes.length === 0
    ? capture
    : { ...capture, tasks: { ...tasks, processes: change(tasks.processes) } };
}

function replaceAt<T>(list: readonly T[], index: number, replace: (item: T) => T): T[] {
  return list.map((item, place) => (place === index % list.length ? replace(item) : item));
}

function withCgroups(capture: Capture, change: (cgroups: readonly CgroupFacts[]) => readonly CgroupFacts[]): Capture {
  const { cgroups } = capture;
  return cgroups === undefined || cgroups.cgroups.length === 0
    ? capture
    : { ...capture, cgroups: { ...cgroups, cgroups: change(cgroups.cgroups) } };
}

function withFile(capture: Capture, where: number, name: string, value: FileValue): Capture {
  return withCgroups(capture, (list) =>
    replaceAt(list, where, (cgroup) => ({
      ...cgroup,
      files: Object.fromEntries([...Object.entries(cgroup.files), [name, value]]),
    })),
  );
}

function fileValue(which: number): FileValue {
  const number = at(NUMBERS, which);
  switch (which % 7) {
    case 0:
      return { kind: 'number', value: number };
    case 1:
      return {
        kind: 'keyed',
        entries: [
          ['__proto__', number],
          ['b', 'max'],
          ['b', at(NUMBERS, which >> 3)],
        ],
      };
    case 2:
      return {
        kind: 'nested',
        entries: [
          {
            key: '8:0',
            values: Object.fromEntries([
              ['__proto__', number],
              ['avg10', at(NUMBERS, which >> 3)],
            ]),
          },
        ],
      };
    case 3:
      return {
        kind: 'lines',
        lines: [
          ['8:0', 'Read', number],
          [`N0=${number}`, `total=${at(NUMBERS, which >> 3)}`],
        ],
      };
    case 4:
      return { kind: 'text', text: which % 2 === 0 ? `${number}\n` : at(NAMES, which), malformed: which % 3 === 0 };
    case 5:
      return { kind: 'unknown', outcome: 'denied' };
    default:
      return { kind: 'max' };
  }
}

const FILES = [
  'memory.current',
  'cpu.stat',
  'cpu.pressure',
  'io.stat',
  'memory.max',
  'cgroup.stat',
  'my.own',
  '__proto__',
];

const CHANGES: readonly Changing[] = [
  // A process ends, another starts, somewhere in the list.
  (capture, { where }) => withProcesses(capture, (list) => list.filter((_, place) => place !== where % list.length)),
  (capture, { where, which }) =>
    withProcesses(capture, (list) => {
      if (list.length === 0) return list;
      const pid = Math.max(...list.map((one) => one.pid)) + 1 + (which % 3);
      const place = where % (list.length + 1);
      return [...list.slice(0, place), { ...at(list, which), pid, start: pid * 7 }, ...list.slice(place)];
    }),
  (capture, { where, which }) =>
    withProcesses(capture, (list) =>
      replaceAt(list, where, (one) => ({
        ...one,
        comm: at(NAMES, which),
        state: at(['S', 'R', 'D', 'I', 'Z', '__proto__'], which),
      })),
    ),
  // The same pid, another process.
  (capture, { where, which }) =>
    withProcesses(capture, (list) => replaceAt(list, where, (one) => ({ ...one, start: which % 1000 }))),
  // The list in another order.
  (capture, { where }) =>
    withProcesses(capture, (list) => [
      ...list.slice(where % (list.length + 1)),
      ...list.slice(0, where % (list.length + 1)),
    ]),
  // Moves between cgroups, some that nobody was in yet.
  (capture, { where, which }) => {
    const { tasks } = capture;
    if (tasks === undefined) return capture;
    const isNew = which % 2 === 0;
    const line = { hierarchy: which % 3, controllers: [], path: at(NAMES, which) };
    const cgroups = isNew ? [...tasks.cgroups.slice(0, 1), [line], ...tasks.cgroups.slice(1)] : tasks.cgroups;
    const shift = (index: number | null): number | null => (isNew && index !== null && index > 0 ? index + 1 : index);
    const processes = tasks.processes.map((one, place) => ({
      ...one,
      cgroup:
        place === where % tasks.processes.length
          ? which % 5 === 0
            ? null
            : which % cgroups.length
          : shift(one.cgroup),
      ...(one.differing === undefined
        ? {}
        : { differing: one.differing.map((thread) => ({ ...thread, cgroup: shift(thread.cgroup) })) }),
    }));
    return { ...capture, tasks: { ...tasks, cgroups, processes } };
  },
  // A thread that is not like its leader.
  (capture, { where, which }) =>
    withProcesses(capture, (list) =>
      replaceAt(list, where, (one) => ({
        ...one,
        tids: [one.pid + 100000, one.pid + 100001],
        differing: [
          {
            tid: one.pid + 100000,
            start: 1,
            state: at(['S', 'R'], which),
            comm: 't',
            ns: one.ns,
            cgroup: which % 2 === 0 ? one.cgroup : null,
          },
        ],
      })),
    ),
  (capture, { where, which }) => withFile(capture, where, at(FILES, which), fileValue(which >> 2)),
  (capture, { where, which }) => withFile(capture, where, at(FILES, which), fileValue(which >> 2)),
  (capture, { where, which }) =>
    withCgroups(capture, (list) =>
      replaceAt(list, where, (cgroup) => {
        const tids = at(
          [undefined, [], [5, 3, 3], [...(cgroup.tids ?? []), 999999], (cgroup.tids ?? []).slice(1)],
          which,
        );
        const { tids: _tids, ...rest } = cgroup;
        return tids === undefined ? rest : { ...rest, tids };
      }),
    ),
  // A cgroup is made after another, or the last is removed, unless somebody refers to it.
  (capture, { where, which }) =>
    withCgroups(capture, (list) => [
      ...list,
      {
        ...at(list, where),
        inode: which % 50,
        path: at(NAMES, which),
        parent: list.findIndex((one) => one === at(list, where)),
      },
    ]),
  (capture) => {
    const { cgroups } = capture;
    if (cgroups === undefined || cgroups.cgroups.length < 2) return capture;
    return { ...capture, cgroups: { ...cgroups, cgroups: cgroups.cgroups.slice(0, -1), reread: null } };
  },
  (capture, { where, which }) => {
    const { mounts } = capture;
    if (mounts === undefined || mounts.tables.length === 0) return capture;
    const tables = replaceAt(mounts.tables, where, (table) => ({
      ...table,
      mounts:
        which % 2 === 0 ? table.mounts.slice(1) : [...table.mounts, { ...table.mounts[0]!, path: at(NAMES, which) }],
    }));
    return { ...capture, mounts: { ...mounts, tables: which % 5 === 0 ? [...tables, tables[0]!] : tables } };
  },
  (capture, { where, which }) => {
    const { namespaces } = capture;
    if (namespaces === undefined || namespaces.namespaces.length === 0) return capture;
    const list = replaceAt(namespaces.namespaces, where, (one) => ({
      ...one,
      id: which % 3 === 0 ? null : String(which),
    }));
    const coverage = { ...namespaces.coverage, socketsExamined: which };
    const fd = { pid: 1, tid: 1, fd: which % 3, type: 'net' as const, inum: which % 5 };
    return { ...capture, namespaces: { ...namespaces, namespaces: list, fds: [...namespaces.fds, fd], coverage } };
  },
  (capture, { where, which }) => {
    const { limits } = capture;
    if (limits === undefined || limits.processes.length === 0) return capture;
    const processes = replaceAt(limits.processes, where, (one) => ({
      ...one,
      openFiles: which % 2 === 0 ? null : which,
    }));
    return { ...capture, limits: { ...limits, processes } };
  },
  (capture, { which }) => {
    const { layers } = capture;
    if (layers === undefined) return capture;
    const layer = {
      key: `k${which % 4}`,
      parent: null,
      role: 'image' as const,
      diffId: null,
      bytes: null,
      createdAt: null,
      dirs: [],
    };
    const store = {
      kind: 'docker' as const,
      driver: 'overlay2',
      root: at(NAMES, which),
      via: null,
      layers: [layer, layer],
      images: [],
      containers: [],
      directories: [...NAMES],
    };
    return { ...capture, layers: { ...layers, stores: which % 4 === 0 ? [] : [...layers.stores, store] } };
  },
  // Another boot, another host, a facet that was not collected, one that nobody knows yet.
  (capture, { which }) => ({ ...capture, host: { ...capture.host, bootId: `boot-${which % 2}` } }),
  (capture, { which }) => ({ ...capture, host: { ...capture.host, hostname: at(NAMES, which) } }),
  (capture, { which }) => {
    const facet = at(['limits', 'layers', 'mounts', 'cgroups', 'tasks', 'namespaces'] as const, which);
    const { [facet]: _facet, ...rest } = capture;
    return rest;
  },
  (capture, { which }) =>
    ({ ...capture, network: { version: 1, links: [{ name: at(NAMES, which) }], which } }) as Capture,
];
