/** Looks through tables of open files for what keeps a namespace alive. */
import { Failure } from '../host/port.ts';
import type { Dir, Kernel } from '../host/port.ts';
import { parseFdInfo } from '../parse/fdinfo.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseNsLink, socketInode } from '../parse/ns-link.ts';
import type { ForeignSocket, NamespaceFacts, NsFd } from '../schema/namespace.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { ByteString } from '../text/bytes.ts';
import type { KnownNamespaces } from './known.ts';

/** Inode numbers of namespaces begin here (PROC_DYNAMIC_FIRST, fs/proc/generic.c). */
const FIRST_NS_INUM = 0xf000_0000;

/** Keeps the network namespace of its interface like a socket, and answers SIOCGSKNS like one (drivers/net/tun.c, tun_chr_ioctl). */
const TUN = '/dev/net/tun';

/** Where the scan adds what it finds. */
interface Sink {
  readonly fds: NsFd[];
  readonly sockets: ForeignSocket[];
  readonly found: NamespaceFacts[];
  socketsExamined: number;
  socketsDenied: number;
  /** The kernel cannot hand over another task's socket (pidfd_getfd(2), since 5.6) or say whose it is. */
  socketsUnsupported: number;
  fdTablesDenied: number;
  /** Open files that may be namespaces and whose `fdinfo` is not what proc(5) says. */
  fdInfosMalformed: number;
}

/** A scan over many tables: a socket that several tasks have open is asked only once. */
export class FdScan {
  readonly #kernel: Kernel;
  readonly #nsfsPaths: ReadonlySet<ByteString>;
  readonly #known: KnownNamespaces;
  readonly #sink: Sink;
  /** Socket inode -> its network namespace. */
  readonly #sockets = new Map<string, number | null>();
  /** What the tables of one process had so far, and which process that is. */
  readonly #entries = new Set<string>();
  #entriesOf = 0;

  constructor(kernel: Kernel, nsfsPaths: ReadonlySet<ByteString>, known: KnownNamespaces, sink: Sink) {
    this.#kernel = kernel;
    this.#nsfsPaths = nsfsPaths;
    this.#known = known;
    this.#sink = sink;
  }

  /** Scans one table. `net` is the task's own network namespace. Gives why it could not be read, or null. */
  scan(task: Dir, path: string, pid: number, tid: number, net: number | null): Outcome | null {
    const table = task.open(path);
    if (table instanceof Failure) return this.#denied(table);
    const names = table.list('.');
    if (names instanceof Failure) {
      table.close();
      return this.#denied(names);
    }
    for (const name of names) {
      // Only the link is read: to stat or open what is behind it can hang, as on a dead NFS server.
      const link = table.readlink(name);
      if (link instanceof Failure) {
        // One right decides over all links of the table; anything else was closed meanwhile (proc_fd_link, fs/proc/fd.c).
        if (link.outcome !== 'denied') continue;
        table.close();
        return this.#denied(link);
      }
      const socket = socketInode(link);
      const ns = socket === null ? parseNsLink(link) : null;
      if (socket !== null) this.#socket(task, socket, pid, tid, Number(name), net);
      else if (ns !== null) this.#namespace({ ...ns, pid, tid, fd: Number(name) });
      else if (link === TUN) this.#socket(task, `${path} ${String(pid)} ${name}`, pid, tid, Number(name), net);
      else if (link === '/' || this.#nsfsPaths.has(link)) this.#opaque(task, path, pid, tid, name);
    }
    table.close();
    return null;
  }

  /**
   * A file that was opened by way of a bind mount reads as the path of that mount, and as `/` once the mount is gone (d_path, fs/d_path.c):
   * its inode number says whether it may be a namespace, and only then it is asked.
   */
  #opaque(task: Dir, path: string, pid: number, tid: number, name: string): void {
    const text = task.read(`${path}info/${name}`);
    if (text instanceof Failure) return;
    const info = parseFdInfo(text);
    if (isMalformed(info)) {
      this.#sink.fdInfosMalformed++;
      return;
    }
    if (info.ino === null || info.ino < FIRST_NS_INUM) return;
    const found = this.#kernel.namespace(task, `${path}/${name}`, null, this.#known.has);
    const first = found instanceof Failure ? undefined : found[0];
    if (found instanceof Failure || first === undefined) return;
    for (const facts of found) if (this.#known.add(facts)) this.#sink.found.push(facts);
    this.#namespace({ type: first.type, inum: first.inum, pid, tid, fd: Number(name) });
  }

  /** A thread's table that may be the leader's, too (it could not be compared): the same entry is kept once. */
  #namespace(entry: NsFd): void {
    if (this.#entriesOf !== entry.pid) {
      this.#entriesOf = entry.pid;
      this.#entries.clear();
    }
    const key = `${entry.fd} ${entry.type} ${entry.inum}`;
    if (entry.tid === entry.pid || !this.#entries.has(key)) this.#sink.fds.push(entry);
    this.#entries.add(key);
  }

  #denied(failure: Failure): Outcome | null {
    if (failure.outcome === 'vanished') return null;
    if (failure.outcome === 'denied') this.#sink.fdTablesDenied++;
    return failure.asOutcome;
  }

  #socket(task: Dir, inode: string, pid: number, tid: number, fd: number, net: number | null): void {
    const queries = this.#kernel.tasks;
    if (queries === null) return;
    const seen = this.#sockets.get(inode);
    if (seen !== undefined) {
      if (seen !== null && seen !== net) this.#sink.sockets.push({ pid, tid, fd, inum: seen });
      return;
    }
    const found = queries.socketNamespace(task, pid, tid, fd, net, this.#known.has);
    if (found instanceof Failure) {
      if (found.outcome === 'denied') this.#sink.socketsDenied++;
      else if (found.outcome === 'unsupported') this.#sink.socketsUnsupported++;
      return;
    }
    this.#sink.socketsExamined++;
    const inum = found[0]?.inum ?? null;
    this.#sockets.set(inode, inum ?? net);
    if (inum === null) return;
    this.#sink.sockets.push({ pid, tid, fd, inum });
    for (const facts of found) if (this.#known.add(facts)) this.#sink.found.push(facts);
  }
}
