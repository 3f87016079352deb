import type { Entrance, ProcessRef } from '../schema/entrance.ts';
import { NS_LINKS } from '../schema/namespace.ts';
import type { NsRef } from '../schema/namespace.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import type { Namespace, Namespaces } from './namespaces.ts';

/** How many processes are tried for one way: the first may be gone. */
const TRIED = 4;

/** The ways to get hold of a namespace, surest first; none where nothing that holds it can be opened. */
export function entrancesOf(ns: Namespace, namespaces: Namespaces, tasks: TasksFacet): Entrance[] {
  const processes = new Map(tasks.processes.map((process) => [process.pid, process]));
  return new Entrances(namespaces, processes).of(ns);
}

class Entrances {
  readonly #namespaces: Namespaces;
  readonly #processes: ReadonlyMap<number, TasksFacet['processes'][number]>;

  constructor(namespaces: Namespaces, processes: ReadonlyMap<number, TasksFacet['processes'][number]>) {
    this.#namespaces = namespaces;
    this.#processes = processes;
  }

  of(ns: Namespace): Entrance[] {
    const { type } = ns.facts;
    return [
      ...ns.processes
        .slice(0, TRIED)
        .map(({ pid, start }): Entrance => ({ kind: 'link', process: { pid, start }, path: `ns/${type}` })),
      ...ns.threads.slice(0, TRIED).map(({ process: { pid, start }, thread: { tid } }): Entrance => {
        return { kind: 'link', process: { pid, start }, path: `task/${String(tid)}/ns/${type}` };
      }),
      ...ns.mounts.flatMap((mount) => this.#mounted(mount)),
      ...ns.fds.flatMap(({ pid, tid, fd }) => this.#held(pid, { kind: 'fd', tid, fd })),
      ...ns.forChildren.flatMap(({ pid, tid }) => {
        const path = `task/${String(tid)}/ns/${NS_LINKS.find((link) => link === `${type}_for_children`) ?? type}`;
        return this.#held(pid, { kind: 'link', path });
      }),
      ...ns.sockets.flatMap(({ pid, tid, fd }) => this.#held(pid, { kind: 'socket', tid, fd })),
      ...this.#related('parent', ns.children),
      ...this.#related('owner', ns.owned),
    ];
  }

  #held(
    pid: number,
    rest: { kind: 'fd' | 'socket'; tid: number; fd: number } | { kind: 'link'; path: string },
  ): Entrance[] {
    const process = this.#processes.get(pid);
    return process === undefined ? [] : [{ ...rest, process: { pid, start: process.start } }];
  }

  #mounted(mount: Namespace['mounts'][number]): Entrance[] {
    const around = this.#namespaces.get({ type: 'mnt', inum: mount.mntns });
    const processes = (around?.processes ?? []).slice(0, TRIED).map(({ pid, start }): ProcessRef => ({ pid, start }));
    return [{ kind: 'mount', mount, mntnsId: around?.facts.id ?? null, processes }];
  }

  /** A child cannot be its parent's parent, nor own its owner: this ends. */
  #related(kind: 'parent' | 'owner', refs: readonly NsRef[]): Entrance[] {
    return refs.flatMap((of) => {
      const ns = this.#namespaces.get(of);
      const through = ns === undefined ? [] : this.of(ns);
      return through.length === 0 ? [] : [{ kind, of, through }];
    });
  }
}
