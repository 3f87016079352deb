/** Limits of processes (setrlimit(2)): the soft one binds, the hard one is as far as a process may raise it itself. */
import type { LimitsFacet, ProcessLimits } from '../../schema/cgroups.ts';
import type { LimitUnit, Resource } from '../../schema/limits-document.ts';
import type { ProcessFacts, TasksFacet } from '../../schema/tasks.ts';
import { parseCpuList } from '../../text/cpu-list.ts';
import { formatPlural } from '../../text/units.ts';
import { limitsByPid, processesByPid, tasksByUid } from './by-pid.ts';
import type { Cpus } from './cpuset.ts';
import { MAX, NO_USAGE, valueOf } from './types.ts';
import type { Effective, Imposer, Limit, OutsideLimit, ResourceLimitOf, Usage } from './types.ts';
import { limitOf } from './values.ts';

interface Kind {
  readonly resource: Resource;
  readonly unit: LimitUnit;
  /** As `/proc/PID/limits` calls it (fs/proc/base.c, lnames). */
  readonly name: string;
  /** Shown only where it is set. */
  readonly onlySet?: boolean;
}

const KINDS: readonly Kind[] = [
  { resource: 'nofile', unit: 'files', name: 'Max open files' },
  { resource: 'nproc', unit: 'tasks', name: 'Max processes' },
  { resource: 'as', unit: 'bytes', name: 'Max address space', onlySet: true },
  { resource: 'memlock', unit: 'bytes', name: 'Max locked memory', onlySet: true },
];

/** The rlimits of a process; `others`: the rest of its container, whose own may differ. */
export function rlimits(
  pid: number,
  others: readonly number[],
  limits: LimitsFacet,
  tasks: TasksFacet,
): ResourceLimitOf<bigint>[] {
  const own = limitsByPid(limits).get(pid);
  const process = processesByPid(tasks).get(pid);
  return KINDS.flatMap((kind) => {
    const limit = softOf(own, kind);
    if (kind.onlySet === true && limit.kind !== 'value') return [];
    const effective: Effective = limit;
    const usage = usageOf(kind, own, process, tasks);
    const isBound = limit.kind === 'value';
    return [
      {
        resource: kind.resource,
        unit: kind.unit,
        effective,
        imposedBy: isBound ? imposer('rlimit', pid, 'limits') : null,
        chain: [],
        outside: [],
        usage,
        headRoom: isBound && usage.kind === 'value' ? roomOf(limit.value, usage.value) : null,
        notes: [...notesOf(kind, own, process), ...differing(kind, limit, others, limits)],
      },
    ];
  });
}

function roomOf(limit: bigint, used: bigint): bigint {
  return used > limit ? 0n : limit - used;
}

function imposer(kind: 'rlimit' | 'affinity', pid: number, file: string): Imposer {
  return { kind, key: null, path: null, file: `/proc/${String(pid)}/${file}` };
}

function softOf(own: ProcessLimits | undefined, { name }: Kind): Limit {
  if (own === undefined) return { kind: 'unknown', reason: 'the limits of the process: not collected' };
  const outcome = own.unknown?.rlimits;
  const soft = own.rlimits[name]?.soft;
  if (soft === undefined)
    return { kind: 'unknown', reason: `${name} of pid ${String(own.pid)}: ${outcome ?? 'absent'}` };
  if (soft === 'unlimited') return MAX;
  return limitOf(soft) ?? { kind: 'unknown', reason: `${name} of pid ${String(own.pid)}: malformed` };
}

function usageOf(
  { resource }: Kind,
  own: ProcessLimits | undefined,
  process: ProcessFacts | undefined,
  tasks: TasksFacet,
): Usage {
  if (resource === 'nofile') {
    if (own?.openFiles !== null && own?.openFiles !== undefined) return valueOf(BigInt(own.openFiles));
    return { kind: 'unknown', outcome: own?.unknown?.openFiles ?? 'not collected' };
  }
  return resource === 'nproc' ? tasksOfUser(process, tasks) : NO_USAGE;
}

/** The kernel counts all tasks with the same real uid (RLIMIT_NPROC, kernel/ucount.c), whichever container they are in. */
function tasksOfUser(process: ProcessFacts | undefined, tasks: TasksFacet): Usage {
  const uid = process?.detail?.status?.uids[0];
  if (uid === undefined) return { kind: 'unknown', outcome: process?.detail?.unknown?.status ?? 'not collected' };
  return valueOf(tasksByUid(tasks).get(uid) ?? 0n);
}

function notesOf(
  { resource, name }: Kind,
  own: ProcessLimits | undefined,
  process: ProcessFacts | undefined,
): string[] {
  const notes: string[] = [];
  const limit = own?.rlimits[name];
  if (limit !== undefined && limit.hard !== limit.soft) notes.push(`may be raised to ${limit.hard} (hard limit)`);
  if (resource === 'nproc' && limit !== undefined && limit.soft !== 'unlimited') {
    const uid = process?.detail?.status?.uids[0];
    notes.push(
      uid === 0
        ? // kernel/fork.c, copy_process: INIT_USER and holders of two capabilities pass.
          'does not bind root'
        : 'counts all tasks of its real uid; binds neither root nor CAP_SYS_RESOURCE nor CAP_SYS_ADMIN',
    );
  }
  return notes;
}

function differing(kind: Kind, limit: Limit, others: readonly number[], limits: LimitsFacet): string[] {
  if (others.length === 0) return [];
  const among = new Set(others);
  const count = limits.processes.filter((one) => {
    if (!among.has(one.pid)) return false;
    const its = softOf(one, kind);
    return (
      its.kind !== 'unknown' &&
      (its.kind !== limit.kind || (its.kind === 'value' && limit.kind === 'value' && its.value !== limit.value))
    );
  }).length;
  return count === 0 ? [] : [`${formatPlural(count, 'other process', 'other processes')} of it with another limit`];
}

/** What all of these processes together may run on, where that is known of each; the first one gives the file its name. */
export function affinityOf(pids: readonly number[], limits: LimitsFacet): OutsideLimit<Cpus>[] {
  const byPid = limitsByPid(limits);
  const together = new Set<number>();
  for (const pid of pids) {
    const list = byPid.get(pid)?.affinity ?? null;
    const cpus = list === null ? null : parseCpuList(list);
    if (cpus === null) return [];
    for (const cpu of cpus) together.add(cpu);
  }
  const [first] = pids;
  if (first === undefined) return [];
  return [{ by: imposer('affinity', first, 'status'), limit: valueOf([...together].sort((a, b) => a - b)) }];
}
