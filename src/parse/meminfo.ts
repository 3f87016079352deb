import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

/** What is used of `/proc/meminfo`, bytes as decimal numbers. */
export interface MemInfo {
  readonly memory: string;
  /** Null where the kernel was built without swap. */
  readonly swap: string | null;
}

const KILOBYTE = 1024n;

/**
 * Parses how much memory and swap there is: `MemTotal` and `SwapTotal` of `/proc/meminfo` (proc_meminfo(5); written by
 * `meminfo_proc_show` in fs/proc/meminfo.c, in units of 1,024 bytes that it calls kB).
 *
 * Malformed: no `MemTotal` of this form.
 */
export function parseMemInfo(text: ByteString): MemInfo | Malformed {
  const memory = bytesOfField(text, 'MemTotal');
  return memory === null
    ? new Malformed('/proc/meminfo: MemTotal', text)
    : { memory, swap: bytesOfField(text, 'SwapTotal') };
}

function bytesOfField(text: ByteString, field: string): string | null {
  const kilobytes = new RegExp(`^${field}: +(\\d+) kB\\n`, 'm').exec(text)?.[1];
  return kilobytes === undefined ? null : String(BigInt(kilobytes) * KILOBYTE);
}
