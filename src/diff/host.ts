/** The machine itself: its start, its kernel, its size, and which hierarchy has which controller. */
import { hierarchyKey } from '../model/cgroup-key.ts';
import type { HostLimits } from '../schema/cgroups.ts';
import type { DiffSubject } from '../schema/diff-document.ts';
import type { Name } from '../schema/name.ts';
import { sameName } from '../text/bytes.ts';
import type { Context } from './context.ts';
import type { Side } from './side.ts';

const SIZES: readonly (readonly [keyof HostLimits, string, string | null])[] = [
  ['memory', 'RAM', 'bytes'],
  ['swap', 'swap', 'bytes'],
  ['cpus', 'CPUs online', 'cpus'],
  ['pidMax', 'kernel.pid_max', 'tasks'],
  ['threadsMax', 'kernel.threads-max', 'tasks'],
];

/** Changes of the host. */
export function compareHost(context: Context): void {
  const { a, b } = context;
  const { host: was } = a.capture;
  const { host: is } = b.capture;
  field(context, 'hostname', was.hostname, is.hostname, 'high');
  field(context, 'boot', was.bootId, is.bootId, 'high');
  field(context, 'kernel', was.kernel, is.kernel, 'high');
  const [before, after] = [a.capture.limits?.host, b.capture.limits?.host];
  if (before !== undefined && after !== undefined && before !== after) {
    for (const [member, name, unit] of SIZES) {
      const [from, to] = [before[member], after[member]];
      if (from !== null && to !== null) field(context, name, String(from), String(to), 'normal', unit);
    }
  }
  if (a.capture.cgroups !== undefined && b.capture.cgroups !== undefined) compareHierarchies(context);
}

function subject(side: Side): DiffSubject {
  const { bootId = '', hostname = 'host' } = side.capture.host;
  return { type: 'host', key: bootId, name: hostname };
}

function field(
  { b, changes }: Context,
  name: string,
  from: Name | undefined,
  to: Name | undefined,
  importance: 'high' | 'normal',
  unit: string | null = null,
): void {
  if (from === undefined || to === undefined || sameName(from, to)) return;
  const note = name === 'boot' ? 'the machine was started anew, or it is another one' : null;
  changes.add({ aspect: 'host', kind: 'changed', importance, subject: subject(b), field: name, from, to, unit, note });
}

/** Controllers that went from one hierarchy to another, as between v1 and v2. */
function compareHierarchies({ a, b, changes }: Context): void {
  const [was, is] = [controllersOf(a), controllersOf(b)];
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [from = null, to = null] = [was.get(name), is.get(name)];
    if (from === to) continue;
    const kind = from === null ? 'created' : to === null ? 'ended' : 'moved';
    const what = name.startsWith('name=') ? `hierarchy ${name}` : `controller ${name}`;
    changes.add({ aspect: 'host', kind, importance: 'normal', subject: subject(b), field: what, from, to });
  }
}

function controllersOf({ capture }: Side): Map<string, string> {
  const found = new Map<string, string>();
  for (const hierarchy of capture.cgroups?.hierarchies ?? []) {
    const { controllers, name, version } = hierarchy;
    const where = version === 2 ? 'v2' : `v1 ${hierarchyKey(hierarchy)}`;
    for (const controller of controllers) found.set(controller, where);
    if (name !== null) found.set(`name=${name}`, where);
  }
  return found;
}
