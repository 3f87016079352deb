import type { ByteString } from '../text/bytes.ts';
import { completeLines } from './lines.ts';
import { Malformed } from './malformed.ts';

/** One extent of a user namespace's map of ids. */
export interface IdExtent {
  /** The first id inside the namespace. */
  readonly inside: number;
  /**
   * The id it stands for: in the parent user namespace where the reader is in this one, else in the reader's;
   * 4294967295 where the reader's has no such id.
   */
  readonly outside: number;
  /** How many ids in a row. */
  readonly count: number;
}

const LINE = /^ *(\d+) +(\d+) +(\d+)$/;

/**
 * Parses `/proc/PID/uid_map`, `gid_map` or `projid_map` (user_namespaces(7); written by `uid_m_show` in
 * kernel/user_namespace.c). An empty text is no extent: the map was not written yet.
 *
 * Malformed: a line that is not three numbers, or no newline at the end.
 */
export function parseIdMap(text: ByteString): readonly IdExtent[] | Malformed {
  const lines = completeLines(text);
  if (lines === null) return new Malformed('/proc/PID/uid_map: newline at the end', text);
  const extents: IdExtent[] = [];
  for (const line of lines) {
    const fields = LINE.exec(line);
    if (fields === null) return new Malformed('/proc/PID/uid_map: line', line);
    extents.push({ inside: Number(fields[1]), outside: Number(fields[2]), count: Number(fields[3]) });
  }
  return extents;
}
