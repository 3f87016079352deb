/** The files that are known in the directory of a cgroup, and what their texts say. */
import type { FileValue } from '../schema/cgroups.ts';
import { nameOf, type ByteString } from '../text/bytes.ts';
import { CORE_FILES } from './cgroup-files/core.ts';
import { CPU_FILES } from './cgroup-files/cpu.ts';
import { CPUACCT_FILES } from './cgroup-files/cpuacct.ts';
import { CPUSET_FILES } from './cgroup-files/cpuset.ts';
import { DEVICES_FILES } from './cgroup-files/devices.ts';
import { DMEM_FILES } from './cgroup-files/dmem.ts';
import type { CgroupFile } from './cgroup-files/file.ts';
import { parseFormat } from './cgroup-files/formats.ts';
import { FREEZER_FILES } from './cgroup-files/freezer.ts';
import { HUGETLB_FILES } from './cgroup-files/hugetlb.ts';
import { IO_FILES } from './cgroup-files/io.ts';
import { MEMORY_FILES } from './cgroup-files/memory.ts';
import { MISC_FILES } from './cgroup-files/misc.ts';
import { NET_FILES } from './cgroup-files/net.ts';
import { PIDS_FILES } from './cgroup-files/pids.ts';
import { RDMA_FILES } from './cgroup-files/rdma.ts';

/** Every file that is known. `perf_event` has none. */
export const CGROUP_FILES: readonly CgroupFile[] = [
  ...CORE_FILES,
  ...CPU_FILES,
  ...CPUACCT_FILES,
  ...CPUSET_FILES,
  ...MEMORY_FILES,
  ...IO_FILES,
  ...HUGETLB_FILES,
  ...PIDS_FILES,
  ...DEVICES_FILES,
  ...FREEZER_FILES,
  ...NET_FILES,
  ...RDMA_FILES,
  ...MISC_FILES,
  ...DMEM_FILES,
];

const BY_NAME: Readonly<Record<1 | 2, ReadonlyMap<string, CgroupFile>>> = { 1: byName(1), 2: byName(2) };

function byName(version: 1 | 2): ReadonlyMap<string, CgroupFile> {
  return new Map(CGROUP_FILES.filter((file) => file.version === version).map((file) => [file.name, file]));
}

/** `hugetlb.2MB.max`: the sizes that mem_fmt (mm/hugetlb_cgroup.c) writes. */
const HUGETLB = /^hugetlb\.(\d+[KMG]B)\./;

/** What is known of the file of that full name; null: it is of a newer kernel, or of somebody's own. */
export function cgroupFile(name: string, version: 1 | 2): CgroupFile | null {
  return BY_NAME[version].get(name.replace(HUGETLB, 'hugetlb.<size>.')) ?? null;
}

/** The size of huge pages in the name of a file of the hugetlb controller, such as `2MB`; null: it is of another. */
export function hugePageSize(name: string): string | null {
  return HUGETLB.exec(name)?.[1] ?? null;
}

/**
 * Names of files that are not read though they are not known, as they may be relatives of those that act or answer with
 * addresses: those of `cgroup_debug` (`.__DEBUG__.`, kernel/cgroup/debug.c) show pointers to css_sets.
 */
const NEVER = /^debug\.|__DEBUG__|event_control|pressure_level|force_empty|reclaim|reset/;

/** Whether a file that is not known is left alone for its name. */
export function isLeftAlone(name: string): boolean {
  return NEVER.test(name);
}

/**
 * The name that a file has in a hierarchy mounted with its prefixes, from the one that it has under `noprefix`
 * (cgroup_file_name, kernel/cgroup/cgroup.c): `shares` is `cpu.shares`. One that several of the controllers could have,
 * or that is not known in a hierarchy of several, stays as it is.
 */
export function withPrefix(name: string, controllers: readonly string[]): string {
  if (BY_NAME[1].get(name)?.controller === 'cgroup') return name;
  const known = controllers.filter((controller) => cgroupFile(`${controller}.${name}`, 1) !== null);
  const [only] = known.length === 0 ? controllers : known;
  const isClear = known.length === 1 || (known.length === 0 && controllers.length === 1);
  return isClear && only !== undefined ? `${only}.${name}` : name;
}

/**
 * The value of a file, by the format that the table says it has. An unknown file is kept as text, and so is, marked
 * malformed, one that is not of its format. Numbers stay as they are printed, -1 and `max` too.
 */
export function parseCgroupFile(name: string, text: ByteString, version: 1 | 2): FileValue {
  const format = cgroupFile(name, version)?.format ?? 'text';
  const readable = nameOf(text);
  if (format === 'text' || format === 'members') return { kind: 'text', text: readable, malformed: false };
  const value = typeof readable === 'string' ? parseFormat(format, readable) : null;
  return value ?? { kind: 'text', text: readable, malformed: true };
}
