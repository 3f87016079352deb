/** Which namespaces of the one capture are which of the other. */
import { holdersOf } from '../model/namespaces.ts';
import type { Namespace, Namespaces } from '../model/namespaces.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { NsRef } from '../schema/namespace.ts';
import { nameKey } from '../text/bytes.ts';
import { refKey } from '../text/ns-ref.ts';
import type { Side } from './side.ts';

/** What became of a number that a namespace had. `certain`: the kernel's own id, or a holder of both, decided. */
export interface Verdict {
  readonly same: boolean;
  readonly certain: boolean;
}

/** User and pid namespaces nest 32 deep (MAX_PID_NS_LEVEL; create_user_ns, kernel/user_namespace.c); only a forged capture has more. */
const MOST_NESTED = 64;

/** Answers whether the namespace of that type and number is the same one in both captures, which are of one boot. */
export class NamespaceIdentity {
  readonly #a: Side;
  readonly #b: Side;
  readonly #known = new Map<number, Verdict>();
  #depth = 0;

  constructor(a: Side, b: Side) {
    this.#a = a;
    this.#b = b;
  }

  /** Both captures must have one of that type and number. */
  verdict(ref: NsRef): Verdict {
    const key = refKey(ref);
    let verdict = this.#known.get(key);
    if (verdict === undefined) {
      // What it is asked for while its own question is open holds nothing up: a circle of owners is forged.
      this.#known.set(key, { same: false, certain: false });
      this.#known.set(key, (verdict = this.#decide(ref)));
    }
    return verdict;
  }

  #decide(ref: NsRef): Verdict {
    const [a, b] = [this.#a.namespaces.get(ref), this.#b.namespaces.get(ref)];
    if (a === undefined || b === undefined) return { same: false, certain: true };
    const [idA, idB] = [a.facts.id ?? null, b.facts.id ?? null];
    if (idA !== null && idB !== null) return { same: idA === idB, certain: true };
    if (a.facts.initial === true && b.facts.initial === true) return { same: true, certain: true };
    if (this.#isHeldInBoth(a, b)) return { same: true, certain: true };
    // What holds it was not seen then and is not seen now: nothing speaks of a change.
    if (holdersOf(a).length + holdersOf(b).length === 0) return { same: true, certain: false };
    return { same: false, certain: false };
  }

  /** A reference that lasted from one look to the other kept the namespace alive, so that nobody else got its number. */
  #isHeldInBoth(a: Namespace, b: Namespace): boolean {
    const { processes } = this.#b;
    const type = NS_TYPES.indexOf(b.facts.type);
    for (const { pid, start } of a.processes) {
      const now = processes.get(pid);
      if (now?.start === start && now.ns[type] === b.facts.inum) return true;
    }
    const tids = new Set(b.threads.map(({ thread }) => `${String(thread.tid)}:${String(thread.start)}`));
    if (a.threads.some(({ thread }) => tids.has(`${String(thread.tid)}:${String(thread.start)}`))) return true;
    const fds = new Set(b.fds.map(({ tid, fd }) => `${String(tid)} ${String(fd)}`));
    if (a.fds.some(({ pid, tid, fd }) => fds.has(`${String(tid)} ${String(fd)}`) && this.#isSameTask(pid))) return true;
    const sockets = new Set(b.sockets.map(({ tid, fd }) => `${String(tid)} ${String(fd)}`));
    if (a.sockets.some(({ pid, tid, fd }) => sockets.has(`${String(tid)} ${String(fd)}`) && this.#isSameTask(pid)))
      return true;
    const choosers = new Set(b.forChildren.map(({ tid }) => tid));
    if (a.forChildren.some(({ pid, tid }) => choosers.has(tid) && this.#isSameTask(pid))) return true;
    const places = new Set(b.mounts.map(({ mntns, path }) => `${String(mntns)} ${nameKey(path)}`));
    if (a.mounts.some(({ mntns, path }) => places.has(`${String(mntns)} ${nameKey(path)}`))) return true;
    return this.#holdsTheSame(a, this.#b.namespaces);
  }

  #isSameTask(pid: number): boolean {
    const was = this.#a.processes.get(pid);
    return was !== undefined && was.start === this.#b.processes.get(pid)?.start;
  }

  /** It is kept by a child, or by what it owns. */
  #holdsTheSame({ children, owned }: Namespace, others: Namespaces): boolean {
    if (this.#depth >= MOST_NESTED) return false;
    this.#depth++;
    const isHeld = [...children, ...owned].some((ref) => others.get(ref) !== undefined && this.verdict(ref).same);
    this.#depth--;
    return isHeld;
  }
}
