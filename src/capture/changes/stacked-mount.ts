/**
 * Whether directories are those that a mounted overlay was stacked from. Its options name paths of whoever mounted it, resolved at
 * that time in that mount namespace (ovl_parse_param, fs/overlayfs/params.c), which the kernel does not keep: the same path may
 * lead elsewhere now, and for the reader. What overlayfs says of its files, though, is made by the kernel of the layers' own files.
 */
import { Failure } from '../../host/port.ts';
import type { Dir, Host, Read } from '../../host/port.ts';
import { isMalformed } from '../../parse/malformed.ts';
import { parseMountinfo } from '../../parse/mountinfo.ts';
import type { MountFacts } from '../../schema/mounts.ts';
import type { Name } from '../../schema/name.ts';
import { bytesOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import { maySleep } from '../engines/slow-mounts.ts';

/** What tells a mounted overlay from another one. */
export type OverlayMount = Pick<MountFacts, 'dev' | 'superOptions'>;

/** A process that sees a mount, and where. */
export interface SeenAt {
  readonly pid: number;
  readonly path: Name;
}

/** So many processes are asked before it is given up. */
const MOST_PLACES = 8;
/** So many names of a lower layer are looked for in the mount. */
const MOST_NAMES = 4096;
/** A directory may be written to between two looks. */
const TRIES = 3;

/** A mounted overlay with an upper layer, seen at its root. */
export class StackedMount {
  readonly #host: Host;
  readonly #root: Dir;
  /** Handle of the upper directory. */
  readonly #upper: string;
  readonly #encodesByCopy: boolean;

  private constructor(host: Host, root: Dir, upper: string, { superOptions }: OverlayMount) {
    this.#host = host;
    this.#root = root;
    this.#upper = upper;
    this.#encodesByCopy = superOptions.includes('nfs_export=on');
  }

  /** Finds it where the first of these processes still sees it. The failure is that of the first place that gave one. */
  static find(host: Host, mount: OverlayMount, places: readonly SeenAt[]): Read<StackedMount> {
    // Without one its root is a directory of a lower layer, which may lie on a file system that never answers.
    if (!mount.superOptions.some((option) => bytesOf(option).startsWith('upperdir='))) {
      return new Failure('unsupported', 'an overlay without an upper directory');
    }
    let failure: Failure | null = null;
    for (const { pid, path } of places.slice(0, MOST_PLACES)) {
      const found = StackedMount.#at(host, mount, pid, bytesOf(path));
      if (!(found instanceof Failure)) return found;
      failure ??= found;
    }
    return failure ?? new Failure('absent', 'no process sees the mount');
  }

  static #at(host: Host, mount: OverlayMount, pid: number, path: ByteString): Read<StackedMount> {
    const task = host.open(`/proc/${String(pid)}`);
    if (task instanceof Failure) return task;
    try {
      const root = host.placeInRoot(task, path);
      if (root instanceof Failure) return root;
      const behind = isRootOf(mountOf(host, task, root), mount)
        ? host.tree.behind(root, '.')
        : new Failure('absent', 'another mount is there');
      // With an upper layer the root is always that (ovl_check_encode_origin, fs/overlayfs/export.c).
      if (!(behind instanceof Failure) && behind.isUpper) return new StackedMount(host, root, behind.real, mount);
      root.close();
      return behind instanceof Failure ? behind : new Failure('malformed', 'a root without an upper directory');
    } finally {
      task.close();
    }
  }

  /** Whether this is the upper directory. */
  isUpper(dir: Dir): Read<boolean> {
    const { tree } = this.#host;
    const handle = tree.handle(dir, '.');
    if (handle instanceof Failure) return handle;
    if (handle !== this.#upper) return false;
    // Copies of a file system have the same handles. The root shows the time of the upper directory (ovl_getattr).
    for (let tried = 0; tried < TRIES; tried++) {
      const [seen, real] = [tree.facts(this.#root, '.'), tree.facts(dir, '.')];
      if (seen instanceof Failure) return seen;
      if (real instanceof Failure) return real;
      if (seen.mtime === real.mtime) return true;
    }
    return false;
  }

  /**
   * Whether this is one of the lower directories, proven by one thing in it that is seen through the mount: a directory, or a file
   * with no other name, is in one place alone. `not collected` where there is no such thing, as in a layer that others hide.
   */
  hasLower(dir: Dir): Read<true> {
    // There a directory may be copied up to be given a handle (ovl_dentry_to_fid, fs/overlayfs/export.c): looking must not write.
    if (this.#encodesByCopy) return new Failure('not collected', 'nfs_export=on');
    let looked = 0;
    for (const path of namesBelow(this.#host, dir)) {
      if (++looked > MOST_NAMES) break;
      const behind = this.#host.tree.behind(this.#root, path);
      if (behind instanceof Failure) {
        if (behind.outcome === 'unsupported') return behind;
        continue;
      }
      if (!behind.isUpper && this.#isOnly(dir, path) && this.#host.tree.handle(dir, path) === behind.real) return true;
    }
    return new Failure('not collected', 'nothing in it is seen through the mount');
  }

  close(): void {
    this.#root.close();
  }

  #isOnly(dir: Dir, path: ByteString): boolean {
    const facts = this.#host.tree.facts(dir, path);
    return !(facts instanceof Failure) && (facts.type === 'directory' || facts.nlink === 1);
  }
}

/** The mount on which a place is; null: not told. Read while the place is held, so that it keeps its id. */
function mountOf(host: Host, task: Dir, place: Dir): MountFacts | null {
  const id = host.tree.mountId(place);
  const text = task.read('mountinfo');
  const mounts = text instanceof Failure ? [] : parseMountinfo(text);
  return isMalformed(mounts) ? null : (mounts.find((one) => one.id === id) ?? null);
}

/** Whether it is the whole of that overlay. */
function isRootOf(found: MountFacts | null, { dev, superOptions }: OverlayMount): boolean {
  // Others may be changed by a remount.
  const options = (list: readonly Name[]): ByteString =>
    list
      .map(bytesOf)
      .filter((option) => /^[a-z]+dir\+?=/.test(option))
      .join();
  return (
    found?.fsType === 'overlay' &&
    found.root === '/' &&
    found.dev === dev &&
    options(found.superOptions) === options(superOptions)
  );
}

/**
 * Opens a directory as a process sees it that may be anybody's. What lies on a file system that may never answer is left alone:
 * whoever mounted it knew where somebody would look.
 */
export function openAsSeen(host: Host, pid: number, path: ByteString): Read<Dir> {
  const task = host.open(`/proc/${String(pid)}`);
  if (task instanceof Failure) return task;
  try {
    const place = host.placeInRoot(task, path);
    if (place instanceof Failure) return place;
    const mount = mountOf(host, task, place);
    const isSafe = mount !== null && !maySleep(mount);
    const dir = isSafe ? host.tree.openDirectory(place, '.') : new Failure('not collected', 'EAGAIN');
    place.close();
    return dir;
  } finally {
    task.close();
  }
}

/** The names in a directory, then those in its directories. */
function* namesBelow({ tree }: Host, dir: Dir): Generator<ByteString> {
  const names = dir.list('.', MOST_NAMES);
  if (names instanceof Failure) return;
  yield* names;
  for (const name of names) {
    const below = tree.openDirectory(dir, name);
    if (below instanceof Failure) continue;
    const inner = below.list('.', MOST_NAMES);
    below.close();
    if (!(inner instanceof Failure)) yield* inner.map((one) => `${name}/${one}`);
  }
}
