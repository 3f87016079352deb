/** Processes that came and went, that became another program, and that were moved from one cgroup to another. */
import type { Container } from '../model/containers.ts';
import type { CgroupLine, ProcessFacts, ThreadFacts } from '../schema/tasks.ts';
import type { Name } from '../schema/name.ts';
import { nameKey, nameText, sameName } from '../text/bytes.ts';
import { taskSubject } from './changes.ts';
import { unlessFolded } from './context.ts';
import type { Context } from './context.ts';
import { isSame } from '../text/same.ts';
import { rightsBeyond } from './rights.ts';
import { isDead } from './side.ts';
import type { Side } from './side.ts';

/** Changes of tasks. */
export function compareTasks(context: Context): void {
  const { a, b, kept, pairs } = context;
  for (const [pid, process] of a.processes) {
    if (kept.has(pid)) continue;
    const container = a.containerOfPid.get(pid) ?? null;
    cameOrWent(context, process, 'ended', { container, isFolded: pairs.isOld(container) });
  }
  for (const [pid, process] of b.processes) {
    if (kept.has(pid)) continue;
    const container = b.containerOfPid.get(pid) ?? null;
    cameOrWent(context, process, 'created', { container, isFolded: pairs.isNew(container) });
  }
  const moves = new Moves(a, b);
  for (const task of kept.values()) compareTask(context, task.a, task.b, moves);
}

function cameOrWent(
  { b, changes }: Context,
  process: ProcessFacts,
  kind: 'created' | 'ended',
  { container, isFolded }: { readonly container: Container | null; readonly isFolded: boolean },
): void {
  const leader = container === null || isFolded || kind === 'ended' ? undefined : b.leaderOf(container);
  // Such as `docker exec --privileged`: a way to do more than the container was made for.
  const beyond = leader === undefined ? [] : rightsBeyond(leader, process);
  changes.add({
    aspect: 'tasks',
    kind,
    importance: beyond.length > 0 ? 'high' : unlessFolded(isFolded || container === null, 'normal'),
    subject: taskSubject(process),
    container,
    note: beyond.length > 0 ? `has more than the first process of its container: ${beyond.join(', ')}` : null,
  });
}

function compareTask(context: Context, was: ProcessFacts, is: ProcessFacts, moves: Moves): void {
  if (was !== is) {
    field(context, was, is, 'comm', was.comm, is.comm);
    field(context, was, is, 'exe', was.detail?.exe, is.detail?.exe);
    if (was.detail?.argv !== undefined && is.detail?.argv !== undefined && sameName(was.comm, is.comm)) {
      const [before, after] = [commandLine(was.detail.argv), commandLine(is.detail.argv)];
      if (sameName(was.detail.exe ?? '', is.detail.exe ?? '')) field(context, was, is, 'argv', before, after, true);
    }
    if (was.unknown?.root === undefined && is.unknown?.root === undefined && !isDead(was) && !isDead(is)) {
      field(context, was, is, 'root', was.root ?? '/', is.root ?? '/');
    }
    field(context, was, is, 'parent', String(was.ppid), String(is.ppid), true);
    field(context, was, is, 'threads', String(was.threads), String(is.threads), true);
  }
  if (!isDead(was) && !isDead(is)) moves.compare(context, was, is);
}

function commandLine(argv: readonly Name[]): string {
  return argv.map(nameText).join(' ');
}

function field(
  { changes, b, pairs }: Context,
  was: ProcessFacts,
  is: ProcessFacts,
  name: string,
  from: Name | undefined,
  to: Name | undefined,
  isNoise = false,
): void {
  if (from === undefined || to === undefined || sameName(from, to)) return;
  const container = b.containerOfPid.get(is.pid) ?? null;
  // Threads of the kernel are named after what they work on.
  const quiet = isNoise || is.kthread || pairs.isNew(container) || (container === null && name !== 'root');
  changes.add({
    aspect: 'tasks',
    kind: 'changed',
    importance: quiet ? 'noise' : 'normal',
    subject: taskSubject(name === 'comm' ? was : is),
    container,
    field: name,
    from,
    to,
  });
}

/** One hierarchy in which a task is elsewhere. */
interface Step {
  readonly hierarchy: string;
  readonly from: Name;
  readonly to: Name;
}

/** Moves between cgroups. What differs between two contents of `/proc/PID/cgroup` is found once for all that have them. */
class Moves {
  readonly #a: Side;
  readonly #b: Side;
  readonly #between = new Map<string, readonly Step[]>();
  readonly #isSame: readonly boolean[];

  constructor(a: Side, b: Side) {
    this.#a = a;
    this.#b = b;
    const now = b.capture.tasks?.cgroups ?? [];
    this.#isSame = (a.capture.tasks?.cgroups ?? []).map((lines, i) => lines === now[i] || isSame(lines, now[i]));
  }

