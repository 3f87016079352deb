/** What is known of the files of cgroups. The table is that of the parsers: format and meaning of a file are learnt from one place. */
import { cgroupFile } from '../parse/cgroup-files.ts';
import type { CgroupFile } from '../parse/cgroup-files/file.ts';

/** Controller, role and unit of a file; null: it is of a newer kernel, or of somebody's own. */
export function cgroupFileInfo(name: string, version: 1 | 2): CgroupFile | null {
  return cgroupFile(name, version);
}
