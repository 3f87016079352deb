import type { Engine } from './engines.ts';
import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/**
 * What a layer store is, by who wrote it: dockerd's `image/<driver>` beside `overlay2` or `aufs`, containerd's snapshotter
 * with its content, or containers-storage, which podman, CRI-O and buildah share.
 */
export type LayerStoreKind = 'docker' | 'containerd' | 'containers-storage';

/** A directory that file systems are stacked from, as its engine wrote it down. */
export interface StoredLayer {
  /** Names it within its store: dockerd's chainID or mount id, `<namespace>/<name>` of containerd's snapshot, containers-storage's id. */
  readonly key: string;
  /** Key of the layer below; null for the lowest. */
  readonly parent: string | null;
  /** As the engine uses it: what an image is made of, what lies between image and container, or what a container writes to. */
  readonly role: 'image' | 'init' | 'writable';
  /** Digest of the layer's tar archive; null where the engine's record of the layer has none. */
  readonly diffId: string | null;
  /** Bytes of the files in it, as the engine counted them. */
  readonly bytes: string | null;
  /** ISO 8601. */
  readonly createdAt: string | null;
  /** Paths that lead to its content: the directory itself first, then links to it that mount options use. */
  readonly dirs: readonly Name[];
}

/** A step of an image's history (OCI image-spec, config.md). */
export interface HistoryStep {
  readonly createdAt: string | null;
  readonly createdBy?: Name | null;
  readonly comment: Name | null;
  /** It made no layer. */
  readonly empty: boolean;
}

/** An image of a store. */
export interface StoredImage {
  /** Digest of its configuration; containers-storage's id with `sha256:` before it. */
  readonly id: string;
  readonly tags: readonly Name[];
  /** Key of its highest layer; null: it follows from the diffIDs (docker), or is not known. */
  readonly top: string | null;
  /** containerd's namespace. */
  readonly namespace?: string;
  readonly diffIds: readonly string[];
  readonly history: readonly HistoryStep[];
  readonly createdAt: string | null;
}

/** A container of a store, running or not. */
export interface LayerContainer {
  readonly engine: Engine;
  readonly id: string;
  readonly name: Name | null;
  /** Id of its image, or a name of it (containerd); null where nothing says it. */
  readonly image: string | null;
  /** Key of the layer that it writes to. */
  readonly layer: string | null;
  readonly namespace?: string;
  readonly createdAt: string | null;
}

/** One engine's layers, images and containers. */
export interface LayerStore {
  readonly kind: LayerStoreKind;
  /** As the engine calls it: `overlay2`, `aufs`, `overlayfs`, `overlay` … */
  readonly driver: string;
  /** The engine's directory as the task sees it through whose eyes it was read. */
  readonly root: Name;
  /** Pid of that task; null: the host's own view. */
  readonly via: number | null;
  readonly layers: readonly StoredLayer[];
  readonly images: readonly StoredImage[];
  readonly containers: readonly LayerContainer[];
  /** The directories that layers lie in, whether a record names them or not. */
  readonly directories: readonly Name[];
}

/** The branches of an aufs mount, topmost first, as `/sys/fs/aufs/si_<id>/br<n>` tell them. */
export interface AufsBranches {
  readonly si: string;
  readonly branches: readonly { readonly path: Name; readonly mode: string }[];
}

/** What engines wrote down of layers. */
export interface LayersFacet {
  readonly version: 1;
  readonly stores: readonly LayerStore[];
  readonly aufs: readonly AufsBranches[];
  readonly coverage: {
    /** State that should be there and could not be read. */
    readonly unread: readonly { readonly path: Name; readonly outcome: Outcome }[];
  };
}
