import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

const BTIME = /^btime (\d+)\n/m;

/**
 * When the machine started, in seconds since the epoch: `btime` of `/proc/stat` (proc_stat(5); written by `show_stat`
 * in fs/proc/stat.c), by the clock of the reader's time namespace.
 *
 * Malformed: no such line, or it is not ended.
 */
export function parseBootTime(text: ByteString): number | Malformed {
  const seconds = BTIME.exec(text)?.[1];
  return seconds === undefined ? new Malformed('/proc/stat: btime', text) : Number(seconds);
}
