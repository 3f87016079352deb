/** Limits that were loosened or tightened: those that bind containers, and those that cgroups and processes state themselves. */
import { cgroupFileInfo } from '../model/cgroup-files.ts';
import type { Container } from '../model/containers.ts';
import { cgroupSubject, limitsOf } from '../model/limits.ts';
import type { ResourceLimit, Subject } from '../model/limits.ts';
import type { CgroupsFacet, FileValue, LimitsFacet } from '../schema/cgroups.ts';
import type { DiffChange, DiffKind, DiffSubject } from '../schema/diff-document.ts';
import type { Name } from '../schema/name.ts';
import { formatCpuList, parseCpuList } from '../text/cpu-list.ts';
import { fileText, subjectOf } from './cgroups.ts';
import { containerSubject, setDifference, taskSubject } from './changes.ts';
import type { Context } from './context.ts';
import { directionOfDevices } from './device-rules.ts';
import { isSame } from '../text/same.ts';
import type { Pair } from './pairs.ts';
import type { KeyedCgroup, Side } from './side.ts';

/** Changes of limits. */
export function compareLimits(context: Context): void {
  const touched = touchedCgroups(context);
  const worlds = { a: worldOf(context.a), b: worldOf(context.b) };
  const told = new Set<string>();
  for (const pair of context.pairs.pairs) {
    if (isTouched(context, pair, touched)) compareContainer(context, pair, worlds, told);
  }
  for (const cgroup of touched.values()) compareStated(context, cgroup, worlds, told);
  compareProcesses(context);
}

/** Facets that `limitsOf` wants; that no siblings are counted spares a walk through all cgroups each time. */
interface World {
  readonly side: Side;
  readonly cgroups: CgroupsFacet;
  readonly limits: LimitsFacet;
}

interface Worlds {
  readonly a: World | null;
  readonly b: World | null;
}

const NO_LIMITS: LimitsFacet = {
  version: 1,
  host: { memory: null, swap: null, cpus: null, pidMax: null, threadsMax: null },
  processes: [],
};

function worldOf(side: Side): World | null {
  const { cgroups, limits = NO_LIMITS } = side.capture;
  if (cgroups === undefined) return null;
  return { side, cgroups: { ...cgroups, collected: { ...cgroups.collected, only: [] } }, limits };
}

/** A cgroup whose files say another limit. */
interface Touched {
  readonly was: KeyedCgroup;
  readonly is: KeyedCgroup;
  readonly files: readonly string[];
}

/** Cgroups that are in both captures and state another limit, protection or weight. */
function touchedCgroups({ a, b, sameBoot }: Context): Map<string, Touched> {
  const touched = new Map<string, Touched>();
  if (!sameBoot) return touched;
  for (const [key, is] of b.cgroups) {
    const was = a.cgroups.get(key);
    if (was === undefined || was.facts === is.facts || was.facts.files === is.facts.files) continue;
    const files = Object.keys(is.facts.files).filter((name) => {
      const [before, after] = [was.facts.files[name], is.facts.files[name]];
      return before !== after && before !== undefined && isLimit(name, is.version) && !isSame(before, after);
    });
    if (files.length > 0) touched.set(key, { was, is, files });
  }
  return touched;
}

function isLimit(name: string, version: 1 | 2): boolean {
  const role = cgroupFileInfo(name, version)?.role;
  return role === 'limit' || role === 'protection' || role === 'weight';
}

/** Whether anything that its limits follow from is another one. */
function isTouched({ a, b }: Context, pair: Pair, touched: ReadonlyMap<string, Touched>): boolean {
  if (pair.relation !== 'same') return true;
  const [was, is] = [a.leaderOf(pair.a), b.leaderOf(pair.b)];
  if (was === undefined || was.start !== is?.start || !isSame(a.linesAt(was.cgroup), b.linesAt(is.cgroup))) return true;
  if (!isSame(a.capture.limits?.host, b.capture.limits?.host) || !isSame(limitsIn(a, was.pid), limitsIn(b, is.pid)))
    return true;
  if (touched.size === 0) return false;
  return b.linesAt(is.cgroup).some((line) => {
    let at = b.cgroupAt(b.hierarchyOf(line), line.path) ?? null;
    while (at !== null && !touched.has(at.key)) at = at.parent;
    return at !== null;
  });
}

