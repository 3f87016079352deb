/** What stands out in the isolation matrix. */
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { NsType } from '../../../src/schema/namespace.ts';
import { SEVERITIES } from '../../../src/schema/report.ts';
import type { Severity } from '../../../src/schema/report.ts';
import type { Keeping } from '../../../src/model/isolation.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { containerItem } from '../items.ts';
import { MOST_NAMED, namespacesText, processLabel, someOf } from '../names.ts';
import type { Finding } from '../section.ts';
import { isPrivileged } from './lines.ts';
import { strongOf } from './rights.ts';
import { podOf, USUALLY_OWN } from './rows.ts';
import type { Group, Matrix, Row } from './rows.ts';

/** What sharing one with the host opens: its files and processes; its network and memory; its name. */
const SEVERITY: Readonly<Record<NsType, Severity>> = {
  mnt: 'high',
  pid: 'high',
  net: 'medium',
  ipc: 'medium',
  user: 'medium',
  uts: 'low',
  cgroup: 'low',
  time: 'low',
};

/** The findings. */
export function isolationFindings(matrix: Matrix): Finding[] {
  return [
    ...privileged(matrix),
    ...withHost(matrix),
    ...noUserNamespace(matrix),
    ...outsiders(matrix),
    ...sharing(matrix),
    ...visits(matrix),
    ...unknowns(matrix),
  ];
}

/** Where to look: the container where it is one, else the section. */
function about(rows: readonly Row[]): Pick<Finding, 'count' | 'item'> {
  const [first] = rows;
  return { count: rows.length, item: rows.length === 1 && first !== undefined ? containerItem(first.container) : null };
}

function names(rows: readonly Row[]): string {
  return someOf(rows.map(({ label }) => label));
}

function verb(rows: readonly Row[], one: string, many: string): string {
  return rows.length === 1 ? one : many;
}

function privileged({ rows }: Matrix): Finding[] {
  const found = rows.filter(isPrivileged);
  if (found.length === 0) return [];
  const every = found.every(({ rights }) => rights.kind === 'known' && rights.hasAll);
  const strong = new Set(found.flatMap(({ rights }) => strongOf(rights)));
  const what = every
    ? 'every capability'
    : `capabilities that reach beyond a container (${[...strong].sort().join(', ')})`;
  const text = `${names(found)} ${verb(found, 'has', 'have')} ${what}, and no user namespace to confine ${verb(found, 'it', 'them')}.`;
  return [{ kind: 'strong-capabilities', severity: 'high', text, ...about(found) }];
}

function standingsOf(matrix: Matrix, type: NsType): { readonly row: Row; readonly standing: Keeping['standing'] }[] {
  return matrix.rows.flatMap((row) => {
    const keeping = row.isolation.keepings[NS_TYPES.indexOf(type)];
    return keeping === undefined ? [] : [{ row, standing: keeping.standing }];
  });
}

function sharersOf(matrix: Matrix, type: NsType): Row[] {
  return standingsOf(matrix, type).flatMap(({ row, standing }) => (standing === 'host' ? [row] : []));
}

/** How many keep a type apart. */
function apart(matrix: Matrix, type: NsType): number {
  return standingsOf(matrix, type).filter(({ standing }) => standing === 'own' || standing === 'shared').length;
}

/** Those who share the same types with the host, in one finding. */
function withHost(matrix: Matrix): Finding[] {
  const types = NS_TYPES.filter((type) => {
    const [found, others] = [sharersOf(matrix, type).length, apart(matrix, type)];
    // Of what engines leave to the host anyway, only an exception is told; of user namespaces another finding tells.
    return found > 0 && (USUALLY_OWN.has(type) || (type !== 'user' && found <= others));
  });
  const bySharers = Map.groupBy(types, (type) =>
    JSON.stringify(sharersOf(matrix, type).map(({ container }) => container.key)),
  );
  return [...bySharers.values()].map((same): Finding => {
    const found = same[0] === undefined ? [] : sharersOf(matrix, same[0]);
    const least = Math.min(...same.map((type) => apart(matrix, type)));
    const text = `${names(found)} ${verb(found, 'uses', 'use')} the host's ${namespacesText(same)}${othersText(least)}.`;
    return { kind: 'namespace-shared-with-host', severity: worstOf(same), text, ...about(found) };
  });
}

/** Of several severities the first. */
function worstOf(types: readonly NsType[]): Severity {
  return SEVERITIES.find((severity) => types.some((type) => SEVERITY[type] === severity)) ?? 'low';
}

function othersText(count: number): string {
  return count === 0
    ? ''
    : count === 1
      ? ', which the other keeps apart'
      : `, which ${String(count)} others keep apart`;
}

function noUserNamespace(matrix: Matrix): Finding[] {
  const found = sharersOf(matrix, 'user');
  if (found.length === 0) return [];
  const others = apart(matrix, 'user');
  const severity = others > 0 && found.length <= others ? 'medium' : 'low';
  const root = `root in ${verb(found, 'it', 'any of them')} is root of the host`;
  const text =
    others === 0 && found.length > 1
      ? `No container has a user namespace of its own: ${root}.`
      : `${names(found)} ${verb(found, 'has', 'have')} no user namespace of ${verb(found, 'its', 'their')} own${othersText(others).replace('keeps apart', 'has').replace('keep apart', 'have')}: ${root}.`;
  return [{ kind: 'no-user-namespace', severity, text, ...about(found) }];
}

