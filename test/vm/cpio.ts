/** Archives for an initramfs: cpio in the format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst). */
import { Buffer } from 'node:buffer';

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** What stands at one path. */
export type Entry = { readonly data: Buffer; readonly mode?: number } | { readonly link: string };

/**
 * Packs files and symbolic links, named by absolute paths, and the directories above them. The kernel unpacks several
 * archives that stand one after the other.
 */
export function cpio(entries: ReadonlyMap<string, Entry>): Buffer {
  const chunks: Buffer[] = [];
  let inode = 0;
  const add = (name: string, mode: number, data: Buffer): void => {
    const words = [++inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
    const header = `070701${words.map((word) => word.toString(16).padStart(8, '0')).join('')}`;
    chunks.push(padded(Buffer.from(`${header}${name}\0`)), padded(data));
  };
  const made = new Set<string>();
  for (const [file, entry] of entries) {
    const name = file.replace(/^\/+/, '');
    for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
      const directory = name.slice(0, slash);
      if (!made.has(directory)) add(directory, S_IFDIR | 0o755, Buffer.alloc(0));
      made.add(directory);
    }
    if ('link' in entry) add(name, S_IFLNK | 0o777, Buffer.from(entry.link));
    else add(name, S_IFREG | (entry.mode ?? 0o644), entry.data);
  }
  inode = -1;
  add('TRAILER!!!', 0, Buffer.alloc(0));
  return Buffer.concat(chunks);
}

/** Headers with their names, and contents, begin at multiples of four. */
function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)]);
}