/** Of several processes the first speaks: that of the others is told of themselves. */
function limitsIn({ capture }: Side, pid: number): unknown {
  const found = capture.limits?.processes.find((one) => one.pid === pid);
  return found === undefined ? null : [found.rlimits, found.affinity];
}

function reportsOf({ side, cgroups, limits }: World, subject: Subject): ResourceLimit[] {
  const { tasks } = side.capture;
  return tasks === undefined ? [] : limitsOf(subject, cgroups, limits, tasks);
}

/** What bounds its first process: the others are told one by one. */
function ofContainer(world: World, container: Container): ResourceLimit[] {
  const leader = world.side.leaderOf(container);
  const lines = world.side.linesAt(leader?.cgroup ?? null);
  if (leader === undefined || lines.length === 0) return [];
  const paths = new Map(lines.map(({ hierarchy, path }) => [hierarchy, path]));
  return reportsOf(world, {
    kind: 'container',
    text: '',
    pids: [leader.pid],
    membership: { paths, only: false },
    notes: [],
  });
}

function compareContainer(context: Context, { a, b }: Pair, worlds: Worlds, told: Set<string>): void {
  if (worlds.a === null || worlds.b === null) return;
  const before = new Map(ofContainer(worlds.a, a).map((one) => [thingOf(one), one]));
  for (const report of ofContainer(worlds.b, b)) {
    const was = before.get(thingOf(report));
    if (was === undefined) {
      // A device, or a protection, of which nothing was said: there was none.
      if (report.chain.some(({ limit }) => limit.kind === 'value')) effective(context, b, null, report, told);
    } else effective(context, b, was, report, told);
    before.delete(thingOf(report));
  }
  for (const was of before.values()) {
    if (was.chain.some(({ limit }) => limit.kind === 'value')) effective(context, b, was, null, told);
  }
}

function thingOf({ resource, device = '', pageSize = '', name = '' }: ResourceLimit): string {
  return [resource, device, pageSize, name].filter((part) => part !== '').join(' ');
}

/** The limit that binds, and where that stays as it is, the one that the container's own cgroup states. */
function effective(
  { changes, b }: Context,
  container: Container,
  was: ResourceLimit | null,
  is: ResourceLimit | null,
  told: Set<string>,
): void {
  const some = is ?? was;
  if (some === null) return;
  const [from, to] = [boundOf(was), boundOf(is)];
  const base = {
    aspect: 'limits',
    subject: containerSubject(container),
    container,
    field: thingOf(some),
    unit: some.unit,
  } as const;
  if (from !== null && to !== null && from !== to) {
    const by = is?.imposedBy ?? was?.imposedBy ?? null;
    for (const one of [was, is]) {
      const own = one?.chain.find(({ key }) => key === one.imposedBy?.key);
      if (own !== undefined) told.add(`${container.key} ${own.key} ${own.file}`);
    }
    const kind = directionOf(some, from, to);
    const isNothing = is?.effective.kind !== 'value' || is.imposedBy?.kind === 'host';
    const imposer = isNothing ? (was?.imposedBy ?? null) : by;
    changes.add({
      ...base,
      kind,
      importance: kind === 'loosened' ? 'high' : 'normal',
      from,
      to,
      note: imposer === null ? null : imposerText(imposer),
    });
    return;
  }
  const [stated, states] = [was?.chain[0], is?.chain[0]];
  if (stated === undefined || stated.file !== states?.file) return;
  const cgroup = b.cgroups.get(states.key);
  if (cgroup === undefined || b.ownerOf(cgroup) !== container) return;
  const [old, now] = [textOf(stated.limit), textOf(states.limit)];
  if (old === null || now === null || old === now) return;
  told.add(`${container.key} ${states.key} ${states.file}`);
  const kind = directionOf(some, old, now);
  changes.add({
    ...base,
    kind,
    importance: 'normal',
    from: old,
    to: now,
    note: from === null || to === null ? 'stated, what binds is not known' : 'stated, another limit binds as before',
  });
}

interface Imposer {
  readonly kind: string;
  readonly path: Name | null;
  readonly file: string | null;
}

