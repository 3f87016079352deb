/** How documents name a cgroup: src/text, as facts are named so too. */
export { cgroupKey, hierarchyKey, type HierarchyIdentity } from '../text/cgroup-key.ts';
