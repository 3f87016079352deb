/** The document of `mounts`; its JSON Schema is docs/schema/mounts-1.json. */
import type { DocumentHead } from './documents.ts';
import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/**
 * What a mount is: `root`: what the tree stands on; `filesystem`: one that was mounted here first; `bind`: a directory or
 * file that is mounted elsewhere, too; `volume`: one of an engine's volumes; `engine`: a file that the engine made for the
 * container; `namespace`: a namespace file; `pseudo`: a file system of the kernel's own data.
 */
export type MountKind = 'root' | 'filesystem' | 'bind' | 'volume' | 'engine' | 'namespace' | 'pseudo';

/** Names a mount on this host. */
export interface MountId {
  readonly mntns: number;
  readonly id: number;
  readonly path: Name;
}

/** How many mounts, and the first of them. */
export interface MountSample {
  readonly count: number;
  readonly sample: readonly MountId[];
}

/** One mount of the tree. */
export interface MountRow {
  readonly id: number;
  /** The kernel's never reused id; left out where only mountinfo told. */
  readonly uniqueId?: string;
  /** Id of the mount on which it is; null where that is not in the list. */
  readonly parent: number | null;
  readonly dev: string;
  readonly root: Name;
  /** As the target sees it. */
  readonly path: Name;
  readonly fsType: Name;
  readonly source: Name;
  readonly options: readonly Name[];
  readonly superOptions: readonly Name[];
  readonly kind: MountKind;
  /** By its own options or those of its superblock. */
  readonly readOnly: boolean;
  /** What its path leads to instead of it. */
  readonly coveredBy: { readonly id: number; readonly path: Name } | null;
  /** No path leads to it, and nothing covers it. */
  readonly unreachable: boolean;
  readonly propagation: {
    /** In words: shared, private, slave, unbindable and their joins. */
    readonly text: string;
    readonly shared: number | null;
    readonly master: number | null;
    readonly from: number | null;
    readonly unbindable: boolean;
    readonly peers: MountSample;
    readonly receivesFrom: MountSample;
    readonly sendsTo: MountSample;
  };
  /** Other mounts of the same superblock, in all mount namespaces. */
  readonly elsewhere: MountSample;
  /** Where the host has it. Null: nowhere as far as its mounts tell; or, on the host itself, it is no bind mount. */
  readonly host?: { readonly path: Name; readonly writable: boolean; readonly volume: Name | null } | null;
  /** Where the target itself has it by way of an earlier mount; null: nowhere. */
  readonly here: Name | null;
  /** From what it was stacked; null: no overlay. */
  readonly overlay?: OverlayRow | null;
  readonly unknown?: Readonly<Partial<Record<'host' | 'overlay', Outcome>>>;
}

/** The directories of an overlay, as the one who mounted it sees them. */
export interface OverlayRow {
  /** Top first. */
  readonly lower: readonly { readonly path: Name; readonly dataOnly: boolean }[];
  readonly upper: Name | null;
  readonly work: Name | null;
  readonly features: readonly { readonly name: string; readonly value: Name | null }[];
  /** To what relative paths were relative; null: none was, or it is not known and they still are. */
  readonly base: Name | null;
}

/** Answer of `mounts`. */
export interface MountsDocument extends DocumentHead {
  readonly schema: 'nsinspect/mounts/1';
  readonly target: {
    readonly kind: 'process' | 'container' | 'namespace' | 'mount';
    readonly text: string;
    /** The process whose view this is; null: that of the root of the mount namespace. */
    readonly pid: number | null;
    readonly mntns: number;
    /** The root from which it is seen, as a path of the mount namespace. */
    readonly root: Name;
  };
  /** Parents before what is mounted on them, as long as the parents are in sight. */
  readonly mounts: readonly MountRow[];
  readonly notes: readonly string[];
}
