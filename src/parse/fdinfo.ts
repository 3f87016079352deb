import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

/** What is used of `/proc/PID/fdinfo/FD`. */
export interface FdInfo {
  /** Inode number of the open file; null before Linux 5.14, which does not say. */
  readonly ino: number | null;
}

const INO = /^ino:\t(\d+)$/m;

/**
 * Parses `/proc/PID/fdinfo/FD` (proc_pid_fdinfo(5); written by `seq_show` in fs/proc/fd.c). The lines common to all files come
 * first; those that the file's own kind adds follow and are not looked at.
 *
 * Malformed: it does not begin with the file's position, or has no newline at the end.
 */
export function parseFdInfo(text: ByteString): FdInfo | Malformed {
  if (!text.startsWith('pos:\t') || !text.endsWith('\n')) return new Malformed('/proc/PID/fdinfo/FD: pos', text);
  const ino = INO.exec(text)?.[1];
  return { ino: ino === undefined ? null : Number(ino) };
}
