/** The marks that a union file system leaves on its upper files. */
import type { Dir, Read, TreeQueries, Xattr } from '../../host/port.ts';
import { Failure } from '../../host/port.ts';
import { parseOverlayHandle } from '../../parse/overlay-handle.ts';
import type { MarkStyle, WhiteoutForm } from '../../schema/changes.ts';
import type { FileFacts } from '../../schema/tree.ts';
import type { ByteString } from '../../text/bytes.ts';

/** Where each style keeps them; the first that is there counts. */
const PREFIXES: Readonly<Record<MarkStyle, readonly string[]>> = {
  overlay: ['trusted.overlay.'],
  'overlay-userxattr': ['user.overlay.'],
  // fuse-overlayfs writes its own, or overlayfs's where it may, and reads all (fuse-overlayfs, main.c).
  'fuse-overlayfs': ['user.fuseoverlayfs.', 'trusted.overlay.', 'user.overlay.'],
  aufs: [],
};

/** What AUFS and tar archives put before the name of what is deleted (aufs(5)). */
export const WHITEOUT_PREFIX = '.wh.';
/** The name that makes its directory opaque. */
export const OPAQUE_NAME = '.wh..wh..opq';
/** What AUFS keeps for itself begins so: `.wh..wh.plnk`, `.wh..wh.orph`, `.wh..wh.aufs`. */
export const PRIVATE_PREFIX = '.wh..wh.';

/** The marks of one entry, and its other extended attributes. */
export interface Marks {
  readonly opaque: boolean;
  /** Some of its files may be whiteouts although they are no devices (overlayfs since 6.7: `opaque=x`). */
  readonly hasXattrWhiteouts: boolean;
  readonly isXattrWhiteout: boolean;
  readonly metacopy: boolean;
  /** As it stands there: absolute, or a name in the same directory. */
  readonly redirect: ByteString | null;
  /** Type and bytes of the file handle, hexadecimal. */
  readonly origin: string | null;
  /** What is no mark, by name. */
  readonly others: readonly Xattr[];
}

export const UNMARKED: Marks = {
  opaque: false,
  hasXattrWhiteouts: false,
  isXattrWhiteout: false,
  metacopy: false,
  redirect: null,
  origin: null,
  others: [],
};

/** Reads the marks of `name` in `dir`. */
export function marksOf(tree: TreeQueries, dir: Dir, name: ByteString, style: MarkStyle): Read<Marks> {
  const xattrs = tree.xattrs(dir, name);
  if (xattrs instanceof Failure) return xattrs;
  return xattrs.length === 0 ? UNMARKED : marksIn(xattrs, style);
}

/** The same for a directory, which may say by a name in it that it is opaque. */
export function directoryMarks(tree: TreeQueries, dir: Dir, name: ByteString, style: MarkStyle): Read<Marks> {
  const marks = marksOf(tree, dir, name, style);
  if (marks instanceof Failure || (style !== 'aufs' && style !== 'fuse-overlayfs')) return marks;
  const isOpaque = !(tree.facts(dir, `${name}/${OPAQUE_NAME}`) instanceof Failure);
  return isOpaque ? { ...marks, opaque: true } : marks;
}

/** The marks among extended attributes (Documentation/filesystems/overlayfs.rst). */
function marksIn(xattrs: readonly Xattr[], style: MarkStyle): Marks {
  const prefixes = PREFIXES[style];
  const values = new Map(xattrs.map(({ name, value }) => [name, value]));
  const mark = (name: string): ByteString | undefined => {
    const prefix = prefixes.find((one) => values.has(one + name));
    return prefix === undefined ? undefined : values.get(prefix + name);
  };
  const opaque = mark('opaque');
  return {
    opaque: opaque === 'y',
    hasXattrWhiteouts: opaque === 'x',
    isXattrWhiteout: mark('whiteout') !== undefined,
    metacopy: mark('metacopy') !== undefined,
    redirect: mark('redirect') ?? null,
    origin: parseOverlayHandle(mark('origin') ?? '')?.real ?? null,
    others: xattrs
      .filter(({ name }) => !prefixes.some((prefix) => name.startsWith(prefix)))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Whether the entry stands for a deleted name, and how; `marks` is asked for only where it may matter. */
export function whiteoutForm(
  name: ByteString,
  facts: FileFacts,
  style: MarkStyle,
  marks: () => Marks | null,
): WhiteoutForm | null {
  if (style !== 'aufs' && facts.type === 'char' && facts.rdev === '0:0') return 'device';
  if (style === 'aufs' || style === 'fuse-overlayfs') {
    if (name.startsWith(WHITEOUT_PREFIX) && !name.startsWith(PRIVATE_PREFIX)) return 'name';
  }
  return facts.type === 'file' && facts.bytes === '0' && marks()?.isXattrWhiteout === true ? 'xattr' : null;
}
