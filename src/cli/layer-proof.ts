/** Opens the directories of a mounted stack: those alone of which something tells that they are what it was stacked from. */
import { openAsSeen, StackedMount } from '../capture/changes/stacked-mount.ts';
import type { OverlayMount, SeenAt } from '../capture/changes/stacked-mount.ts';
import { Failure } from '../host/port.ts';
import type { Dir, Host, Read } from '../host/port.ts';
import type { Name } from '../schema/name.ts';
import { bytesOf, nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { openedOr } from './layer-dirs.ts';
import type { LayerDirs } from './layer-dirs.ts';

/** One directory of the stack. */
interface ProvenLayer {
  readonly kind: 'image' | 'init' | 'writable';
  readonly path: Name;
  /** The engine's record; null: none. */
  readonly stored: object | null;
}

/** What is to be proven of. */
export interface ProvenSubject {
  readonly text: string;
  /** Null: not mounted, so that there is only the engine's record. */
  readonly mount: (OverlayMount & { readonly fsType: Name }) | null;
  /** Where the mount is seen. */
  readonly sight: { readonly isOnHost: boolean; readonly places: readonly SeenAt[] };
  readonly lineage: { readonly layers: readonly ProvenLayer[] };
}

/**
 * The directories of one stack. A directory is taken for one of it where
 * - the engine's record of the directory that is written to leads to it, or
 * - the overlay is mounted in the host's own mount namespace, which whoever is in a container cannot bring about, or
 * - what the kernel says of the mount's files is what it says of that directory ({@link StackedMount}).
 *
 * In the first two cases, too, another upper directory than the kernel's is refused.
 */
export class LayerProof {
  readonly #host: Host;
  readonly #subject: ProvenSubject;
  readonly #dirs: LayerDirs;
  readonly #mount: Read<StackedMount> | null;
  #isTrusted: boolean;
  readonly #open: Dir[] = [];

  constructor(host: Host, subject: ProvenSubject, dirs: LayerDirs) {
    this.#host = host;
    this.#subject = subject;
    this.#dirs = dirs;
    const { mount, sight, lineage } = subject;
    const isOverlay = mount !== null && mount.fsType === 'overlay';
    this.#mount = isOverlay ? StackedMount.find(host, mount, sight.places) : null;
    const top = lineage.layers.at(-1);
    this.#isTrusted = !isOverlay || sight.isOnHost || (top?.kind === 'writable' && top.stored !== null);
  }

  #upper({ path }: ProvenLayer): Dir {
    const dir = this.#dirs.at(bytesOf(path));
    const mount = this.#mount;
    if (mount === null || mount instanceof Failure) {
      if (dir instanceof Failure || this.#isTrusted) return openedOr(dir, path);
      throw this.#unproven(path, mount ?? NOTHING);
    }
    const is = dir instanceof Failure ? dir : mount.isUpper(dir);
    if (is === true) return openedOr(dir, path);
    const elsewhere = this.#elsewhere(path, (other) => mount.isUpper(other) === true);
    if (elsewhere !== null) {
      // Nor are the paths of the others meant on the host.
      this.#isTrusted = false;
      return elsewhere;
    }
    if (is === false) throw this.#another(path);
    if (dir instanceof Failure || this.#isTrusted) return openedOr(dir, path);
    throw this.#unproven(path, is);
  }

  /** A directory below it. The failure is that of a directory that is certain and cannot be opened; throws as {@link either} else. */
  lower({ path }: ProvenLayer): Read<Dir> {
    const dir = this.#dirs.at(bytesOf(path));
    if (this.#isTrusted) return dir;
    const mount = this.#mount;
    if (mount === null || mount instanceof Failure) throw this.#unproven(path, mount ?? NOTHING);
    const has = dir instanceof Failure ? dir : mount.hasLower(dir);
    if (has === true) return dir;
    const elsewhere = this.#elsewhere(path, (other) => mount.hasLower(other) === true);
    if (elsewhere !== null) return elsewhere;
    if (dir instanceof Failure) return openedOr(dir, path);
    throw this.#unproven(path, has);
  }

  /** The directory of any layer, or a NsinspectError where it cannot be opened, is another one, or may be. The one that is written to is to be asked for first. */
  either(layer: ProvenLayer): Dir {
    return layer.kind === 'writable' ? this.#upper(layer) : openedOr(this.lower(layer), layer.path);
  }

  /** Throws a NsinspectError where the directory that is written to is there and is another one. */
  checkUpper({ path }: ProvenLayer): void {
    const dir = this.#dirs.at(bytesOf(path));
    const mount = this.#mount;
    if (dir instanceof Failure || mount === null || mount instanceof Failure || mount.isUpper(dir) !== false) return;
    if (this.#elsewhere(path, (other) => mount.isUpper(other) === true) === null) throw this.#another(path);
    this.#isTrusted = false;
  }

  close(): void {
    if (this.#mount !== null && !(this.#mount instanceof Failure)) this.#mount.close();
    for (const dir of this.#open) dir.close();
  }

  /** The directory as somebody sees that path who has the mount: whoever mounted it may have stayed where he was. */
  #elsewhere(path: Name, isIt: (dir: Dir) => boolean): Dir | null {
    const pids = [...new Set(this.#subject.sight.places.map(({ pid }) => pid))];
    for (const pid of pids.slice(0, MOST_VIEWS)) {
      const dir = openAsSeen(this.#host, pid, bytesOf(path));
      if (dir instanceof Failure) continue;
      this.#open.push(dir);
      if (isIt(dir)) return dir;
    }
    return null;
  }

  #another(path: Name): NsinspectError {
    return new NsinspectError(
      `${nameText(path)} on this host is not the directory that ${this.#subject.text} writes to: that one is absent from every place where it was looked for`,
      { code: 'other-layer', hint: HINT },
    );
  }

  #unproven(path: Name, { asOutcome, errno }: Failure): NsinspectError {
    return new NsinspectError(
      `whether ${nameText(path)} on this host is the directory that ${this.#subject.text} is stacked from is not known: ${asOutcome} (${WHY[errno] ?? errno})`,
      { code: 'unproven-layer', hint: HINT },
    );
  }
}

const MOST_VIEWS = 8;

const NOTHING = new Failure('unsupported', 'EOPNOTSUPP');

const HINT = 'It was mounted in a mount namespace of its own, where the same path may lead elsewhere.';

const WHY: Readonly<Record<string, string>> = {
  EOPNOTSUPP:
    'overlayfs does not tell which files it has below it; since Linux 6.6 it does where all its layers have file handles',
};
