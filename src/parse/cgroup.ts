import type { CgroupLine } from '../schema/tasks.ts';
import { nameOf, type ByteString } from '../text/bytes.ts';
import { completeLines } from './lines.ts';
import { Malformed } from './malformed.ts';

/** `hierarchy-ID:controller-list:path`; only the path can hold a colon. */
const LINE = /^(\d+):([^:]*):(\/.*)$/s;

/**
 * Parses `/proc/PID/cgroup` (cgroups(7); written by `proc_cgroup_show` in kernel/cgroup/cgroup.c), one line for each
 * hierarchy, in the kernel's order. Hierarchies of version 1 list their controllers (`cpu,cpuacct`) and their name
 * (`name=systemd`); version 2 is `0::/path`, and absent while no cgroup2 file system was ever mounted.
 *
 * The path is as the kernel wrote it. The mark ` (deleted)` stays on it: it is not told apart from a cgroup of that
 * name. It may begin with `/..` for a cgroup outside the reader's cgroup namespace. A line is a line: `cgroup_mkdir`
 * refuses names with a newline for the sake of this very file.
 *
 * Malformed: a line without two colons, without a number or without a path, or no newline at the end. An empty text is
 * no line: a kernel on which no hierarchy was ever mounted.
 */
export function parseCgroup(text: ByteString): readonly CgroupLine[] | Malformed {
  const lines = completeLines(text);
  if (lines === null) return new Malformed('/proc/PID/cgroup: newline at the end', text);
  const parsed: CgroupLine[] = [];
  for (const line of lines) {
    const fields = LINE.exec(line);
    if (fields === null) return new Malformed('/proc/PID/cgroup: hierarchy-ID:controller-list:path', line);
    const [, hierarchy = '', controllers = '', path = ''] = fields;
    parsed.push({
      hierarchy: Number(hierarchy),
      controllers: controllers === '' ? [] : controllers.split(','),
      path: nameOf(path),
    });
  }
  return parsed;
}
