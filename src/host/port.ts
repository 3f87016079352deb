/**
 * The read-only port through which everything is read. A capture is taken through it and through nothing else, so
 * that a live host, another root (`--host-root`) and a recording serve alike.
 */
import type { NamespaceFacts, NsMount, NsRef } from '../schema/namespace.ts';
import type { ReaderFacts } from '../schema/host.ts';
import type { MountFacts } from '../schema/mounts.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { FileFacts } from '../schema/tree.ts';
import type { OverlayHandle } from '../parse/overlay-handle.ts';
import type { ByteString } from '../text/bytes.ts';

/** Why a read gave nothing. `vanished`: the task ended before or while it was read (ESRCH, or its directory is gone). */
export class Failure {
  readonly outcome: Outcome | 'vanished';
  /** The kernel's word, such as `EACCES`. */
  readonly errno: string;
  constructor(outcome: Outcome | 'vanished', errno: string) {
    this.outcome = outcome;
    this.errno = errno;
  }

  /** For a fact that is missing while its task was still there a moment ago: what vanished is absent. */
  get asOutcome(): Outcome {
    return this.outcome === 'vanished' ? 'absent' : this.outcome;
  }
}

/** A value, or why there is none. */
export type Read<T> = T | Failure;

/** An entry of a directory. */
export interface DirEntry {
  readonly name: ByteString;
  /** `unknown` where the file system does not say in its listing. */
  readonly kind: 'directory' | 'file' | 'other' | 'unknown';
  readonly inode: number;
}

/** What a file is. */
export interface FileStat {
  readonly kind: 'directory' | 'file' | 'other';
  readonly inode: number;
  /** Device number of its file system, `major:minor` as mountinfo writes it. */
  readonly dev: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
}

/** An open directory. What is read through it belongs to that very directory (so, for `/proc/PID`, to that very task). */
export interface Dir {
  /** For messages. */
  readonly path: string;
  /** Whole content, one character a byte. `name` may have several components; the last may be a symbolic link of procfs. */
  read(name: string): Read<ByteString>;
  readlink(name: string): Read<ByteString>;
  /** Names of the entries without `.` and `..`, in the kernel's order; `name` is `.` for the directory itself. With `most`, not many more than that. */
  list(name: string, most?: number): Read<ByteString[]>;
  /** As `list`, with kind and inode number of each entry. */
  entries(name: string): Read<DirEntry[]>;
  /** What `name` is; a symbolic link is not followed. */
  stat(name: string): Read<FileStat>;
  open(name: string): Read<Dir>;
  /** Opens the entry `name`, one component, if it is a directory of the same mount: EXDEV where another covers it (openat2(2), RESOLVE_NO_XDEV). */
  openChild(name: string): Read<Dir>;
  close(): void;
}

/** Typed questions to the kernel that no file answers. All of them only look. */
export interface Kernel {
  /**
   * The namespace that the nsfs file `name` in `dir` refers to, then the ancestors and owners reached from it that
   * `known` does not claim. `Failure('absent')` where the file is no namespace. With `expect`, a file that turned out to
   * be another namespace is `absent`, too.
   */
  namespace(dir: Dir, name: string, expect: NsRef | null, known: (ns: NsRef) => boolean): Read<NamespaceFacts[]>;
  /** Every mount namespace of the kernel, also those without a task (NS_MNT_GET_PREV, NS_MNT_GET_NEXT), starting at the reader's. */
  mountNamespaces(): Read<NamespaceFacts[]>;
  /** The bind mounts of nsfs files in the mount namespace with this 64-bit id (listmount(2), statmount(2)). */
  nsfsMounts(mntnsId: string, mntns: number): Read<NsMount[]>;
  /**
   * All mounts of the mount namespace with this 64-bit id, overmounted ones too, by path from its root (listmount(2),
   * statmount(2)); those without a path of their own are not reachable. `unsupported` where the kernel tells less than mountinfo.
   */
  mounts(mntnsId: string): Read<MountFacts[]>;
  /**
   * As {@link Kernel.namespace}, for the nsfs file mounted at `mount.path` inside `mount.mntns`: through the root of `task`, one
   * of that mount namespace, or by entering it by its id for the look. `absent` where something else is mounted over it.
   */
  namespaceAt(
    mount: NsMount,
    mntnsId: string | null,
    task: Dir | null,
    known: (ns: NsRef) => boolean,
  ): Read<NamespaceFacts[]>;
  /** Questions that need a pid in a system call; null where the pids read are not the reader's own (`--host-root`). */
  readonly tasks: TaskQueries | null;
}

