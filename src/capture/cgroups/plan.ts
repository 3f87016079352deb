/** Which files of a cgroup are read. */
import { cgroupFile, isLeftAlone, withPrefix } from '../../parse/cgroup-files.ts';
import type { FileRole } from '../../parse/cgroup-files/file.ts';
import type { CgroupsCollected } from '../../schema/cgroups.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { Hierarchy } from './hierarchies.ts';

/** What to do about one file. */
export interface PlannedFile {
  /** With its prefix. */
  readonly name: string;
  /** Of a file that the table does not know its permissions say whether there is anything to read. */
  readonly isKnown: boolean;
}

const LIMITS: ReadonlySet<FileRole> = new Set([
  'structure',
  'limit',
  'protection',
  'weight',
  'usage',
  'event',
  'pressure',
]);

/** Decides about each file once a hierarchy: its cgroups have the same. */
export class FilePlan {
  readonly #hierarchy: Hierarchy;
  readonly #wanted: CgroupsCollected['files'];
  readonly #known = new Map<ByteString, PlannedFile | null>();

  constructor(hierarchy: Hierarchy, wanted: CgroupsCollected['files']) {
    this.#hierarchy = hierarchy;
    this.#wanted = wanted;
  }

  /** Null: it is not read. */
  of(entry: ByteString): PlannedFile | null {
    let planned = this.#known.get(entry);
    if (planned === undefined) this.#known.set(entry, (planned = this.#decide(entry)));
    return planned;
  }

  #decide(entry: ByteString): PlannedFile | null {
    const { version, controllers, noprefix } = this.#hierarchy;
    const name = noprefix ? withPrefix(entry, controllers) : entry;
    const file = cgroupFile(name, version);
    if (file === null) return this.#wanted === 'all' && !isLeftAlone(name) ? { name, isKnown: false } : null;
    if (file.role === 'members' || file.reading === 'never') return null;
    const isWanted =
      this.#wanted === 'all' ||
      (this.#wanted === 'limits' && LIMITS.has(file.role) && file.reading === 'free') ||
      file.role === 'structure';
    return isWanted ? { name, isKnown: true } : null;
  }
}
