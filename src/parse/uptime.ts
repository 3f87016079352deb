import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

const LINE = /^(\d+\.\d\d) \d+\.\d\d\n$/;

/**
 * Seconds since the machine started, to the hundredth, time asleep included: the first number of `/proc/uptime`
 * (proc_uptime(5); written by `uptime_proc_show` in fs/proc/uptime.c), by the clock of the reader's time namespace.
 *
 * Malformed: not two numbers with two decimals and a newline.
 */
export function parseUptime(text: ByteString): number | Malformed {
  const seconds = LINE.exec(text)?.[1];
  return seconds === undefined ? new Malformed('/proc/uptime', text) : Number(seconds);
}
