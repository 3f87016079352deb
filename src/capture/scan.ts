/**
 * One pass over processes: the hot path. Everything of a process is read through its directory, which is held open
 * meanwhile, so that nothing of a later process with the same pid can get in.
 */
import { Failure } from '../host/port.ts';
import type { Dir, Host, Read } from '../host/port.ts';
import { parseCgroup } from '../parse/cgroup.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseNsLink } from '../parse/ns-link.ts';
import { parseTaskStat } from '../parse/task-stat.ts';
import type { TaskStat } from '../parse/task-stat.ts';
import { NS_LINKS } from '../schema/namespace.ts';
import type { ForeignSocket, NamespaceFacts, NsFd, NsLink, NsLinks } from '../schema/namespace.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { ProcessFacts, ThreadFacts } from '../schema/tasks.ts';
import { nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { readDetail } from './detail.ts';
import { FdScan } from './fds.ts';
import { KnownNamespaces } from './known.ts';

/** What to read beside `stat` and the `ns/` links. */
export interface ScanWants {
  readonly cgroups: boolean;
  readonly threadCgroups: boolean;
  /** The namespaces in which a thread may differ from its leader; else a thread is taken to be where its leader is. */
  readonly threadNamespaces: boolean;
  readonly root: boolean;
  readonly detail: boolean;
  /** Open files and sockets, which may hold namespaces. */
  readonly fds: boolean;
  /** Where nsfs files are known to be mounted: an open file may read as such a path. */
  readonly nsfsPaths: readonly ByteString[];
}

/** What a scan gives; plain data, so that a worker thread can hand it over. */
export interface Scan {
  readonly processes: ProcessFacts[];
  /** Distinct contents of `cgroup` files; `ProcessFacts.cgroup` is an index. */
  readonly cgroupTexts: string[];
  readonly fds: NsFd[];
  readonly sockets: ForeignSocket[];
  /** Namespaces that could only be asked while they were at hand: those of sockets and of childless pid_for_children. */
  readonly found: NamespaceFacts[];
  vanished: number;
  denied: number;
  malformed: number;
  tasks: number;
  socketsExamined: number;
  socketsDenied: number;
  socketsUnsupported: number;
  fdTablesDenied: number;
  fdInfosMalformed: number;
  /** Threads whose table of open files could not be compared with their leader's, so that it was read as well. */
  fdTablesNotCompared: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Paths of the ten links, for a leader. */
const LINK_PATHS = NS_LINKS.map((link) => `ns/${link}`);

/**
 * Links in which threads of one process can differ. The others cannot: unshare(2) and setns(2) refuse a user or time namespace to a
 * thread that has siblings, and clone(2) with CLONE_THREAD refuses a pid namespace other than the caller's own
 * (kernel/fork.c: check_unshare_flags, copy_process; kernel/user_namespace.c: userns_install; kernel/time/namespace.c: timens_install).
 */
const PER_THREAD: ReadonlySet<NsLink> = new Set([
  'mnt',
  'net',
  'ipc',
  'uts',
  'cgroup',
  'pid_for_children',
  'time_for_children',
]);
const NS_COUNT = NS_LINKS.length;
const MNT = NS_LINKS.indexOf('mnt');
const NET = NS_LINKS.indexOf('net');
const PID_FOR_CHILDREN = NS_LINKS.indexOf('pid_for_children');

/** Scans processes one after the other and adds up what it met. */
export class Scanner {
  readonly result: Scan = {
    processes: [],
    cgroupTexts: [],
    fds: [],
    sockets: [],
    found: [],
    vanished: 0,
    denied: 0,
    malformed: 0,
    tasks: 0,
    socketsExamined: 0,
    socketsDenied: 0,
    socketsUnsupported: 0,
    fdTablesDenied: 0,
    fdInfosMalformed: 0,
    fdTablesNotCompared: 0,
  };
  readonly #host: Host;
  readonly #proc: Dir;
  readonly #wants: ScanWants;
  readonly #cgroups = new Map<string, Read<number>>();
  readonly #known = new KnownNamespaces();
  readonly #fds: FdScan;
  /** The last list of namespaces with this mount namespace. */
  readonly #lists = new Map<number | null, NsLinks>();

  constructor(host: Host, proc: Dir, wants: ScanWants) {
    this.#host = host;
    this.#proc = proc;
    this.#wants = wants;
    this.#fds = new FdScan(host.kernel, new Set(wants.nsfsPaths), this.#known, this.result);
  }

  /** Reads the process `pid`, if it is still there, and every thread of it. */
  process(pid: number): void {
    const dir = this.#proc.open(String(pid));
    if (dir instanceof Failure) {
      this.#count(dir);
      return;
    }
    // A process that ends while it is read leaves facts of two moments: then the second look, at a zombie, counts.
    const facts = this.#read(dir) ?? this.#read(dir) ?? GONE;
    if (facts instanceof Failure) this.#count(facts);
    else {
      this.result.processes.push(facts);
      this.result.tasks += facts.threads;
    }
    dir.close();
  }

  /** Counts a task of which nothing is kept. procfs mounted with `hidepid` denies the directories of others (proc(5)). */
  #count({ outcome }: Failure): void {
    if (outcome === 'denied') this.result.denied++;
    else if (outcome === 'malformed') this.result.malformed++;
    else this.result.vanished++;
  }

  /** Null where the process ended meanwhile; a failure where not even that can be told. */
  #read(dir: Dir): Read<ProcessFacts> | null {
    const stat = readStat(dir, 'stat');
    if (stat instanceof Failure) return stat;
    const { pid } = stat;
    const links = this.#links(dir, LINK_PATHS, null, pid, pid);
    const isZombie = stat.state === 'Z' || stat.state === 'X';
    if (links.gone && !isZombie) {
      const now = readStat(dir, 'stat');
      if (now instanceof Failure || now.state === 'Z' || now.state === 'X') return null;
    }
    const facts: Writable<ProcessFacts> = {
      pid,
      ppid: stat.ppid,
      start: stat.start,
      state: stat.state,
      comm: stat.comm,
      kthread: stat.kthread,
      threads: stat.threads,
      ns: this.#shared(links.ns),
      cgroup: null,
    };
    if (links.unknown !== null) facts.unknownNs = links.unknown;
    const unknown: Record<string, Outcome> = {};

    if (this.#wants.cgroups) {
      const index = this.#cgroup(dir, 'cgroup');
      if (index instanceof Failure) unknown['cgroup'] = index.asOutcome;
      else facts.cgroup = index;
    }
    if (this.#wants.root && !stat.kthread && !isZombie) {
      const root = dir.readlink('root');
      if (root instanceof Failure) unknown['root'] = root.asOutcome;
      else if (root !== '/') facts.root = nameOf(root);
    }
    if (this.#wants.fds && !stat.kthread && !(isZombie && stat.threads <= 1)) {
      const failure = this.#fds.scan(dir, 'fd', pid, pid, links.net);
      if (failure !== null) unknown['fd'] = failure;
    }
    if (stat.threads > 1) this.#threads(dir, facts, unknown, isZombie);
    if (this.#wants.detail) facts.detail = readDetail(dir, stat.kthread || isZombie);
    if (Object.keys(unknown).length > 0) facts.unknown = unknown;
    if (links.denied) this.result.denied++;
    return facts;
  }

  /** Reads the links of one task. `leader`: take those that cannot differ from there. */
  #links(
    dir: Dir,
    paths: readonly string[],
    leader: readonly (number | null)[] | null,
    pid: number,
    tid: number,
  ): Links {
    const ns = new Array<number | null>(NS_COUNT).fill(null);
    const links: Links = { ns, unknown: null, denied: false, gone: false, net: null };
    for (const [i, link] of NS_LINKS.entries()) {
      if (leader !== null && !(this.#wants.threadNamespaces && PER_THREAD.has(link))) {
        ns[i] = leader[i] ?? null;
        continue;
      }
      const text = dir.readlink(paths[i] ?? link);
      if (text instanceof Failure) {
        // One right (PTRACE_MODE_READ) decides over all ten (fs/proc/namespaces.c, proc_ns_readlink).
        if (text.outcome === 'denied') {
          links.unknown = Object.fromEntries(NS_LINKS.slice(i).map((name) => [name, 'denied']));
          links.denied = true;
          break;
        }
        const childless =
          i === PID_FOR_CHILDREN && text.outcome === 'absent' ? this.#pidForChildren(dir, pid, tid) : text;
        if (typeof childless === 'number') ns[i] = childless;
        else {
          links.unknown ??= {};
          links.unknown[link] = childless.asOutcome;
          links.gone ||= i !== PID_FOR_CHILDREN;
        }
      } else {
        const ref = parseNsLink(text);
        if (ref !== null) ns[i] = ref.inum;
        else (links.unknown ??= {})[link] = 'malformed';
      }
    }
    links.net = ns[NET] ?? null;
    return links;
  }

  /**
   * The list that tasks with the same namespaces share, as nearly all in a container do: one for each task takes ten times the
   * memory, and whoever walks over tasks can tell by it that the next is where the one before was.
   */
  #shared(ns: NsLinks): NsLinks {
    const mnt = ns[MNT] ?? null;
    const before = this.#lists.get(mnt);
    if (before?.every((inum, i) => inum === ns[i]) === true) return before;
    this.#lists.set(mnt, ns);
    return ns;
  }

  /** After unshare(CLONE_NEWPID) and before the first child the link gives ENOENT although the namespace is there. */
  #pidForChildren(dir: Dir, pid: number, tid: number): Read<number> {
    const queries = this.#host.kernel.tasks;
    if (queries === null) return new Failure('not collected', 'needs a pid');
    const found = queries.pidForChildren(dir, pid, tid, this.#known.has);
    if (found instanceof Failure) return found;
    for (const facts of found) if (this.#known.add(facts)) this.result.found.push(facts);
    return found[0]?.inum ?? new Failure('absent', 'ENOENT');
  }

  #cgroup(dir: Dir, path: string): Read<number> {
    const text = dir.read(path);
    if (text instanceof Failure) return text;
    let index = this.#cgroups.get(text);
    if (index === undefined) {
      const lines = parseCgroup(text);
      index = isMalformed(lines) ? new Failure('malformed', lines.what) : this.result.cgroupTexts.push(text) - 1;
      this.#cgroups.set(text, index);
    }
    return index;
  }

  #threads(dir: Dir, facts: Writable<ProcessFacts>, unknown: Record<string, Outcome>, leaderIsZombie: boolean): void {
    const names = dir.list('task');
    if (names instanceof Failure) {
      unknown['task'] = names.asOutcome;
      return;
    }
    const tids = names.map(Number).filter((tid) => tid !== facts.pid);
    if (tids.length > 0) facts.tids = tids;
    // Numbers may have changed since stat was read: what is listed is what counts.
    facts.threads = tids.length + 1;
    const differing: ThreadFacts[] = [];
    // A zombie has given up its table of open files: its first live thread stands for it.
    let fdsOf = leaderIsZombie ? null : facts.pid;
    for (const tid of tids) {
      const ownFds = this.#wants.fds && !this.#sharesFds(dir, fdsOf, tid);
      fdsOf ??= tid;
      const thread = this.#thread(dir, facts, tid, leaderIsZombie, ownFds);
      if (thread !== null) differing.push(thread);
    }
    if (differing.length > 0) facts.differing = differing;
  }

  /** The thread, if it differs from its leader (or if the leader, a zombie, has nothing left to compare with). */
  #thread(dir: Dir, leader: ProcessFacts, tid: number, leaderIsZombie: boolean, ownFds: boolean): ThreadFacts | null {
    if (leader.unknownNs?.user === 'denied') return null;
    const base = `task/${String(tid)}/`;
    const takesLeaders = !leaderIsZombie && !this.#wants.threadNamespaces;
    const paths = takesLeaders ? [] : LINK_PATHS.map((path) => base + path);
    const links = this.#links(dir, paths, leaderIsZombie ? null : leader.ns, leader.pid, tid);
    if (links.gone) return null;
    const read = this.#wants.threadCgroups ? this.#cgroup(dir, `${base}cgroup`) : leader.cgroup;
    if (read instanceof Failure && read.asOutcome === 'absent') return null;
    const cgroup = read instanceof Failure ? null : read;
    if (ownFds) this.#fds.scan(dir, `${base}fd`, leader.pid, tid, links.net);
    if (!leaderIsZombie && !ownFds && cgroup === leader.cgroup && links.ns.every((inum, i) => inum === leader.ns[i]))
      return null;
    const stat = readStat(dir, `${base}stat`);
    if (stat instanceof Failure) {
      if (stat.outcome === 'malformed') this.result.malformed++;
      return null;
    }
    const thread: Writable<ThreadFacts> = {
      tid,
      start: stat.start,
      state: stat.state,
      comm: stat.comm,
      ns: this.#shared(links.ns),
      cgroup,
    };
    if (links.unknown !== null) thread.unknownNs = links.unknown;
    if (read instanceof Failure) thread.unknown = { cgroup: read.asOutcome };
    if (ownFds) thread.ownFds = true;
    return thread;
  }

  /** Whether the thread has the same table of open files as that task; where it cannot be told its table is read as well. */
  #sharesFds(dir: Dir, task: number | null, tid: number): boolean {
    if (task === null) return false;
    const shares = this.#host.kernel.tasks?.sharesFds(dir, task, tid) ?? new Failure('not collected', 'needs a pid');
    if (!(shares instanceof Failure)) return shares;
    if (shares.outcome === 'vanished') return true;
    this.result.fdTablesNotCompared++;
    return false;
  }
}

/** What a process is of which a second look found it ending, too. */
const GONE = new Failure('vanished', 'ESRCH');

interface Links {
  ns: (number | null)[];
  unknown: Record<string, Outcome> | null;
  denied: boolean;
  /** A link that every live task has was not there. */
  gone: boolean;
  net: number | null;
}

function readStat(dir: Dir, path: string): Read<TaskStat> {
  const text = dir.read(path);
  if (text instanceof Failure) return text;
  const stat = parseTaskStat(text);
  return isMalformed(stat) ? new Failure('malformed', stat.what) : stat;
}
