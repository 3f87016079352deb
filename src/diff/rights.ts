/** What tasks may do: capabilities, identities, seccomp, no_new_privs, the label of the security module. */
import { capabilityNames } from '../model/capabilities.ts';
import type { Container } from '../model/containers.ts';
import type { DiffChange, DiffKind, DiffSubject, Importance } from '../schema/diff-document.ts';
import type { Name } from '../schema/name.ts';
import type { ProcessFacts, StatusFacts } from '../schema/tasks.ts';
import { nameText, sameName } from '../text/bytes.ts';
import { containerSubject, setDifference, taskSubject } from './changes.ts';
import type { Context } from './context.ts';
import { isSame } from '../text/same.ts';
import { isDead } from './side.ts';

/** Sets of capabilities by the words of capabilities(7), those that count most first. */
const SETS = [
  ['eff', 'capEff'],
  ['prm', 'capPrm'],
  ['bnd', 'capBnd'],
  ['inh', 'capInh'],
  ['amb', 'capAmb'],
] as const;

/** What `Seccomp` of proc(5) says. */
export const SECCOMP: Readonly<Record<number, string>> = { 0: 'off', 1: 'strict', 2: 'filter' };

/** Changes of rights: of tasks that ran all the time, and of containers that were started anew. */
export function compareRights(context: Context): void {
  const { a, b, kept, pairs } = context;
  for (const { a: was, b: is } of kept.values()) {
    if (was === is || isDead(was) || isDead(is)) continue;
    const container = b.containerOfPid.get(is.pid) ?? null;
    const isLeader = container !== null && container.leader === is.pid;
    const subject = isLeader ? containerSubject(container) : taskSubject(is);
    compareProcess(context, was, is, { subject, container });
    compareThreads(context, was, is, container);
  }
  for (const pair of pairs.pairs) {
    const [was, is] = [a.leaderOf(pair.a), b.leaderOf(pair.b)];
    if (was === undefined || is === undefined || kept.get(is.pid)?.a === was) continue;
    compareProcess(context, was, is, { subject: containerSubject(pair.b), container: pair.b });
  }
}

interface About {
  readonly subject: DiffSubject;
  readonly container: Container | null;
}

function compareProcess(context: Context, was: ProcessFacts, is: ProcessFacts, about: About): void {
  const [before, after] = [was.detail, is.detail];
  if (before === undefined || after === undefined || before === after) return;
  compareStatus(context, before.status, after.status, about);
  const [from, to] = [before.label, after.label];
  if (from === undefined || to === undefined || isSame(from, to)) return;
  const isFree = (label: Name | null): boolean => label === null || isUnconfined(label);
  const kind = isFree(from) === isFree(to) ? 'changed' : isFree(to) ? 'loosened' : 'tightened';
  add(context, about, { kind, field: 'label', from, to });
}

function compareThreads(context: Context, was: ProcessFacts, is: ProcessFacts, container: Container | null): void {
  const earlier = new Map((was.differing ?? []).map((thread) => [thread.tid, thread]));
  for (const thread of is.differing ?? []) {
    const before = earlier.get(thread.tid);
    if (before === undefined || before === thread || before.start !== thread.start) continue;
    const subject = { type: 'task', key: `${String(thread.tid)}:${String(thread.start)}`, name: thread.comm } as const;
    compareStatus(context, before.status, thread.status, { subject, container });
  }
}

function compareStatus(
  context: Context,
  was: StatusFacts | undefined,
  is: StatusFacts | undefined,
  about: About,
): void {
  if (was === undefined || is === undefined || isSame(was, is)) return;
  compareCapabilities(context, was, is, about);
  const [uids, euids] = [was.uids, is.uids];
  if (!isSame(uids, euids)) {
    const [old, now] = [uids[1], euids[1]];
    const kind = now === 0 && old !== 0 ? 'loosened' : now !== 0 && old === 0 ? 'tightened' : 'changed';
    add(context, about, { kind, field: 'uid', from: idsText(uids), to: idsText(euids) });
  }
  if (!isSame(was.gids, is.gids)) {
    add(context, about, { kind: 'changed', field: 'gid', from: idsText(was.gids), to: idsText(is.gids) });
  }
  const groups = setDifference(was.groups.map(String), is.groups.map(String));
  if (groups.added.length + groups.removed.length > 0)
    add(context, about, { kind: 'changed', field: 'groups', ...groups });
  compareSeccomp(context, was, is, about);
  if (was.noNewPrivs !== null && is.noNewPrivs !== null && was.noNewPrivs !== is.noNewPrivs) {
    const [from, to] = [was, is].map(({ noNewPrivs }) => (noNewPrivs === true ? 'on' : 'off'));
    const kind = is.noNewPrivs ? 'tightened' : 'loosened';
    add(context, about, { kind, field: 'no_new_privs', from: from ?? null, to: to ?? null });
  }
}