function imposerText({ kind, path, file }: Imposer): Name {
  if (kind !== 'cgroup') return kind === 'affinity' ? 'its affinity' : (file ?? kind);
  return path === null ? 'a cgroup that cannot be seen' : typeof path === 'string' ? `cgroup ${path}` : path;
}

/** The limit as a text: `max` where only the machine bounds; null: not known. */
function boundOf(report: ResourceLimit | null): string | null {
  if (report === null) return 'max';
  return report.imposedBy?.kind === 'host' ? 'max' : textOf(report.effective);
}

function textOf(
  limit:
    | { readonly kind: 'max' }
    | { readonly kind: 'value'; readonly value: bigint | readonly number[] }
    | { readonly kind: 'unknown' },
): string | null {
  if (limit.kind === 'unknown') return null;
  if (limit.kind === 'max') return 'max';
  return typeof limit.value === 'bigint' ? String(limit.value) : formatCpuList(limit.value);
}

/** Of these more is not simply more allowed: shares of siblings, and what is kept for the cgroup itself. */
const NO_DIRECTION: ReadonlySet<string> = new Set([
  'cpu.weight',
  'io.weight',
  'memory.min',
  'memory.low',
  'hugetlb.reserved',
]);

function directionOf({ resource }: ResourceLimit, from: string, to: string): DiffKind {
  if (NO_DIRECTION.has(resource)) return 'changed';
  return resource === 'cpu.set' ? directionOfSet(from, to) : directionOfAmount(from, to);
}

function directionOfAmount(from: string, to: string): DiffKind {
  if (from === 'max' || to === 'max') return from === 'max' ? 'tightened' : 'loosened';
  return BigInt(to) > BigInt(from) ? 'loosened' : 'tightened';
}

function directionOfSet(from: string, to: string): DiffKind {
  if (from === 'max' || to === 'max') return from === 'max' ? 'tightened' : 'loosened';
  const [old, now] = [parseCpuList(from) ?? [], parseCpuList(to) ?? []];
  // An empty list is that of the cgroup above.
  if (old.length === 0 || now.length === 0) return 'changed';
  if (old.every((cpu) => now.includes(cpu))) return 'loosened';
  return now.every((cpu) => old.includes(cpu)) ? 'tightened' : 'changed';
}

/** Files that say the same as another one, or only with it. */
const ECHOES: ReadonlySet<string> = new Set([
  'cpu.weight.nice',
  'cpuset.effective_cpus',
  'cpuset.effective_mems',
  'cpuset.cpus.effective',
  'cpuset.mems.effective',
  'cpuset.cpus.exclusive.effective',
]);

const WITH_QUOTA: ReadonlySet<string> = new Set(['cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.max']);

/** What a cgroup states itself, unless a container's line has said it. */
function compareStated(context: Context, { was, is, files }: Touched, worlds: Worlds, told: ReadonlySet<string>): void {
  const { b, pairs } = context;
  const container = b.ownerOf(is);
  if (worlds.a === null || worlds.b === null) return;
  const left = new Set(files.filter((file) => !ECHOES.has(file)));
  const subject = subjectOf(is);
  const importance = (kind: DiffKind): 'high' | 'normal' => (kind === 'loosened' ? 'high' : 'normal');
  const place = (one: KeyedCgroup): Subject =>
    cgroupSubject('', [{ hierarchy: one.facts.hierarchy, path: one.facts.path }]);
  const before = new Map(reportsOf(worlds.a, place(was)).map((report) => [thingOf(report), report]));
  const now = new Map(reportsOf(worlds.b, place(is)).map((report) => [thingOf(report), report]));
  const isSilent = (file: string): boolean =>
    container !== null && (told.has(`${container.key} ${is.key} ${file}`) || pairs.isNew(container));
  for (const thing of new Set([...before.keys(), ...now.keys()])) {
    const [stated, states] = [ownOf(before.get(thing), was), ownOf(now.get(thing), is)];
    const some = now.get(thing) ?? before.get(thing);
    const file = states?.file ?? stated?.file;
    if (some === undefined || file === undefined) continue;
    if (WITH_QUOTA.has(file)) for (const one of WITH_QUOTA) left.delete(one);
    left.delete(file);
    const [from, to] = [stated, states].map((link) => (link === undefined ? 'max' : textOf(link.limit)));
    if (from === null || to === null || from === undefined || to === undefined || from === to || isSilent(file))
      continue;
    const kind = directionOf(some, from, to);
    context.changes.add({
      aspect: 'limits',
      kind,
      importance: importance(kind),
      subject,
      container,
      field: thing,
      from,
      to,
      unit: some.unit,
      note: file,
    });
  }
  for (const file of left) {
    const [old, value] = [was.facts.files[file], is.facts.files[file]];
    if (old === undefined || value === undefined || isSilent(file)) continue;
    const change = fileChange(file, is.version, old, value);
    if (change === null) continue;
    context.changes.add({
      aspect: 'limits',
      importance: importance(change.kind),
      subject,
      container,
      field: file,
      ...change,
    });
  }
}