function typesOf({ namespaces }: Group): NsType[] {
  return NS_TYPES.filter((type) => namespaces.some((one) => one.type === type));
}

/** Who lives in namespaces that processes of no container were in before. */
function outsiders(matrix: Matrix): Finding[] {
  const found = matrix.groups.filter(({ outside, isOutside }) => outside !== null && isOutside);
  if (found.length <= MOST_NAMED) return found.flatMap((group) => outsidersOf(group, matrix));
  const bySeverity = Map.groupBy(found, (group) => worstOf(typesOf(group)));
  return [...bySeverity].map(([severity, some]): Finding => {
    const types = NS_TYPES.filter((type) => some.some((group) => typesOf(group).includes(type)));
    const labels = some.map(({ inside }) => inside);
    const text = `${someOf(labels)} are in ${namespacesText(types)} of processes outside of containers, each of others.`;
    const count = some.reduce((sum, { containers }) => sum + containers.length, 0);
    return { kind: 'namespace-shared-outside', severity, text, count, item: null };
  });
}

function outsidersOf(group: Group, matrix: Matrix): Finding[] {
  const { containers, inside, outside } = group;
  const [first] = containers;
  if (first === undefined || outside === null) return [];
  const types = typesOf(group);
  const others = Math.min(...types.map((type) => apart(matrix, type) - containers.length));
  const text = `${inside} ${containers.length === 1 ? 'is' : 'are'} in the ${namespacesText(types)} of ${outside}${othersText(Math.max(0, others))}.`;
  const [count, item] = [containers.length, containers.length === 1 ? containerItem(first) : null];
  return [{ kind: 'namespace-shared-outside', severity: worstOf(types), text, count, item }];
}

/** Containers that share namespaces among themselves, by what they share. Those of one pod do so by design. */
function sharing({ groups }: Matrix): Finding[] {
  const among = groups.filter(
    ({ containers, isOutside }) => !isOutside && containers.length > 1 && podOf(containers) === null,
  );
  return [...Map.groupBy(among, (group) => typesOf(group).join()).values()].flatMap((same): Finding[] => {
    const [first] = same;
    const [container] = first?.containers ?? [];
    if (first === undefined || container === undefined) return [];
    const types = typesOf(first);
    const what = `${types.length === 1 ? 'one' : 'the same'} ${namespacesText(types)}`;
    const text =
      same.length === 1
        ? `${first.inside} share ${what}.`
        : `${String(same.length)} groups of containers share ${what} each: ${someOf(
            same.map(({ inside }) => inside),
            2,
          )}.`;
    const count = same.reduce((sum, { containers }) => sum + containers.length, 0);
    const item = same.length === 1 ? containerItem(container) : null;
    return [{ kind: 'namespace-shared', severity: 'low', text, count, item }];
  });
}

/** Who came from outside into namespaces of containers: each of them once. */
function visits({ rows }: Matrix): Finding[] {
  const visited = rows.flatMap((row) =>
    row.isolation.keepings.flatMap((keeping) => (keeping.visitors.length > 0 ? [{ row, ...keeping }] : [])),
  );
  const byVisitors = Map.groupBy(visited, ({ visitors }) => visitors.map(({ pid }) => pid).join());
  if (byVisitors.size > MOST_NAMED) {
    const visitors = new Map(visited.flatMap((one) => one.visitors.map((process) => [process.pid, process])));
    const types = NS_TYPES.filter((type) => visited.some((one) => one.type === type));
    const hosts = [...new Set(visited.map(({ row }) => row))];
    const labels = [...visitors.values()].sort((a, b) => a.pid - b.pid).map(processLabel);
    const text = `${formatPlural(visitors.size, 'process', 'processes')} from outside, ${someOf(labels)}, are in the ${namespacesText(types)} of ${names(hosts)}.`;
    return [{ kind: 'namespace-visited', severity: 'low', text, count: visitors.size, item: null }];
  }
  return [...byVisitors.values()].flatMap((same): Finding[] => {
    const [first] = same;
    if (first === undefined) return [];
    const { visitors } = first;
    const hosts = [...new Set(same.map(({ row }) => row))];
    const types = NS_TYPES.filter((type) => same.some((one) => one.type === type));
    const text = `${someOf(visitors.map(processLabel))}, from outside, ${visitors.length === 1 ? 'is' : 'are'} in the ${namespacesText(types)} of ${names(hosts)}.`;
    const item = containerItem(first.row.container);
    return [{ kind: 'namespace-visited', severity: 'low', text, count: visitors.length, item }];
  });
}

function unknowns({ rows }: Matrix): Finding[] {
  const found = rows.filter(({ isolation }) => isolation.keepings.some(({ standing }) => standing === 'unknown'));
  if (found.length === 0) return [];
  const why = [
    ...new Set(found.flatMap(({ isolation }) => isolation.keepings.flatMap(({ outcome }) => outcome ?? []))),
  ];
  const text = `How far ${names(found)} ${verb(found, 'is', 'are')} kept apart is not fully known (${why.sort().join(', ')}): ${formatPlural(found.length, 'container')} of ${String(rows.length)}.`;
  return [{ kind: 'isolation-unknown', severity: 'low', text, ...about(found) }];
}