function compareSeccomp(context: Context, was: StatusFacts, is: StatusFacts, about: About): void {
  if (was.seccomp === null || is.seccomp === null) return;
  if (was.seccomp !== is.seccomp) {
    // Strict leaves four system calls, a filter what it says.
    const rank = (mode: number): number => (mode === 1 ? 2 : mode === 2 ? 1 : 0);
    const kind = rank(is.seccomp) < rank(was.seccomp) ? 'loosened' : 'tightened';
    add(context, about, { kind, field: 'seccomp', from: seccompText(was.seccomp), to: seccompText(is.seccomp) });
  } else if (was.seccompFilters !== null && is.seccompFilters !== null && was.seccompFilters !== is.seccompFilters) {
    // Filters are never taken off a task: fewer are only of another process.
    const kind = is.seccompFilters > was.seccompFilters ? 'tightened' : 'loosened';
    const [from, to] = [String(was.seccompFilters), String(is.seccompFilters)];
    add(context, about, { kind, field: 'seccomp filters', from, to });
  }
}

function seccompText(mode: number): string {
  return SECCOMP[mode] ?? String(mode);
}

/** Capabilities that joined or left the same sets are one change. */
function compareCapabilities(context: Context, was: StatusFacts, is: StatusFacts, about: About): void {
  for (const [kind, before, after] of [
    ['loosened', was, is],
    ['tightened', is, was],
  ] as const) {
    const sets = new Map<string, string[]>();
    for (const [set, member] of SETS) {
      if (before[member] === after[member]) continue;
      for (const name of capabilitiesBeyond(before[member], after[member])) {
        const known = sets.get(name);
        if (known === undefined) sets.set(name, [set]);
        else known.push(set);
      }
    }
    const bySets = new Map<string, string[]>();
    for (const [name, its] of sets) bySets.set(its.join(), [...(bySets.get(its.join()) ?? []), name]);
    for (const [field, names] of bySets) {
      const [added, removed] = kind === 'loosened' ? [names, []] : [[], names];
      add(context, about, { kind, field: `capabilities ${field}`, added, removed });
    }
  }
}

/** Capabilities of the second set that the first does not have. */
function capabilitiesBeyond(few: string, many: string): string[] {
  const bits = BigInt(`0x${many}`) & ~BigInt(`0x${few}`);
  return bits === 0n
    ? []
    : capabilityNames(bits.toString(16)).map((name) =>
        name.startsWith('cap_') ? name.toUpperCase() : `CAP_${name.toUpperCase()}`,
      );
}

function idsText(ids: readonly number[]): string {
  const [real, effective] = ids;
  const isOne = ids.every((id) => id === real);
  return isOne
    ? String(real)
    : `${String(effective)} (real ${String(real)}, saved ${String(ids[2])}, fs ${String(ids[3])})`;
}

function add(
  { changes, pairs }: Context,
  { subject, container }: About,
  change: { readonly kind: DiffKind; readonly field: string } & Partial<
    Pick<DiffChange, 'from' | 'to' | 'added' | 'removed'>
  >,
): void {
  const isInside = container !== null;
  const importance: Importance =
    change.kind === 'loosened' && (isInside || subject.type === 'container') ? 'high' : 'normal';
  // What a new task gives up while it starts is nobody's news.
  const isQuiet = pairs.isNew(container) && subject.type === 'task';
  changes.add({ aspect: 'rights', subject, container, ...change, importance: isQuiet ? 'noise' : importance });
}

/** `unconfined` of AppArmor; SELinux has a type that begins so (`unconfined_u:unconfined_r:unconfined_t:s0`). */
function isUnconfined(label: Name): boolean {
  return nameText(label).includes('unconfined');
}

/** What a process may do that another one, the first of its container, may not. Empty where either is not known. */
export function rightsBeyond(leader: ProcessFacts, process: ProcessFacts): string[] {
  const [few, many] = [leader.detail?.status, process.detail?.status];
  if (few === undefined || many === undefined || leader === process) return [];
  const beyond = capabilitiesBeyond(few.capEff, many.capEff);
  // Root has all of the bounding set by right; what others gain is told by that set.
  const bounding = capabilitiesBeyond(few.capBnd, many.capBnd);
  const found = bounding.length > 0 ? bounding : few.uids[1] === many.uids[1] ? beyond : [];
  if (few.seccomp !== null && few.seccomp !== 0 && many.seccomp === 0) found.push('seccomp off');
  const [label, its] = [leader.detail?.label ?? null, process.detail?.label ?? null];
  if (label !== null && its !== null && !sameName(label, its) && isUnconfined(its)) found.push('unconfined');
  return found;
}
