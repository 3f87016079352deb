import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

/** Who is in a cgroup. */
export interface CgroupMembers {
  /** Ascending, each once. */
  readonly ids: readonly number[];
  /** How many lines were 0: tasks of pid namespaces that the reader does not see. */
  readonly foreign: number;
}

const NEWLINE = 0x0a;
const ZERO = 0x30;

/**
 * Parses a list of members: `tasks` and `cgroup.procs` of v1 (cgroups(7); `cgroup_pidlist_show` in kernel/cgroup/cgroup-v1.c;
 * ascending, without tasks that the reader's pid namespace does not have), `cgroup.threads` and `cgroup.procs` of v2
 * (`__cgroup_procs_show` in kernel/cgroup/cgroup.c; in no order, 0 for each such task, a task twice that moved meanwhile).
 *
 * Malformed: a line that is no number, or no newline at the end.
 */
export function parseCgroupMembers(text: ByteString): CgroupMembers | Malformed {
  const ids: number[] = [];
  let foreign = 0;
  let isAscending = true;
  let id = 0;
  let digits = 0;
  // Hosts have tens of thousands of them in each of a dozen hierarchies: no array of lines.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== NEWLINE) {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || ++digits > 10) return new Malformed('members of a cgroup', text.slice(at));
      id = id * 10 + digit;
      continue;
    }
    if (digits === 0) return new Malformed('members of a cgroup', text.slice(at));
    if (id === 0) foreign++;
    else {
      isAscending &&= id > (ids[ids.length - 1] ?? 0);
      ids.push(id);
    }
    id = digits = 0;
  }
  if (digits > 0) return new Malformed('members of a cgroup: newline at the end', text.slice(-digits));
  return { ids: isAscending ? ids : [...new Set(ids)].sort((a, b) => a - b), foreign };
}
