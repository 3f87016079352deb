import type { Name } from '../schema/name.ts';
import { bytesOf, nameOf, type ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

/** One directory of the lower layers, as the mount names it: possibly relative to where the one who mounted stood. */
export interface OverlayLower {
  readonly path: Name;
  /** Gives content alone, reached by redirects of metadata in the layers above (`::`, `datadir+`). */
  readonly dataOnly: boolean;
}

/** What an overlay was stacked from (Documentation/filesystems/overlayfs.rst). */
export interface OverlayOptions {
  /** Top first, data-only ones last. */
  readonly lower: readonly OverlayLower[];
  /** Null: nothing can be written to it. */
  readonly upper: Name | null;
  readonly work: Name | null;
  /** All others in their order: `redirect_dir=on`, `metacopy=on`, `userxattr`, `volatile` … */
  readonly features: readonly { readonly name: string; readonly value: Name | null }[];
}

/**
 * Reads the options of an overlay's superblock as {@link MountFacts.superOptions} has them: split at commas and without the
 * octal escapes of mountinfo, which leaves the escapes of the one who mounted. Those are undone here, once:
 * - `lowerdir=`, `upperdir=` and `workdir=` are shown as they were given, where a backslash takes the next character as it is
 *   (`ovl_unescape` in fs/overlayfs/params.c) and, in `lowerdir=`, `:` separates layers and `::` begins data-only ones;
 * - `lowerdir+=` and `datadir+=`, one for each layer, are shown literally (`ovl_show_options`): a backslash there is a
 *   backslash and a colon a colon.
 *
 * Malformed: an empty layer, three colons, or an ordinary layer after a data-only one: no kernel takes those.
 */
export function parseOverlayOptions(options: readonly Name[]): OverlayOptions | Malformed {
  const lower: OverlayLower[] = [];
  const features: { name: string; value: Name | null }[] = [];
  let upper: Name | null = null;
  let work: Name | null = null;
  for (const option of options) {
    const [name, value] = splitOption(bytesOf(option));
    if (value === null) features.push({ name, value });
    else if (name === 'lowerdir') {
      const layers = splitLowerdir(value);
      if (layers instanceof Malformed) return layers;
      lower.push(...layers);
    } else if (name === 'lowerdir+') lower.push({ path: nameOf(value), dataOnly: false });
    else if (name === 'datadir+') lower.push({ path: nameOf(value), dataOnly: true });
    else if (name === 'upperdir') upper = nameOf(unescape(value));
    else if (name === 'workdir') work = nameOf(unescape(value));
    else features.push({ name, value: nameOf(value) });
  }
  const firstData = lower.findIndex(({ dataOnly }) => dataOnly);
  if (firstData >= 0 && lower.slice(firstData).some(({ dataOnly }) => !dataOnly)) {
    return new Malformed('overlay options: ordinary layer below a data-only one', options.map(bytesOf).join());
  }
  return { lower, upper, work, features };
}

function splitOption(option: ByteString): readonly [string, ByteString | null] {
  const at = option.indexOf('=');
  return at < 0 ? [option, null] : [option.slice(0, at), option.slice(at + 1)];
}

/** As `ovl_parse_param_split_lowerdirs` does. */
function splitLowerdir(list: ByteString): OverlayLower[] | Malformed {
  const layers: OverlayLower[] = [];
  let path = '';
  let dataOnly = false;
  for (let at = 0; at < list.length; at++) {
    const character = list.charAt(at);
    if (character === '\\') path += list.charAt(++at);
    else if (character !== ':') path += character;
    else {
      if (path === '') return new Malformed('overlay options: lowerdir', list);
      layers.push({ path: nameOf(path), dataOnly });
      path = '';
      const isDouble = list.charAt(at + 1) === ':';
      if (dataOnly && !isDouble) return new Malformed('overlay options: lowerdir', list);
      dataOnly = isDouble;
      if (isDouble) at++;
    }
  }
  if (path === '') return new Malformed('overlay options: lowerdir', list);
  layers.push({ path: nameOf(path), dataOnly });
  return layers;
}

function unescape(path: ByteString): ByteString {
  return path.replaceAll(/\\([^]|$)/g, '$1');
}
