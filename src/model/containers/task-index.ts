import { NS_TYPES } from '../../schema/namespace.ts';
import type { NsType } from '../../schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../../schema/tasks.ts';

/** The namespaces in which a container differs from what is around it; no engine leaves all of them alone. */
const TELLING: readonly NsType[] = ['mnt', 'pid', 'user'];

const SLOT = Object.fromEntries(NS_TYPES.map((type, i) => [type, i])) as Readonly<Record<NsType, number>>;

/** The number of a process's namespace; null where it could not be read. */
export function nsOf(process: ProcessFacts, type: NsType): number | null {
  return process.ns[SLOT[type]] ?? null;
}

/** Whether the process has ended and only waits for its parent; its namespaces are gone and its v1 cgroups the roots. */
export function isZombie({ state }: ProcessFacts): boolean {
  return state === 'Z' || state === 'X';
}

/**
 * Whether one process lives in another mount, pid or user namespace than the other. Null: it cannot be told, what was
 * read of them is the same and something was not read.
 */
export function differs(
  process: ProcessFacts,
  other: ProcessFacts,
  types: readonly NsType[] = TELLING,
): boolean | null {
  let isKnown = true;
  for (const type of types) {
    const [mine, its] = [nsOf(process, type), nsOf(other, type)];
    if (mine === null || its === null) isKnown = false;
    else if (mine !== its) return true;
  }
  return isKnown ? false : null;
}

/** The process tree, looked at from all sides. */
export class TaskIndex {
  /** Parents before their children. Threads of the kernel, which no container has, are left out. */
  readonly topDown: readonly ProcessFacts[];
  /** A process that lives in the host's own namespaces; null where none is to be seen. */
  readonly host: ProcessFacts | null;
  readonly #byPid = new Map<number, ProcessFacts>();
  readonly #children = new Map<number, ProcessFacts[]>();
  readonly #depth = new Map<number, number>();

  constructor({ processes }: TasksFacet) {
    const users = processes.filter(({ kthread }) => !kthread);
    for (const process of users) this.#byPid.set(process.pid, process);
    const roots: ProcessFacts[] = [];
    for (const process of users) {
      if (!this.#byPid.has(process.ppid) || process.ppid === process.pid) roots.push(process);
      else this.#childrenOf(process.ppid).push(process);
    }
    this.topDown = this.#walk(roots);
    // kthreadd lives in the initial namespaces whatever became of init, whose links not even root may always read.
    const kthreadd = processes.find(({ pid, kthread }) => pid === 2 && kthread);
    this.host = [kthreadd, this.#byPid.get(1)].find((one) => one !== undefined && nsOf(one, 'mnt') !== null) ?? null;
  }

  /** The process with this pid, no thread of the kernel. */
  get(pid: number): ProcessFacts | undefined {
    return this.#byPid.get(pid);
  }

  /** Children of a process, the oldest first. */
  children(pid: number): readonly ProcessFacts[] {
    return this.#children.get(pid) ?? [];
  }

  /** How many ancestors of the process were seen. */
  depth(pid: number): number {
    return this.#depth.get(pid) ?? 0;
  }

  #childrenOf(pid: number): ProcessFacts[] {
    let children = this.#children.get(pid);
    if (children === undefined) this.#children.set(pid, (children = []));
    return children;
  }

  #walk(roots: readonly ProcessFacts[]): ProcessFacts[] {
    const order = [...roots];
    for (const children of this.#children.values()) children.sort((a, b) => a.start - b.start || a.pid - b.pid);
    for (const process of order) {
      const depth = (this.#depth.get(process.ppid) ?? -1) + 1;
      this.#depth.set(process.pid, depth);
      for (const child of this.children(process.pid)) order.push(child);
    }
    return order;
  }
}
