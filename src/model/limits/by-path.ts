/** The cgroups of a facet by hierarchy and path. */
import type { CgroupFacts, CgroupsFacet } from '../../schema/cgroups.ts';
import type { Name } from '../../schema/name.ts';
import { nameKey } from '../../text/bytes.ts';

/** Of each list of cgroups that is still in use: the limits of many subjects are asked of one capture. */
const KNOWN = new WeakMap<CgroupsFacet['cgroups'], ReadonlyMap<string, CgroupFacts>>();

/** The cgroup at that path; undefined where none was met in the walk. */
export function cgroupAt({ cgroups }: CgroupsFacet, hierarchy: number, path: Name): CgroupFacts | undefined {
  let byPath = KNOWN.get(cgroups);
  if (byPath === undefined) {
    byPath = new Map(cgroups.map((one) => [`${String(one.hierarchy)}:${nameKey(one.path)}`, one]));
    KNOWN.set(cgroups, byPath);
  }
  return byPath.get(`${String(hierarchy)}:${nameKey(path)}`);
}
