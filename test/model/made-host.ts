import type { EngineContainer, EngineProcess, EnginesFacet } from '../../src/schema/engines.ts';
import { NS_LINKS, type NsLink } from '../../src/schema/namespace.ts';
import type { CgroupLine, ProcessFacts, TasksFacet } from '../../src/schema/tasks.ts';

/** What a test says of a process; what it leaves out is as with the parent. */
export interface MadeProcess {
  readonly pid: number;
  /** 1 unless told otherwise. */
  readonly ppid?: number;
  readonly comm?: string;
  /** Clock ticks since boot; the pid unless told otherwise. */
  readonly start?: number;
  readonly state?: string;
  readonly kthread?: boolean;
  /** Namespaces that are not its parent's; null: not to be read. */
  readonly ns?: Readonly<Partial<Record<NsLink, number>>> | null;
  /** A path of the v2 hierarchy, or whole lines. */
  readonly cgroup?: string | readonly CgroupLine[];
}

/** A host of an init, a kthreadd and whatever a test adds. */
export class MadeHost {
  readonly #processes = new Map<number, ProcessFacts>();
  readonly #cgroups: (readonly CgroupLine[])[] = [];
  readonly #engineProcesses: EngineProcess[] = [];
  readonly #records: EngineContainer[] = [];

  constructor() {
    const ns = Object.fromEntries(NS_LINKS.map((link, index) => [link, index + 1]));
    this.#processes.set(0, { ...this.#made({ pid: 0, ppid: 0, ns, cgroup: '/' }) });
    this.add(
      { pid: 1, ppid: 0, comm: 'init', cgroup: '/init.scope' },
      { pid: 2, ppid: 0, comm: 'kthreadd', kthread: true },
    );
  }

  /** Adds processes. */
  add(...processes: readonly MadeProcess[]): this {
    for (const process of processes) this.#processes.set(process.pid, this.#made(process));
    return this;
  }

  /** Says what a process's command line says of it. */
  minds(pid: number, engine: EngineProcess['engine'], containerId?: string, rest: Partial<EngineProcess> = {}): this {
    const start = this.#processes.get(pid)!.start;
    const role = engine === 'docker' || engine === 'containerd' || engine === 'cri' ? 'shim' : 'monitor';
    this.#engineProcesses.push({
      pid,
      start,
      role,
      engine,
      paths: {},
      ...(containerId !== undefined && { containerId }),
      ...rest,
    });
    return this;
  }

  /** Says what an engine's file says. */
  records(record: Partial<EngineContainer> & Pick<EngineContainer, 'engine' | 'id' | 'via'>): this {
    this.#records.push({
      name: null,
      image: null,
      createdAt: null,
      startedAt: null,
      pid: null,
      source: '/state',
      ...record,
    });
    return this;
  }

  get tasks(): TasksFacet {
    const processes = [...this.#processes.values()].filter(({ pid }) => pid > 0);
    return {
      version: 1,
      processes,
      cgroups: this.#cgroups,
      collected: { detail: 'none', cgroups: true, root: true, threadCgroups: false },
      coverage: { processes: processes.length, tasks: processes.length, vanished: 0, denied: 0, malformed: 0 },
    };
  }

  get engines(): EnginesFacet {
    return { version: 1, processes: this.#engineProcesses, containers: this.#records, coverage: { unread: [] } };
  }

  #made({
    pid,
    ppid = 1,
    comm = 'x',
    start = pid,
    state = 'S',
    kthread = false,
    ns = {},
    cgroup,
  }: MadeProcess): ProcessFacts {
    const parent = this.#processes.get(ppid);
    const links = NS_LINKS.map((link, index) => (ns === null ? null : (ns[link] ?? parent?.ns[index] ?? null)));
    const index = cgroup === undefined ? (parent?.cgroup ?? null) : this.#cgroup(cgroup);
    return { pid, ppid, start, state, comm, kthread, threads: 1, ns: links, cgroup: index };
  }

  #cgroup(cgroup: string | readonly CgroupLine[]): number {
    const lines = typeof cgroup === 'string' ? [{ hierarchy: 0, controllers: [], path: cgroup }] : cgroup;
    const text = JSON.stringify(lines);
    const known = this.#cgroups.findIndex((one) => JSON.stringify(one) === text);
    return known >= 0 ? known : this.#cgroups.push(lines) - 1;
  }
}
