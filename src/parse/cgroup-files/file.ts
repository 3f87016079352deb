/** Format of a file's text, as the kinds of FileValue are called; `bound` is a number or `max`, `members` a list of tasks. */
export type FileFormat =
  'number' | 'bound' | 'pair' | 'words' | 'list' | 'keyed' | 'nested' | 'lines' | 'text' | 'members';

/**
 * What a file is for.
 * - `limit`: what must not be passed, or sets such as CPUs and devices that must not be left;
 * - `protection`: what is not taken away; `weight`: a share relative to the siblings;
 * - `usage`: what is used now, or has been in all, of what is limited; `peak`: the most that ever was;
 * - `event`: how often a limit was hit; `stat`: statistics; `pressure`: PSI;
 * - `structure`: type, controllers and state of the cgroup itself; `setting`: how it behaves otherwise;
 * - `members`: its tasks; `action`: writing does something, there is nothing to read.
 */
export type FileRole =
  | 'limit'
  | 'protection'
  | 'weight'
  | 'usage'
  | 'peak'
  | 'event'
  | 'stat'
  | 'pressure'
  | 'structure'
  | 'setting'
  | 'members'
  | 'action';

/** Of the numbers in a file. Null: they have none, several that their keys tell, or it is a flag. */
export type FileUnit =
  | 'bytes'
  | 'bytes/s'
  | 'ios'
  | 'ios/s'
  | 'usec'
  | 'nsec'
  | 'msec'
  | 'ticks'
  | 'sectors'
  | 'percent'
  | 'tasks'
  | 'cgroups'
  | null;

/**
 * What reading costs: `slow` takes a lock that others wait for, or time in proportion to the whole machine; `never`: has a side
 * effect, gives nothing, or shows addresses of the kernel.
 */
export type FileReading = 'free' | 'slow' | 'never';

/** One file that a controller, or cgroups themselves, put into the directory of a cgroup. */
export interface CgroupFile {
  /** Full name; `<size>` stands for a size of huge pages. */
  readonly name: string;
  readonly version: 1 | 2;
  /** As `/proc/cgroups` and `cgroup.controllers` call it; v1's `blkio` is v2's `io`. `cgroup`: of every cgroup. */
  readonly controller: string;
  readonly format: FileFormat;
  readonly role: FileRole;
  readonly unit: FileUnit;
  readonly reading: FileReading;
}

/** A row of a controller's table: name without `controller.`, format, role, unit, reading. */
export type FileRow = readonly [
  name: string,
  format: FileFormat,
  role: FileRole,
  unit?: FileUnit,
  reading?: FileReading,
];

/** The files of a controller from the rows of its table. */
export function filesOf(
  controller: string,
  version: 1 | 2,
  rows: readonly FileRow[],
  prefix = `${controller}.`,
): CgroupFile[] {
  return rows.map(([name, format, role, unit = null, reading = role === 'action' ? 'never' : 'free']) => ({
    name: prefix + name,
    version,
    controller,
    format,
    role,
    unit,
    reading,
  }));
}