function ownOf(report: ResourceLimit | undefined, { key }: KeyedCgroup): ResourceLimit['chain'][number] | undefined {
  return report?.chain.find((link) => link.key === key);
}

type FileChange = Pick<DiffChange, 'kind'> & Partial<DiffChange>;

/** A limit that no rule of a controller reads: by its format. Null where one of both could not be read. */
function fileChange(file: string, version: 1 | 2, old: FileValue, value: FileValue): FileChange | null {
  if (old.kind === 'unknown' || value.kind === 'unknown') return null;
  if (old.kind === 'lines' && value.kind === 'lines') {
    const sets = setDifference(old.lines.map(joined), value.lines.map(joined));
    return { kind: file === 'devices.list' ? directionOfDevices(old.lines, value.lines) : 'changed', ...sets };
  }
  const [from, to] = [fileText(old), fileText(value)];
  const info = cgroupFileInfo(file, version);
  const isAmount = info?.role === 'limit' && [from, to].every((text) => text === 'max' || /^\d+$/.test(text));
  const isSet = info?.role === 'limit' && value.kind === 'list' && old.kind === 'list';
  const kind = isAmount ? directionOfAmount(from, to) : isSet ? directionOfSet(from, to) : 'changed';
  return { kind, from, to, unit: info?.unit ?? null };
}

function joined(line: readonly string[]): string {
  return line.join(' ');
}

/** By the kernel's names: those that `limits` tells of containers. */
const OF_CONTAINERS: ReadonlySet<string> = new Set([
  'Max open files',
  'Max processes',
  'Max address space',
  'Max locked memory',
]);

const UNLIMITED = 'unlimited';

/** What processes were bound to outside cgroups, one by one. */
function compareProcesses({ a, b, kept, changes, pairs }: Context): void {
  const before = new Map(a.capture.limits?.processes.map((one) => [one.pid, one]));
  if (before.size === 0) return;
  for (const is of b.capture.limits?.processes ?? []) {
    const was = before.get(is.pid);
    const task = kept.get(is.pid);
    if (was === undefined || was === is || task === undefined) continue;
    const container = b.containerOfPid.get(is.pid) ?? null;
    const isLeader = container?.leader === is.pid;
    const subject: DiffSubject = isLeader ? containerSubject(container) : taskSubject(task.b);
    const importance = container === null || pairs.isNew(container) ? 'noise' : 'normal';
    const base = { aspect: 'limits', subject, container, importance } as const;
    if (was.affinity !== null && is.affinity !== null && was.affinity !== is.affinity && !isLeader) {
      const kind = directionOfSet(was.affinity, is.affinity);
      changes.add({ ...base, kind, field: 'affinity', from: was.affinity, to: is.affinity, unit: 'cpus' });
    }
    if (was.rlimits === is.rlimits) continue;
    for (const [name, now] of Object.entries(is.rlimits)) {
      const old = was.rlimits[name];
      if (old === undefined) continue;
      for (const which of ['soft', 'hard'] as const) {
        if (old[which] === now[which] || (which === 'soft' && isLeader && OF_CONTAINERS.has(name))) continue;
        const [from, to] = [old[which], now[which]].map((text) => (text === UNLIMITED ? 'max' : text)) as [
          string,
          string,
        ];
        const isAmount = [from, to].every((text) => text === 'max' || /^\d+$/.test(text));
        const kind = isAmount ? directionOfAmount(from, to) : 'changed';
        changes.add({ ...base, kind, field: `${name} (${which})`, from, to, unit: now.unit === '' ? null : now.unit });
      }
    }
  }
}
