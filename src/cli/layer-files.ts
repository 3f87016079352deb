/** What `layers` looks up in the directories of the layers themselves: changes, and whether each is what its digest says. */
import { captureChanges } from '../capture/changes.ts';
import { hostView } from '../capture/engines/host-state.ts';
import { fuseMounts, isBelow } from '../capture/engines/slow-mounts.ts';
import { unverifiable, verifyLayer } from '../capture/verify.ts';
import { Failure } from '../host/port.ts';
import type { Dir, Host, Read } from '../host/port.ts';
import { changesOf } from '../model/changes.ts';
import type { Change, ChangesFacet, MarkStyle } from '../schema/changes.ts';
import type { Name } from '../schema/name.ts';
import type { LayerVerification } from '../schema/verify.ts';
import { bytesOf, nameText } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';

/** One directory of a stack, as far as it matters here. */
interface FileLayer {
  readonly kind: 'image' | 'init' | 'writable';
  /** As the engine sees it. */
  readonly path: Name;
  /** The engine's record; null: none. */
  readonly stored: { readonly key: string; readonly diffId: string | null } | null;
  readonly digests: { readonly diffId: string } | null;
}

/** What a target is stacked from. */
interface FileLineage {
  readonly store: {
    readonly facts: {
      readonly kind: string;
      readonly driver: string;
      readonly root: Name;
      readonly via: number | null;
    };
  } | null;
  /** Lowest first. */
  readonly layers: readonly FileLayer[];
}

/** A target with its lineage (src/model/layers). */
export interface FileSubject {
  readonly text: string;
  /** Null: not mounted. */
  readonly mount: { readonly fsType: Name; readonly superOptions: readonly Name[] } | null;
  readonly lineage: FileLineage;
}

/** What a target changed, and how completely that was seen. */
export interface SubjectChanges {
  readonly changes: readonly Change[];
  readonly coverage: ChangesFacet['coverage'];
}

/** The verdict on one layer of a stack. */
export interface VerifiedLayer {
  /** 0 is the lowest. */
  readonly index: number;
  readonly verification: LayerVerification;
}

/**
 * The changes in the writable layer. `against`: the index of the layer to compare with alone, or the beginning of its diffID; null: all
 * below. Throws a NsinspectError where there is no writable layer, no such layer, or a directory that cannot be opened.
 */
export function changesOfSubject(host: Host, subject: FileSubject, against: string | null): SubjectChanges {
  const { lineage } = subject;
  const top = lineage.layers.length - 1;
  const upper = lineage.layers[top];
  if (upper?.kind !== 'writable') {
    throw new NsinspectError(`${subject.text} has no layer that it writes to`, { code: 'no-changes' });
  }
  const only = against === null ? null : layerNamed(against, lineage.layers);
  const dirs = new LayerDirs(host, lineage);
  try {
    const lowers = lineage.layers
      .map((layer, index) => ({ layer, index }))
      .filter(({ index }) => index < top && (only === null || index === only))
      .reverse()
      .map(({ layer, index }) => ({ layer: index, dir: dirs.opened(layer) }));
    const facet = captureChanges(host, { style: styleOf(subject), upper: dirs.opened(upper), lowers });
    return { changes: changesOf(facet.entries), coverage: facet.coverage };
  } finally {
    dirs.close();
  }
}

/** Verifies the image's layers one after the other, lowest first; `done` is told after each. */
export async function verifySubject(
  host: Host,
  { lineage }: FileSubject,
  done: (layer: VerifiedLayer) => void = () => undefined,
): Promise<VerifiedLayer[]> {
  const dirs = new LayerDirs(host, lineage);
  const verified: VerifiedLayer[] = [];
  try {
    for (const [index, layer] of lineage.layers.entries()) {
      const diffId = layer.digests?.diffId ?? layer.stored?.diffId ?? null;
      if (layer.kind !== 'image' || diffId === null) continue;
      const dir = dirs.at(bytesOf(layer.path));
      const style = lineage.store?.facts.driver === 'aufs' ? 'aufs' : 'overlay';
      const verification =
        dir instanceof Failure
          ? unverifiable(diffId, dir)
          : await verifyLayer(host, { dir, style, diffId, tarSplit: dirs.tarSplit(layer) });
      const one = { index, verification };
      verified.push(one);
      done(one);
    }
    return verified;
  } finally {
    dirs.close();
  }
}

