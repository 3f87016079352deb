/** Whether a document that says to be a capture is one: what it holds is used without another look. */
import captureSchema from '../../docs/schema/capture-1.json' with { type: 'json' };
import commonSchema from '../../docs/schema/common.json' with { type: 'json' };
import type { Capture } from '../schema/capture.ts';
import type { CgroupsFacet } from '../schema/cgroups.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { compileFiles } from './check-schema.ts';
import type { Check, Problem } from './check-schema.ts';

/** What is wrong with the document in the first place; null: it can be used. */
export function problemOf(document: unknown): Problem | null {
  return checkOfSchema()(document) ?? problemAcross(document as Capture);
}

let compiled: Check | undefined;

/** Made when it is first needed. */
function checkOfSchema(): Check {
  return (compiled ??= compileFiles({ '': captureSchema, 'common.json': commonSchema }));
}

/** What a schema cannot say: indexes that lead somewhere, numbers that name one thing. */
function problemAcross({ tasks, cgroups }: Capture): Problem | null {
  return (
    (tasks === undefined ? null : (problemOfPids(tasks) ?? problemOfCgroups(tasks))) ??
    (cgroups === undefined ? null : (problemOfParents(cgroups) ?? problemOfLooks(cgroups)))
  );
}

/** With a pid twice the process tree would be no tree: it could double with every level. */
function problemOfPids({ processes }: TasksFacet): Problem | null {
  const pids = new Set<number>();
  for (const [i, { pid }] of processes.entries()) {
    if (pids.has(pid)) return { where: ['tasks', 'processes', i, 'pid'], what: 'is not unique' };
    pids.add(pid);
  }
  return null;
}

function problemOfCgroups({ processes, cgroups }: TasksFacet): Problem | null {
  const isThere = (index: number | null): boolean => index === null || index < cgroups.length;
  for (const [i, { cgroup, differing = [] }] of processes.entries()) {
    if (!isThere(cgroup)) return noSuchIndex('tasks', 'processes', i, 'cgroup');
    const thread = differing.findIndex((one) => !isThere(one.cgroup));
    if (thread >= 0) return noSuchIndex('tasks', 'processes', i, 'differing', thread, 'cgroup');
  }
  return null;
}

/** Parents come before their children, so that there is no circle. */
function problemOfParents({ cgroups }: CgroupsFacet): Problem | null {
  for (const [i, { parent, hierarchy }] of cgroups.entries()) {
    if (parent === null) continue;
    const where = ['cgroups', 'cgroups', i, 'parent'];
    if (parent >= i) return { where, what: 'must be a cgroup before it' };
    if (cgroups[parent]?.hierarchy !== hierarchy) return { where, what: 'must be of the same hierarchy' };
  }
  return null;
}

function problemOfLooks({ cgroups, reread }: CgroupsFacet): Problem | null {
  for (const list of ['members', 'populated'] as const) {
    const at = (reread?.[list] ?? []).findIndex(({ cgroup }) => cgroup >= cgroups.length);
    if (at >= 0) return noSuchIndex('cgroups', 'reread', list, at, 'cgroup');
  }
  return null;
}

function noSuchIndex(...where: readonly (string | number)[]): Problem {
  return { where, what: 'leads nowhere' };
}
