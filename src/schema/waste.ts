import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/** What hides a file of a layer: the highest layer that does, and whether it deletes the path, has something else there, or is opaque there. */
export interface Cover {
  readonly by: number;
  readonly how: 'deleted' | 'replaced' | 'opaque';
}

/** A regular file of a layer. */
export interface StackFile {
  /** 0 is the lowest. */
  readonly layer: number;
  /** From the root of the layer, one character a byte. */
  readonly path: string;
  /** Apparent size, decimal. */
  readonly bytes: string;
  /** What it takes on the disk, decimal. */
  readonly allocatedBytes: string;
  /** Which file it is, by device and inode: a hard link is the same one. */
  readonly file: string;
  readonly nlink: number;
  /** Null: it is seen. */
  readonly cover: Cover | null;
}

/** What of one layer is hidden. A file with several names counts once, and is hidden where all of them are. */
export interface LayerWaste {
  readonly index: number;
  readonly files: number;
  /** Apparent sizes of its regular files, decimal. */
  readonly bytes: string;
  readonly hiddenFiles: number;
  /** Of those that no name of the stack leads to, decimal. */
  readonly hiddenBytes: string;
  readonly hiddenAllocatedBytes: string;
}

/** A file that nobody sees. */
export interface HiddenFile extends Cover {
  readonly path: Name;
  readonly layer: number;
  readonly bytes: string;
}

/** Files of one content in more than one layer. */
export interface DuplicateFiles {
  readonly sha256: string;
  /** Of one of them, decimal. */
  readonly bytes: string;
  /** What all copies but the one that takes most take on the disk, decimal. */
  readonly spareAllocatedBytes: string;
  readonly count: number;
  /** How many layers have one. */
  readonly layers: number;
  /** The first of them, the highest layer first. */
  readonly copies: readonly { readonly layer: number; readonly path: Name; readonly hidden: boolean }[];
}

/** What a stack holds in vain. A hidden duplicate counts in both sums. */
export interface Waste {
  /** Sums over the layers, decimal. */
  readonly hiddenBytes: string;
  readonly hiddenAllocatedBytes: string;
  /** What all copies but one come to, decimal. */
  readonly duplicateBytes: string;
  readonly duplicateAllocatedBytes: string;
  readonly layers: readonly LayerWaste[];
  /** The largest first; the first of them. */
  readonly hidden: { readonly count: number; readonly largest: readonly HiddenFile[] };
  readonly duplicates: { readonly count: number; readonly largest: readonly DuplicateFiles[] };
  /** Files of a size that several layers have, which were not compared: too large, or not readable. */
  readonly notCompared: {
    readonly count: number;
    readonly first: { readonly path: Name; readonly outcome: Outcome } | null;
  };
}