function layerNamed(text: string, layers: readonly FileLayer[]): number {
  // So few digits are always an index: whether some diffID begins with them is chance.
  const found = /^\d{1,4}$/.test(text)
    ? [Number(text)].filter((index) => index < layers.length - 1)
    : layers.flatMap(({ digests, stored }, index) => {
        const diffId = digests?.diffId ?? stored?.diffId ?? '';
        return text !== '' && (diffId.startsWith(text) || diffId.startsWith(`sha256:${text}`)) ? [index] : [];
      });
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new NsinspectError(`${text} is ${found.length > 1 ? 'more than one' : 'no'} layer below the writable one`, {
      code: found.length > 1 ? 'ambiguous-layer' : 'no-such-layer',
      hint: 'Name it by its index (# in the list, 0 the lowest) or the beginning of its diffID.',
    });
  }
  return only;
}

/** In which way the mount, or the engine's driver where nothing is mounted, marks what is deleted. */
export function styleOf({ mount, lineage }: FileSubject): MarkStyle {
  const driver = mount === null ? (lineage.store?.facts.driver ?? '') : nameText(mount.fsType);
  if (driver === 'aufs') return 'aufs';
  if (driver.includes('fuse-overlayfs')) return 'fuse-overlayfs';
  return mount?.superOptions.includes('userxattr') === true ? 'overlay-userxattr' : 'overlay';
}

/** Opens directories of layers as their engine sees them, and closes them together. */
export class LayerDirs {
  readonly #host: Host;
  readonly #lineage: Pick<FileLineage, 'store'>;
  readonly #view: Dir;
  readonly #waits: readonly ByteString[];
  readonly #open: Dir[] = [];

  constructor(host: Host, lineage: Pick<FileLineage, 'store'>) {
    this.#host = host;
    this.#lineage = lineage;
    const via = lineage.store?.facts.via ?? null;
    const view = via === null ? (hostView(host)?.task ?? null) : host.open(`/proc/${String(via)}`);
    if (view === null || view instanceof Failure) {
      throw new NsinspectError('the engine whose layers they are has ended: nothing can be read as it sees it', {
        code: 'no-layers',
      });
    }
    this.#view = view;
    this.#waits = fuseMounts(view);
  }

  opened(layer: FileLayer): Dir {
    const dir = this.at(bytesOf(layer.path));
    if (dir instanceof Failure) {
      const why = dir.errno === 'EAGAIN' ? 'it lies on FUSE, whose daemon may never answer' : dir.errno;
      throw new NsinspectError(`${nameText(layer.path)} cannot be opened: ${why}`, { code: 'unreadable-layer' });
    }
    return dir;
  }

  /** Where the engine keeps what the layer's archive is made of besides the files; null where it keeps none, as containerd. */
  tarSplit({ stored }: FileLayer): { readonly dir: Dir; readonly path: ByteString } | null {
    const facts = this.#lineage.store?.facts;
    if (facts === undefined || stored === null) return null;
    const hex = stored.key.replace(/^sha256:/, '');
    const root = bytesOf(facts.root);
    const [folder, path] =
      facts.kind === 'docker'
        ? [`${root}/image/${facts.driver}/layerdb/sha256/${hex}`, 'tar-split.json.gz']
        : [`${root}/overlay-layers`, `${hex}.tar-split.gz`];
    // What is not there is `absent`, as what containerd never had.
    const dir = facts.kind === 'docker' || facts.kind === 'containers-storage' ? this.at(folder) : null;
    return dir === null || dir instanceof Failure ? null : { dir, path };
  }

  close(): void {
    for (const dir of this.#open) dir.close();
    this.#view.close();
  }

  /** A directory by its path as the engine sees it; left alone where a FUSE daemon, which may be stopped, would have to answer. */
  at(path: ByteString): Read<Dir> {
    if (this.#waits.some((mount) => isBelow(path, mount))) return new Failure('not collected', 'EAGAIN');
    const dir = this.#host.openInRoot(this.#view, path);
    if (!(dir instanceof Failure)) this.#open.push(dir);
    return dir;
  }
}
