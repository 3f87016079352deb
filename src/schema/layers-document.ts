/** The documents of `layers`; their JSON Schemas are docs/schema/layers-1.json, layers-all-1.json and layers-who-1.json. */
import type { Change } from './changes.ts';
import type { ContainerId, DocumentHead } from './documents.ts';
import type { Engine } from './engines.ts';
import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';
import type { LayerVerification } from './verify.ts';
import type { Waste } from './waste.ts';

/** An image by what names it. */
export interface ImageId {
  /** Digest of its configuration. */
  readonly id: string;
  readonly tags: readonly Name[];
}

/** Who stands on a layer: a container with its image, or an image. */
export interface LayerSharer {
  readonly engine: Engine;
  readonly container: { readonly id: string; readonly name: Name | null } | null;
  readonly image: ImageId | null;
}

/** An image that may be the one, where no record says which it is. */
export interface ImageCandidate extends ImageId {
  /** It has exactly these layers; else it has the lowest of them, as an image does that another one was built on. */
  readonly exact: boolean;
  /** How many layers it has in common with the stack. */
  readonly layers: number;
}

/** One directory of the stack. */
export interface LayerReport {
  /** 0 is the lowest. */
  readonly index: number;
  readonly kind: 'image' | 'init' | 'writable';
  readonly diffId?: string | null;
  readonly chainId?: string | null;
  /** As whoever mounted it sees it. */
  readonly path: Name;
  /** Of its files, as the engine counted them. */
  readonly bytes?: string | null;
  /** The step that made it, as the builder noted it. */
  readonly createdBy?: Name | null;
  /** The same as its author wrote it. */
  readonly instruction?: string | null;
  /** ISO 8601: when that step ran. */
  readonly createdAt?: string | null;
  readonly sharedWith: readonly LayerSharer[];
  readonly unknown?: Readonly<Partial<Record<LayerUnknown, Outcome>>>;
}

/** What may not be known of a layer. */
export type LayerUnknown = 'diffId' | 'chainId' | 'bytes' | 'createdBy' | 'instruction' | 'createdAt';

/** Whether one layer still is what its digest says. */
export interface LayerVerdict extends Omit<LayerVerification, 'version'> {
  readonly index: number;
}

/** Something mounted below the root: it is in no layer. */
export interface MountedBelow {
  readonly path: Name;
  readonly fsType: Name;
  readonly source: Name;
  /** The directory of that file system that is mounted. */
  readonly root: Name;
  readonly readOnly: boolean;
  readonly propagation: readonly string[];
}

/** A step of the image's history. */
export interface BuildStep {
  /** Index of the layer that it made; null: none. */
  readonly layer: number | null;
  readonly createdBy?: Name | null;
  readonly instruction?: string | null;
  readonly createdAt: string | null;
}

/** Answer of `layers`. */
export interface LayersDocument extends DocumentHead {
  readonly schema: 'nsinspect/layers/1';
  readonly target: {
    readonly kind: 'process' | 'container' | 'mount';
    readonly text: string;
    /** The process whose root it is; null for a mount and for a container that does not run. */
    readonly pid: number | null;
  };
  /** Who made the layers; null: nobody that is known. */
  readonly engine: Engine | null;
  /** As the engine calls it, else the type of the file system. */
  readonly driver: Name | null;
  readonly image: ImageId | null;
  /** Where no record says which image it is: the likeliest first. */
  readonly candidates: readonly ImageCandidate[];
  /** Null for a mount and for a container that does not run. */
  readonly rootSetBy?: 'pivot_root' | 'chroot' | 'host' | null;
  /** What it is stacked from, as the mount names it, topmost first; null: it is no stack, or not mounted. Left out where a FUSE daemon alone knows. */
  readonly mount?: {
    readonly lowerdirs: readonly Name[];
    readonly upperdir: Name | null;
    readonly workdir: Name | null;
  } | null;
  readonly layers: readonly LayerReport[];
  /** The image's history with the steps that made no layer; empty where it does not fit the layers. */
  readonly history: readonly BuildStep[];
  /** Left out where it was not asked for (`--files`, `--tree`, `--against`). */
  readonly changes?: readonly Change[];
  /** The image's layers, lowest first; left out without `--verify`. */
  readonly verified?: readonly LayerVerdict[];
  /** What the stack holds in vain; left out without `--waste`. */
  readonly waste?: Waste;
  readonly mounts: readonly MountedBelow[];
  readonly notes: readonly string[];
  readonly unknown?: Readonly<Partial<Record<'changes' | 'waste' | 'rootSetBy' | 'mount', Outcome>>>;
}

/** An image and what it costs. */
export interface ImageUse extends ImageId {
  readonly layers: number;
  /** Of its layers; left out where one of them is not counted. */
  readonly bytes?: string;
  /** Those of them that no other image of the store has. */
  readonly ownBytes?: string;
  readonly containers: readonly { readonly id: string; readonly name: Name | null }[];
}

/** A directory of a store that nothing uses any more. */
export interface OrphanedLayer {
  readonly path: Name;
  /** `unrecorded`: no record names it; `container gone`: what wrote to it is no container of the engine any more. */
  readonly why: 'unrecorded' | 'container gone';
}

/** One engine's store. */
export interface StoreUse {
  readonly engine: Engine;
  readonly driver: string;
  readonly root: Name;
  /** The container in which the engine itself runs. */
  readonly inside: ContainerId | null;
  /** Layers of images. */
  readonly layers: number;
  readonly bytes: string;
  /** What images and containers would take more if each had its own copy of the layers that they share. */
  readonly sharedBytes: string;
  readonly images: readonly ImageUse[];
  /** Containers of which the image is not known. */
  readonly others: readonly { readonly id: string; readonly name: Name | null }[];
  readonly orphans: readonly OrphanedLayer[];
}

/** Answer of `layers --all`. */
export interface LayersAllDocument extends DocumentHead {
  readonly schema: 'nsinspect/layers-all/1';
  readonly stores: readonly StoreUse[];
}

/** Answer of `layers who`. */
export interface LayersWhoDocument extends DocumentHead {
  readonly schema: 'nsinspect/layers-who/1';
  readonly query: string;
  /** One for each store that has it. */
  readonly layers: readonly {
    readonly engine: Engine;
    readonly root: Name;
    readonly kind: LayerReport['kind'];
    readonly path: Name;
    readonly diffId: string | null;
    readonly chainId: string | null;
    readonly bytes: string | null;
    readonly createdBy?: Name | null;
    readonly instruction: string | null;
    readonly usedBy: readonly LayerSharer[];
    /** What it has at the path that was asked for; left out where a layer was. */
    readonly file?: {
      /** `deleted`: a mark that hides what lower layers have there. */
      readonly kind: 'present' | 'deleted';
      /** Of a regular file; null for anything else. */
      readonly bytes: string | null;
    };
  }[];
}
