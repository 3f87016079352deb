import type { SubsystemFacts } from '../schema/cgroups.ts';
import type { ByteString } from '../text/bytes.ts';
import { completeLines } from './lines.ts';
import { Malformed } from './malformed.ts';

const HEAD = '#subsys_name\thierarchy\tnum_cgroups\tenabled';
const LINE = /^([^\t]+)\t(\d+)\t(\d+)\t([01])$/;

/**
 * Parses `/proc/cgroups` (cgroups(7); written by `proc_cgroupstats_show` in kernel/cgroup/cgroup-v1.c): one line a
 * controller that this kernel can use in v1; newer kernels leave out those that only v2 has.
 *
 * Malformed: another head, a line that is not of four fields, or no newline at the end.
 */
export function parseCgroups(text: ByteString): readonly SubsystemFacts[] | Malformed {
  const [head, ...lines] = completeLines(text) ?? [];
  if (head !== HEAD) return new Malformed('/proc/cgroups: head', text);
  const subsystems: SubsystemFacts[] = [];
  for (const line of lines) {
    const [, name, hierarchy, cgroups, enabled] = LINE.exec(line) ?? [];
    if (name === undefined) return new Malformed('/proc/cgroups: name, hierarchy, num_cgroups, enabled', line);
    subsystems.push({ name, hierarchy: Number(hierarchy), cgroups: Number(cgroups), enabled: enabled === '1' });
  }
  return subsystems;
}
