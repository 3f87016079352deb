import type { Name } from './name.ts';
import type { Outcome, Unknown } from './outcome.ts';
import type { FileFacts } from './tree.ts';

/**
 * How a file system writes down in its upper directory what it hides and where things came from: overlayfs in
 * `trusted.overlay.*`, or in `user.overlay.*` where it is mounted with `userxattr`; fuse-overlayfs; AUFS by names alone. What
 * the mount does not heed means nothing: any container may set `user.*` on its own files.
 */
export type MarkStyle = 'overlay' | 'overlay-userxattr' | 'fuse-overlayfs' | 'aufs';

/** In which of the ways a name is marked as deleted: a character device 0:0, a zero-size file with an xattr, a `.wh.` name. */
export type WhiteoutForm = 'device' | 'xattr' | 'name';

/** What is in a lower layer at the place of an entry of the upper one. */
export interface LowerFacts {
  /** As the caller numbered the layers: 0 is the base. */
  readonly layer: number;
  readonly facts: FileFacts;
  /** The file system's own name for it; left out where it was not needed or could not be had. */
  readonly handle?: string;
}

/** One entry of an upper directory, with what it stands over. */
export interface ChangeFacts {
  /** From the root of the container; that of the deleted name for a whiteout. */
  readonly path: Name;
  /** Where the path leads in the layers below, where a directory on the way was renamed. */
  readonly lowerPath?: Name;
  readonly upper: FileFacts;
  readonly whiteout?: WhiteoutForm;
  /** The directory shows nothing of the ones below it. */
  readonly opaque?: true;
  /** Where in the layers below its content is, as a path from the root (overlayfs's `redirect`). */
  readonly redirect?: Name;
  /** Only the metadata was copied up: the content is still that of the lower file. */
  readonly metacopy?: true;
  /** The file system's name for the lower file that this is a copy of (overlayfs's `origin`). */
  readonly origin?: string;
  /** What would be at the path if the upper directory were empty; null: nothing. */
  readonly lower: LowerFacts | null;
  /** What is where the redirect leads; only with one. */
  readonly source?: LowerFacts | null;
  /** Whether content (or a link's target) and extended attributes equal those of the lower file; only where both are of one type. */
  readonly sameContent?: boolean;
  readonly sameXattrs?: boolean;
  readonly unknown?: Unknown<'marks' | 'lower' | 'sameContent' | 'sameXattrs'>;
}

/** How completely an upper directory was looked at. */
export interface ChangesCoverage {
  /** Entries of the upper directory. */
  entries: number;
  /** Things that could not be looked at; the first of them. */
  readonly unread: { readonly path: Name; readonly outcome: Outcome }[];
  unreadCount: number;
  /** Entries that something of the host is mounted on: not entered. */
  mounts: number;
  /** Outcome of reading the marks in `trusted.*`: `denied` without CAP_SYS_ADMIN, when opaque directories and renames go unseen. */
  marks: 'read' | Outcome;
  /** The walk was ended because there was too much. */
  stopped: boolean;
}

/** What a container changed. Collected on demand, for one target. */
export interface ChangesFacet {
  readonly version: 1;
  readonly entries: readonly ChangeFacts[];
  readonly coverage: Readonly<ChangesCoverage>;
}

/** The kinds of {@link Change}. */
export type ChangeKind = 'added' | 'modified' | 'deleted' | 'opaque' | 'renamed' | 'metadata';

/** One change against the layers below. */
export interface Change {
  readonly path: Name;
  readonly kind: ChangeKind;
  /** The path it had; only for `renamed`. */
  readonly from: Name | null;
  /** Size of the regular file, for `deleted` of the one that is hidden, decimal; null for what is no regular file. */
  readonly bytes: string | null;
  readonly type: FileFacts['type'];
  /** The layer that what was changed comes from, 0 the base; null: there was nothing. */
  readonly layer: number | null;
  readonly unknown?: Unknown<'kind' | 'content'>;
}
