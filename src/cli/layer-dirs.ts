/** The directories of layers, opened by their paths. */
import { hostView } from '../capture/engines/host-state.ts';
import { fuseMounts, isBelow } from '../capture/engines/slow-mounts.ts';
import { Failure } from '../host/port.ts';
import type { Dir, Host, Read } from '../host/port.ts';
import type { Name } from '../schema/name.ts';
import { bytesOf, nameText } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';

/** Whose layers they are. */
interface DirsLineage {
  readonly store: {
    readonly facts: {
      readonly kind: string;
      readonly driver: string;
      readonly root: Name;
      readonly via: number | null;
    };
  } | null;
}

/** Opens directories of layers as their engine sees them, and closes them together. */
export class LayerDirs {
  readonly #host: Host;
  readonly #lineage: DirsLineage;
  readonly #view: Dir;
  readonly #waits: readonly ByteString[];
  readonly #open: Dir[] = [];

  constructor(host: Host, lineage: DirsLineage) {
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

  /** Where the engine keeps what the layer's archive is made of besides the files; null where it keeps none, as containerd. */
  tarSplit({
    stored,
  }: {
    readonly stored: { readonly key: string } | null;
  }): { readonly dir: Dir; readonly path: ByteString } | null {
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

/** The directory, or the NsinspectError that says why it cannot be opened. */
export function openedOr(dir: Read<Dir>, path: Name): Dir {
  if (!(dir instanceof Failure)) return dir;
  const why = dir.errno === 'EAGAIN' ? 'it lies on FUSE, whose daemon may never answer' : dir.errno;
  throw new NsinspectError(`${nameText(path)} cannot be opened: ${why}`, { code: 'unreadable-layer' });
}
