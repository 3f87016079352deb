/** What the files of a stack come to: bytes that are hidden, and content that more than one layer has. */
import type { Outcome } from '../schema/outcome.ts';
import type { DuplicateFiles, HiddenFile, LayerWaste, StackFile, Waste } from '../schema/waste.ts';
import { nameOf } from '../text/bytes.ts';

/** Smaller files are not looked for in other layers: they are many, and save nothing. */
const LEAST_DUPLICATE = 4096n;
/** So many of the largest are named, and so many copies of each. */
const MOST_NAMED = 100;

/** More is not kept: somebody makes files to exhaust the reader. */
const MOST_FILES = 1_000_000;
const MOST_PATH_BYTES = 512 * 1024 * 1024;

interface LayerSum {
  files: number;
  bytes: bigint;
  hiddenFiles: number;
  hiddenBytes: bigint;
  hiddenAllocatedBytes: bigint;
}

/** Sums over the files of a stack, one after the other. */
export class WasteSum<F extends StackFile> {
  readonly #layers: readonly LayerSum[];
  readonly #links = new Map<string, F>();
  readonly #sizes = new Map<string, F[]>();
  #largest: F[] = [];
  #kept = 0;
  #pathBytes = 0;

  constructor(layers: number) {
    const nothing = { files: 0, bytes: 0n, hiddenFiles: 0, hiddenBytes: 0n, hiddenAllocatedBytes: 0n };
    this.#layers = Array.from({ length: layers }, () => ({ ...nothing }));
  }

  /** Takes one more file; false: there is no room for it. */
  add(file: F): boolean {
    if (isLarge(file) || file.nlink > 1) {
      this.#kept++;
      this.#pathBytes += file.path.length;
      if (this.#kept > MOST_FILES || this.#pathBytes > MOST_PATH_BYTES) return false;
    }
    if (file.nlink > 1) {
      const key = `${String(file.layer)} ${file.file}`;
      // Whether all of its names are hidden is known at the end.
      if (this.#links.get(key)?.cover !== null) this.#links.set(key, file);
    } else this.#count(file);
    return true;
  }

  #count(file: F): void {
    const layer = this.#layers[file.layer];
    if (layer === undefined) return;
    const bytes = BigInt(file.bytes);
    layer.files++;
    layer.bytes += bytes;
    if (isLarge(file)) {
      const same = this.#sizes.get(file.bytes);
      if (same === undefined) this.#sizes.set(file.bytes, [file]);
      else same.push(file);
    }
    if (file.cover === null) return;
    layer.hiddenFiles++;
    layer.hiddenBytes += bytes;
    layer.hiddenAllocatedBytes += BigInt(file.allocatedBytes);
    this.#largest.push(file);
    if (this.#largest.length > 20 * MOST_NAMED) this.#largest = largestOf(this.#largest);
  }

  /** What all files come to. `digest` is asked for files whose size several layers have. */
  result(digest: (file: F) => string | { readonly outcome: Outcome }): Waste {
    for (const file of this.#links.values()) this.#count(file);
    this.#links.clear();
    const { groups, notCompared } = this.#groups(digest);
    const duplicates = groups
      .map(({ sha256, files }) => duplicate(sha256, files))
      .sort((a, b) => compare(extra(b), extra(a)) || (a.sha256 < b.sha256 ? -1 : 1));
    const sum = (of: (layer: LayerSum) => bigint): string =>
      String(this.#layers.reduce((all, layer) => all + of(layer), 0n));
    return {
      hiddenBytes: sum(({ hiddenBytes }) => hiddenBytes),
      hiddenAllocatedBytes: sum(({ hiddenAllocatedBytes }) => hiddenAllocatedBytes),
      duplicateBytes: String(duplicates.reduce((all, one) => all + extra(one), 0n)),
      duplicateAllocatedBytes: String(duplicates.reduce((all, one) => all + BigInt(one.spareAllocatedBytes), 0n)),
      layers: this.#layers.map(
        ({ files, bytes, hiddenFiles, hiddenBytes, hiddenAllocatedBytes }, index): LayerWaste => ({
          index,
          files,
          bytes: String(bytes),
          hiddenFiles,
          hiddenBytes: String(hiddenBytes),
          hiddenAllocatedBytes: String(hiddenAllocatedBytes),
        }),
      ),
      hidden: {
        count: this.#layers.reduce((all, { hiddenFiles }) => all + hiddenFiles, 0),
        largest: largestOf(this.#largest).flatMap(hiddenFile),
      },
      duplicates: { count: duplicates.length, largest: duplicates.slice(0, MOST_NAMED) },
      notCompared,
    };
  }

  #groups(digest: (file: F) => string | { readonly outcome: Outcome }) {
    const groups: { sha256: string; files: F[] }[] = [];
    let count = 0;
    let first: Waste['notCompared']['first'] = null;
    for (const same of this.#sizes.values()) {
      // One file in two layers, by a hard link, takes its room once.
      const files = [...new Map(same.map((file) => [file.file, file])).values()];
      if (!inSeveralLayers(files)) continue;
      const byDigest = new Map<string, F[]>();
      for (const file of files) {
        const read = digest(file);
        if (typeof read !== 'string') {
          count++;
          first ??= { path: nameOf(file.path), outcome: read.outcome };
          continue;
        }
        const equal = byDigest.get(read);
        if (equal === undefined) byDigest.set(read, [file]);
        else equal.push(file);
      }
      for (const [sha256, equal] of byDigest) if (inSeveralLayers(equal)) groups.push({ sha256, files: equal });
    }
    return { groups, notCompared: { count, first } };
  }
}

function inSeveralLayers(files: readonly StackFile[]): boolean {
  return files.some(({ layer }) => layer !== files[0]?.layer);
}

/** A hole of any size costs nothing, wherever it is. */
function isLarge({ bytes, allocatedBytes }: StackFile): boolean {
  return BigInt(bytes) >= LEAST_DUPLICATE && BigInt(allocatedBytes) >= LEAST_DUPLICATE;
}

function duplicate(sha256: string, files: readonly StackFile[]): DuplicateFiles {
  const copies = files
    .toSorted((a, b) => b.layer - a.layer || (a.path < b.path ? -1 : 1))
    .slice(0, MOST_NAMED)
    .map(({ layer, path, cover }) => ({ layer, path: nameOf(path), hidden: cover !== null }));
  let [all, most] = [0n, 0n];
  for (const { allocatedBytes } of files) {
    const one = BigInt(allocatedBytes);
    all += one;
    if (one > most) most = one;
  }
  const layers = new Set(files.map(({ layer }) => layer)).size;
  const bytes = files[0]?.bytes ?? '0';
  return { sha256, bytes, spareAllocatedBytes: String(all - most), count: files.length, layers, copies };
}

function extra({ bytes, count }: DuplicateFiles): bigint {
  return BigInt(bytes) * BigInt(count - 1);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

function largestOf<F extends StackFile>(files: readonly F[]): F[] {
  return files.toSorted((a, b) => compare(BigInt(b.bytes), BigInt(a.bytes))).slice(0, MOST_NAMED);
}

function hiddenFile({ path, layer, bytes, cover }: StackFile): HiddenFile[] {
  return cover === null ? [] : [{ path: nameOf(path), layer, bytes, ...cover }];
}