/** Questions about a task that take its pid. `task` anchors the answer: if that task is gone the answer is `vanished`. */
export interface TaskQueries {
  /** Whether thread `tid` has the same table of open files as its leader (kcmp(2), KCMP_FILES). */
  sharesFds(task: Dir, pid: number, tid: number): Read<boolean>;
  /**
   * The network namespace of a socket that the task has open as `fd` (pidfd_getfd(2), SIOCGSKNS), as {@link Kernel.namespace};
   * empty where it is `expect`, the task's own, as nearly always.
   */
  socketNamespace(
    task: Dir,
    pid: number,
    tid: number,
    fd: number,
    expect: number | null,
    known: (ns: NsRef) => boolean,
  ): Read<NamespaceFacts[]>;
  /** The pid namespace of future children where the link gives ENOENT (PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE), as {@link Kernel.namespace}. */
  pidForChildren(task: Dir, pid: number, tid: number, known: (ns: NsRef) => boolean): Read<NamespaceFacts[]>;
}

/** An extended attribute (xattr(7)). */
export interface Xattr {
  readonly name: ByteString;
  readonly value: ByteString;
}

/** A regular file that is open for reading. */
export interface OpenFile {
  /** Fills `into` from `position` on; the number of bytes, 0 at the end. */
  read(into: Buffer, position: number): Read<number>;
  close(): void;
}

/**
 * Looking at the files of a container from outside, all of them hostile. `path` is one or more names below `dir`: a symbolic
 * link on the way is `malformed` (ELOOP), as is whatever leads out of the mount or of `dir` (EXDEV); the last name is never
 * followed. The access times of files stay as they are where the reader may see to that.
 */
export interface TreeQueries {
  /** What it is; `.` for the directory itself. */
  facts(dir: Dir, path: ByteString): Read<FileFacts>;
  /** All its extended attributes, but `trusted.*` where the reader lacks CAP_SYS_ADMIN: the kernel does not say that it leaves them out. */
  xattrs(dir: Dir, path: ByteString): Read<Xattr[]>;
  /** The name that the file system itself has for it (name_to_handle_at(2)): type and bytes, hexadecimal. */
  handle(dir: Dir, path: ByteString): Read<string>;
  /**
   * What is behind a file of an overlay, `.` for the directory itself. A name is not looked up, only found where the kernel
   * knows it already (else `not collected`): a lower layer may lie on a file system that never answers. `unsupported` where
   * overlayfs does not tell.
   */
  behind(dir: Dir, path: ByteString): Read<OverlayHandle>;
  /** Id, as in mountinfo, of the mount through which the directory is held; it keeps it as long. */
  mountId(dir: Dir): Read<number>;
  openDirectory(dir: Dir, path: ByteString): Read<Dir>;
  /** Opens a regular file of a real file system; anything else is `malformed` and is not opened. */
  openFile(dir: Dir, path: ByteString): Read<OpenFile>;
}

/** What becomes of symbolic links on the way: followed unless told otherwise; `refuse`: ELOOP. */
export type Symlinks = 'follow' | 'refuse';

/** A host to read. */
export interface Host {
  readonly kind: 'live' | 'host-root' | 'recording';
  /** The root below which `/proc` and `/sys` were looked for; `/` for a live host. */
  readonly root: string;
  /** Whether another thread may open the same host once more by its root. A recording cannot be, nor can what is being recorded. */
  readonly canReopen: boolean;
  /** Opens an absolute path of the host, such as `/proc` or `/sys/fs/cgroup`. */
  open(path: string): Read<Dir>;
  /** Opens `path` as the task whose `/proc/PID` is `task` sees it, never leaving its root (openat2(2), RESOLVE_IN_ROOT). */
  openInRoot(task: Dir, path: ByteString, symlinks?: Symlinks): Read<Dir>;
  /**
   * As {@link Host.openInRoot}, but asking nobody, who might never answer: no link is followed, no name looked up that the kernel does
   * not know already (`not collected`; what is mounted or stacked it knows), and the directory is not opened for listing.
   */
  placeInRoot(task: Dir, path: ByteString): Read<Dir>;
  /** Reads a regular file (never a FIFO, device or socket) at most `limit` bytes long, as the task sees it; longer is `malformed`. */
  readInRoot(task: Dir, path: ByteString, limit: number, symlinks?: Symlinks): Read<ByteString>;
  readonly kernel: Kernel;
  readonly tree: TreeQueries;
  /** Who reads. */
  reader(): ReaderFacts;
}
