/** What changed between two captures, in the words of what changed. */
import type { Capture, FacetName } from '../schema/capture.ts';
import type { Diff, NotCompared } from '../schema/diff-document.ts';
import { compareCgroups } from './cgroups.ts';
import { Changes } from './changes.ts';
import { compareContainers } from './containers.ts';
import { keptTasks } from './context.ts';
import type { Context } from './context.ts';
import { compareEngines } from './engines.ts';
import { compareHost } from './host.ts';
import { compareLayers } from './layers.ts';
import { compareLimits } from './limits.ts';
import { compareMounts } from './mounts.ts';
import { compareMembership, compareNamespaces } from './namespaces.ts';
import { NamespaceIdentity } from './namespace-identity.ts';
import { pairsOf } from './pairs.ts';
import { compareRights } from './rights.ts';
import { sideOf } from './side.ts';
import { compareTasks } from './tasks.ts';

/**
 * Compares an earlier capture with a later one. Says nothing of a facet that one of them lacks (`notCompared`); what is the same
 * object in both is not looked into.
 */
export function compareCaptures(a: Capture, b: Capture): Diff {
  const sameBoot = isSameBoot(a, b);
  const notCompared = facetsMissing(a, b);
  if (a === b) return { sameBoot, notCompared, changes: [] };
  const [left, right] = [sideOf(a), sideOf(b)];
  const both = (facet: FacetName): boolean => a[facet] !== undefined && b[facet] !== undefined;
  const hasTasks = both('tasks');
  const context: Context = {
    a: left,
    b: right,
    sameBoot,
    pairs: pairsOf(left, right, sameBoot),
    identity: new NamespaceIdentity(left, right),
    changes: new Changes(),
    kept: sameBoot && hasTasks ? keptTasks(left, right) : new Map(),
  };
  compareHost(context);
  if (hasTasks) {
    compareContainers(context);
    compareRights(context);
    compareMembership(context);
    if (sameBoot) compareTasks(context);
  }
  if (both('cgroups')) {
    if (hasFiles(a) && hasFiles(b)) compareLimits(context);
    if (sameBoot) compareCgroups(context);
  }
  if (sameBoot && both('namespaces') && hasTasks) compareNamespaces(context);
  if (both('mounts')) compareMounts(context, notCompared);
  if (both('layers')) compareLayers(context);
  if (both('engines')) compareEngines(context);
  return { sameBoot, notCompared, changes: context.changes.sorted };
}

function hasFiles({ cgroups }: Capture): boolean {
  return cgroups !== undefined && cgroups.collected.files !== 'structure';
}

/** Whether both are of one run of one machine: else nothing has an identity in common but what engines call by an id. */
function isSameBoot({ host: a }: Capture, { host: b }: Capture): boolean {
  if (a.bootId !== undefined && b.bootId !== undefined) return a.bootId === b.bootId;
  // The clock may have been set a little in between.
  return a.bootTime !== undefined && b.bootTime !== undefined && Math.abs(a.bootTime - b.bootTime) <= 1;
}

const FACETS: readonly FacetName[] = ['tasks', 'namespaces', 'mounts', 'engines', 'cgroups', 'limits', 'layers'];

function facetsMissing(a: Capture, b: Capture): NotCompared[] {
  const missing = FACETS.flatMap((facet): NotCompared[] => {
    const [inA, inB] = [a[facet] !== undefined, b[facet] !== undefined];
    return inA === inB ? [] : [{ facet, why: `not collected in the ${inA ? 'later' : 'earlier'} one` }];
  });
  if (a.cgroups !== undefined && b.cgroups !== undefined && hasFiles(a) !== hasFiles(b)) {
    const why = `the ${hasFiles(a) ? 'later' : 'earlier'} one has no limits of cgroups, only their structure`;
    missing.push({ facet: 'cgroups', why });
  }
  if (a.tasks !== undefined && b.tasks !== undefined && a.host.reader.uid !== b.host.reader.uid) {
    const why = `one was taken by uid ${String(a.host.reader.uid)}, the other by uid ${String(b.host.reader.uid)}, who may not see the same`;
    missing.push({ facet: 'tasks', why });
  }
  if (a.redacted !== b.redacted) {
    missing.push({
      facet: 'tasks',
      why: 'one of them is redacted: command lines, labels and build steps are not compared',
    });
  }
  return missing;
}
