/** The facet `tasks`: a fact a process and one a distinct content of `/proc/PID/cgroup`; states, and what workers do, are kept in the frame. */
import type { CgroupLine, ProcessFacts, TasksFacet, ThreadFacts } from '../schema/tasks.ts';
import { digestKey } from '../text/digest.ts';
import { addFacts, type Fact, type FactLists, type Frame } from './fact.ts';
import { type DetailBody, detailsFrom, DistinctRights } from './rights.ts';

/** Body of a fact of kind `task`: the process with keys of memberships for their indexes and of its rights, and without states. */
type TaskBody = Omit<ProcessFacts, 'cgroup' | 'state' | 'differing' | 'detail'> & {
  readonly cgroup: string | null;
  readonly detail?: DetailBody | undefined;
  readonly differing?: readonly ThreadBody[] | undefined;
};
type ThreadBody = Omit<ThreadFacts, 'cgroup' | 'state'> & { readonly cgroup: string | null };

/** A thread of the kernel that waits is idle (TASK_IDLE), anything else sleeps. */
const usualState = (kthread: boolean): string => (kthread ? 'I' : 'S');

/** A worker's name and what it last did: `kworker/0:1-events`, `kworker/u8:2+writeback`; not the rescuers (`kworker/R-rcu_gp`). */
const WORKER = /^(kworker\/[0-9u][^-+]*)([-+].*)$/;

function workOf({ kthread, comm }: ProcessFacts): { readonly name: string; readonly work: string } | null {
  const [, name, work] = kthread && typeof comm === 'string' ? (WORKER.exec(comm) ?? []) : [];
  return name === undefined || work === undefined ? null : { name, work };
}

/** Adds the facts of processes and memberships; what is left of the facet and what moves is returned. */
export function shredTasks(facet: TasksFacet, lists: FactLists): { readonly rest: object; readonly frame: Frame } {
  const { processes, cgroups, ...rest } = facet;
  const memberships = addFacts(
    lists,
    'membership',
    cgroups,
    (lines) => digestKey(JSON.stringify(lines)),
    (lines) => lines,
  );
  const keyAt = (index: number | null): string | null => (index === null ? null : (memberships[index]?.key ?? null));
  const states = new Map<string, number[]>();
  const threadStates = new Map<string, [number, number][]>();
  const works: [number, string][] = [];
  const rights = new DistinctRights();
  addFacts(
    lists,
    'task',
    processes,
    ({ pid, start }) => `${pid}:${start}`,
    (process) => {
      if (process.state !== usualState(process.kthread)) addTo(states, process.state, process.pid);
      const worker = workOf(process);
      if (worker !== null) works.push([process.pid, worker.work]);
      const comm = worker?.name ?? process.comm;
      const detail = process.detail && rights.bodyOf(process.detail);
      const body = { ...process, comm, state: undefined, cgroup: keyAt(process.cgroup), detail };
      if (process.differing === undefined) return body;
      const differing = process.differing.map((thread, at) => {
        if (thread.state !== usualState(false)) addTo(threadStates, thread.state, [process.pid, at]);
        return { ...thread, state: undefined, cgroup: keyAt(thread.cgroup) };
      });
      return { ...body, differing };
    },
  );
  rights.addTo(lists);
  return { rest, frame: { states: [...states], threadStates: [...threadStates], works } };
}

function addTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The facet from its facts. Without a frame every state is `?`. */
export function assembleTasks(
  rest: object,
  facts: ReadonlyMap<string, readonly Fact[]>,
  frame: Frame | null,
): TasksFacet {
  const memberships = facts.get('membership') ?? [];
  const indexes = new Map(memberships.map(({ key }, index) => [key, index]));
  const indexOf = (key: string | null): number | null => (key === null ? null : (indexes.get(key) ?? null));
  const states = new Map((frame?.states ?? []).flatMap(([state, pids]) => pids.map((pid) => [pid, state] as const)));
  const threadStates = new Map(
    (frame?.threadStates ?? []).flatMap(([state, threads]) =>
      threads.map(([pid, at]) => [`${pid}:${at}`, state] as const),
    ),
  );
  const works = new Map(frame?.works ?? []);
  const detailOf = detailsFrom(facts.get('rights') ?? []);
  const processes = (facts.get('task') ?? []).map((fact): ProcessFacts => {
    const body = fact.body as TaskBody;
    const state = frame === null ? '?' : (states.get(body.pid) ?? usualState(body.kthread));
    const cgroup = indexOf(body.cgroup);
    const { differing, detail, ...task } = body;
    const work = works.get(body.pid);
    const comm = work !== undefined && typeof body.comm === 'string' ? body.comm + work : body.comm;
    const known = fact.made as ProcessFacts | undefined;
    if (differing === undefined) {
      if (known?.state === state && known.cgroup === cgroup && known.comm === comm) return known;
      return remember(fact, { ...task, comm, state, cgroup, ...(detail && { detail: detailOf(detail) }) });
    }
    const threads = differing.map((thread, at): ThreadFacts => {
      const own = frame === null ? '?' : (threadStates.get(`${body.pid}:${at}`) ?? usualState(false));
      return { ...thread, state: own, cgroup: indexOf(thread.cgroup) };
    });
    const isKnown = known?.state === state && known.cgroup === cgroup && known.comm === comm;
    if (isKnown && known.differing?.every(sameAs(threads)) === true) return known;
    return remember(fact, {
      ...task,
      comm,
      state,
      cgroup,
      differing: threads,
      ...(detail && { detail: detailOf(detail) }),
    });
  });
  const cgroups = memberships.map(({ body }) => body as readonly CgroupLine[]);
  return { ...(rest as Omit<TasksFacet, 'processes' | 'cgroups'>), processes, cgroups };
}

function remember(fact: Fact, process: ProcessFacts): ProcessFacts {
  fact.made = process;
  return process;
}

function sameAs(threads: readonly ThreadFacts[]): (thread: ThreadFacts, at: number) => boolean {
  return ({ state, cgroup }, at) => threads[at]?.state === state && threads[at].cgroup === cgroup;
}
