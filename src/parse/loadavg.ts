import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

const LINE = /^(?:\d+\.\d\d ){3}\d+\/(\d+) \d+\n$/;

/**
 * How many tasks the kernel has, threads counted one by one: the number behind the slash in `/proc/loadavg`
 * (proc_loadavg(5); written by `loadavg_proc_show` in fs/proc/loadavg.c). It counts those of all pid namespaces.
 *
 * Malformed: not three averages, two counts and a pid, and a newline.
 */
export function parseTaskCount(text: ByteString): number | Malformed {
  const tasks = LINE.exec(text)?.[1];
  return tasks === undefined ? new Malformed('/proc/loadavg', text) : Number(tasks);
}
