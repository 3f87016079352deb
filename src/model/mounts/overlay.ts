/** The directories that an overlay was stacked from, with relative ones made absolute. */
import { isMalformed } from '../../parse/malformed.ts';
import type { Malformed } from '../../parse/malformed.ts';
import { parseOverlayOptions } from '../../parse/overlay-options.ts';
import type { OverlayOptions } from '../../parse/overlay-options.ts';
import type { MountFacts, MountsFacet } from '../../schema/mounts.ts';
import type { Name } from '../../schema/name.ts';
import { bytesOf, nameOf, sameName } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';

/** What an overlay was stacked from. Paths are those of the one who mounted it. */
export interface Overlay extends OverlayOptions {
  /** The directory from which its relative paths were made absolute; null: none is relative, or it is not known. */
  readonly base: Name | null;
  /** Some paths are relative and nothing tells to what. */
  readonly unresolved: boolean;
}

/**
 * The stack of an overlay mount; null where it is none. Engines that stack many layers stand in their own directory and give
 * relative paths, since mount(2) takes one page of options. Where that directory is, another mount of the same superblock tells,
 * on the host or in the daemon's mount namespace (Docker and containers-storage mount at `<base>/<id>/merged`); or else the
 * upper directory of containerd (`<base>/<n>/fs`), which is absolute all the same.
 */
export function overlayOf(mount: MountFacts, { tables }: Pick<MountsFacet, 'tables'>): Overlay | Malformed | null {
  if (mount.fsType !== 'overlay') return null;
  const options = parseOverlayOptions(mount.superOptions);
  if (isMalformed(options)) return options;
  const paths = [...options.lower.map(({ path }) => path), options.upper, options.work];
  if (paths.every((path) => path === null || isAbsolute(path))) return { ...options, base: null, unresolved: false };
  const base = baseOfMerged(mount, options, tables) ?? baseOfSnapshot(options);
  if (base === null) return { ...options, base, unresolved: true };
  const resolved = (path: Name): Name => (isAbsolute(path) ? path : nameOf(`${base}/${bytesOf(path)}`));
  return {
    ...options,
    lower: options.lower.map(({ path, dataOnly }) => ({ path: resolved(path), dataOnly })),
    upper: options.upper === null ? null : resolved(options.upper),
    work: options.work === null ? null : resolved(options.work),
    base: nameOf(base),
    unresolved: false,
  };
}

function isAbsolute(path: Name): boolean {
  return bytesOf(path).startsWith('/');
}

/** `<base>` of `<base>/<id>/merged` where another mount of the same superblock is there, the id being that of the upper directory. */
function baseOfMerged(
  mount: MountFacts,
  { upper, lower }: OverlayOptions,
  tables: MountsFacet['tables'],
): ByteString | null {
  const id = /^([^/]+)\/diff$/.exec(upper === null ? '' : bytesOf(upper))?.[1];
  // Anybody may mount an overlay at such a path: layers named as Docker and containers-storage name them go with it.
  if (!lower.some(({ path }) => /^(?:l\/[A-Z0-9]{26}|[^/]+\/diff)$/.test(bytesOf(path)))) return null;
  for (const { mounts } of tables) {
    // Whoever has it for a root may have mounted it anywhere: that is no word of the engine's.
    if (mounts.some(({ path, dev }) => dev === mount.dev && path === '/')) continue;
    for (const other of mounts) {
      if (other.dev !== mount.dev || !sameName(other.root, '/')) continue;
      const [, base, mountId] = /^(.*)\/([^/]+)\/merged$/s.exec(bytesOf(other.path)) ?? [];
      if (base !== undefined && base !== '' && (id === undefined || id === mountId)) return base;
    }
  }
  return null;
}

function baseOfSnapshot({ upper, lower }: OverlayOptions): ByteString | null {
  const [, base] = /^(\/.*)\/[0-9]+\/fs$/s.exec(upper === null ? '' : bytesOf(upper)) ?? [];
  const fits = lower.every(({ path }) => isAbsolute(path) || /^[0-9]+\/fs$/.test(bytesOf(path)));
  return base !== undefined && fits ? base : null;
}