  compare(context: Context, was: ProcessFacts, is: ProcessFacts): void {
    if (was.differing === undefined && is.differing === undefined) {
      if (was.cgroup === is.cgroup && (was.cgroup === null || this.#isSame[was.cgroup] === true)) return;
      this.#report(context, is, null, this.#steps(was.cgroup, is.cgroup), is.threads);
      return;
    }
    if (was === is && this.#areSame(was)) return;
    this.#compareThreads(context, was, is);
  }

  #areSame({ cgroup, differing = [] }: ProcessFacts): boolean {
    return [cgroup, ...differing.map((thread) => thread.cgroup)].every(
      (at) => at === null || this.#isSame[at] === true,
    );
  }

  /** Threads that went the same way are one change. */
  #compareThreads(context: Context, was: ProcessFacts, is: ProcessFacts): void {
    const before = threadsOf(was);
    const ways = new Map<string, { readonly steps: readonly Step[]; readonly tids: number[] }>();
    for (const [tid, { cgroup, thread }] of threadsOf(is)) {
      const earlier = before.get(tid);
      // A tid may have passed on to another thread.
      if (earlier === undefined) continue;
      if (thread !== null && earlier.thread !== null && thread.start !== earlier.thread.start) continue;
      const steps = this.#steps(earlier.cgroup, cgroup);
      if (steps.length === 0) continue;
      const key = steps.map(({ hierarchy, from, to }) => `${hierarchy} ${nameKey(from)} ${nameKey(to)}`).join('\n');
      const way = ways.get(key);
      if (way === undefined) ways.set(key, { steps, tids: [tid] });
      else way.tids.push(tid);
    }
    for (const { steps, tids } of ways.values()) {
      const lone =
        tids.length === 1 && tids[0] !== is.pid ? (is.differing ?? []).find(({ tid }) => tid === tids[0]) : undefined;
      this.#report(context, is, lone ?? null, steps, tids.length);
    }
  }

  #steps(before: number | null, after: number | null): readonly Step[] {
    if (before === null || after === null) return [];
    const key = `${String(before)} ${String(after)}`;
    let steps = this.#between.get(key);
    if (steps === undefined)
      this.#between.set(key, (steps = this.#find(this.#a.linesAt(before), this.#b.linesAt(after))));
    return steps;
  }

  #find(before: readonly CgroupLine[], after: readonly CgroupLine[]): Step[] {
    const earlier = new Map(before.map((line) => [this.#a.hierarchyOf(line), line.path]));
    return after.flatMap((line) => {
      const hierarchy = this.#b.hierarchyOf(line);
      const from = earlier.get(hierarchy);
      if (from === undefined || sameName(from, line.path)) return [];
      // The cgroup was renamed around it.
      const inode = this.#a.cgroupAt(hierarchy, from)?.facts.inode;
      if (inode !== undefined && inode === this.#b.cgroupAt(hierarchy, line.path)?.facts.inode) return [];
      return [{ hierarchy, from, to: line.path }];
    });
  }

  #report(context: Context, is: ProcessFacts, thread: ThreadFacts | null, steps: readonly Step[], count: number): void {
    const { a, b, changes, pairs } = context;
    const container = b.containerOfPid.get(is.pid) ?? a.containerOfPid.get(is.pid) ?? null;
    const ways = new Map<string, Step[]>();
    for (const step of steps) {
      const key = `${nameKey(step.from)}\n${nameKey(step.to)}`;
      const way = ways.get(key);
      if (way === undefined) ways.set(key, [step]);
      else way.push(step);
    }
    const all = this.#b.linesAt(is.cgroup).length;
    for (const way of ways.values()) {
      const [{ hierarchy, from, to }] = way as [Step];
      const owner = this.#ownerAt(a, hierarchy, from);
      const isOut = owner !== null && !pairs.isOld(owner) && !this.#isWithin(owner, hierarchy, to);
      changes.add({
        aspect: 'tasks',
        kind: 'moved',
        importance: isOut
          ? 'high'
          : unlessFolded(pairs.isNew(container) && pairs.isNew(b.containerOfPid.get(is.pid)), 'normal'),
        subject:
          thread === null
            ? taskSubject(is)
            : { type: 'task', key: `${String(thread.tid)}:${String(thread.start)}`, name: thread.comm },
        container,
        field: way.length === all && all > 1 ? 'cgroup' : `cgroup ${way.map((step) => step.hierarchy).join(' ')}`,
        from,
        to,
        note: isOut
          ? 'out of the cgroup of its container: its limits no longer bind it'
          : thread === null
            ? null
            : `a thread of pid ${String(is.pid)}`,
        count,
      });
    }
  }

  /**
   * Whether a cgroup was the container's own before anything moved into it, or is called after it: by then it has tasks of the
   * container alone wherever it lies.
   */
  #isWithin(owner: Container, hierarchy: string, to: Name): boolean {
    let at = this.#b.cgroupAt(hierarchy, to) ?? null;
    if (at !== null && nameText(to).includes(owner.id) && this.#b.ownerOf(at)?.key === owner.key) return true;
    for (; at !== null; at = at.parent) {
      const before = this.#a.cgroups.get(at.key);
      if (before !== undefined) return this.#a.ownerOf(before)?.key === owner.key;
    }
    return false;
  }

  #ownerAt(side: Side, hierarchy: string, path: Name): Container | null {
    const cgroup = side.cgroupAt(hierarchy, path);
    return cgroup === undefined ? null : side.ownerOf(cgroup);
  }
}

interface PlacedThread {
  readonly cgroup: number | null;
  /** Null: it is as its leader, and its start is not known. */
  readonly thread: ThreadFacts | null;
}

function threadsOf({ pid, cgroup, tids = [], differing = [] }: ProcessFacts): Map<number, PlacedThread> {
  const threads = new Map<number, PlacedThread>([[pid, { cgroup, thread: null }]]);
  for (const tid of tids) threads.set(tid, { cgroup, thread: null });
  for (const thread of differing) {
    if (!isDead(thread)) threads.set(thread.tid, { cgroup: thread.cgroup, thread });
    else threads.delete(thread.tid);
  }
  return threads;
}
