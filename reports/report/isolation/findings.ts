/** What stands out in the isolation matrix. */
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { NsType } from '../../../src/schema/namespace.ts';
import type { Severity } from '../../../src/schema/report.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { TYPE_NAMES } from '../../why.ts';
import { containerItem } from '../items.ts';
import { processLabel, someOf } from '../names.ts';
import type { Finding } from '../section.ts';
import { isPrivileged } from './lines.ts';
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
    ...NS_TYPES.flatMap((type) => withHost(matrix, type)),
    ...matrix.groups.flatMap(sharing),
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
  const text = `${names(found)} ${verb(found, 'has', 'have')} every capability of the host, and no user namespace to confine ${verb(found, 'it', 'them')}.`;
  return [{ kind: 'all-capabilities', severity: 'high', text, ...about(found) }];
}

function withHost({ rows }: Matrix, type: NsType): Finding[] {
  const standings = rows.map((row) => ({ row, standing: row.isolation.keepings[NS_TYPES.indexOf(type)]?.standing }));
  const found = standings.filter(({ standing }) => standing === 'host').map(({ row }) => row);
  const apart = standings.filter(({ standing }) => standing === 'own' || standing === 'shared').length;
  if (found.length === 0) return [];
  const severity = SEVERITY[type];
  const whose = `the host's ${TYPE_NAMES[type]} namespace`;
  if (apart > 0) {
    const others = apart === 1 ? 'the other keeps' : `the other ${String(apart)} keep`;
    // Where few keep it apart, those are the exception: what most do is no surprise.
    const isException = found.length <= apart;
    const text = `${names(found)} ${verb(found, 'uses', 'use')} ${whose}, which ${others} apart.`;
    const kind = type === 'user' ? 'no-user-namespace' : 'namespace-shared-with-host';
    return [{ kind, severity: isException || USUALLY_OWN.has(type) ? severity : 'low', text, ...about(found) }];
  }
  if (type === 'user') {
    const text = `No container has a user namespace of its own: root in any of the ${String(found.length)} is root of the host.`;
    const one = `${names(found)} has no user namespace of its own: its root is root of the host.`;
    return [{ kind: 'no-user-namespace', severity: 'low', text: found.length === 1 ? one : text, ...about(found) }];
  }
  if (!USUALLY_OWN.has(type)) return [];
  const text = `${names(found)} ${verb(found, 'uses', 'use')} ${whose}.`;
  return [{ kind: 'namespace-shared-with-host', severity, text, ...about(found) }];
}

/** Containers of one pod share by design. */
function sharing({ containers, namespaces, text }: Group): Finding[] {
  const [first] = containers;
  if (first === undefined || podOf(containers) !== null) return [];
  const types = NS_TYPES.filter((type) => namespaces.some((one) => one.type === type)).map((type) => TYPE_NAMES[type]);
  const what = `${types.length === 1 ? 'one' : 'the same'} ${someOf(types, types.length)} ${types.length === 1 ? 'namespace' : 'namespaces'}`;
  const item = containerItem(first);
  return [
    { kind: 'namespace-shared', severity: 'low', text: `${text} share ${what}.`, count: containers.length, item },
  ];
}

function visits({ rows }: Matrix): Finding[] {
  return rows.flatMap((row) => {
    const visited = row.isolation.keepings.filter(({ visitors }) => visitors.length > 0);
    if (visited.length === 0) return [];
    const who = [...new Map(visited.flatMap(({ visitors }) => visitors.map((one) => [one.pid, one]))).values()];
    const types = someOf(
      visited.map(({ type }) => TYPE_NAMES[type]),
      NS_TYPES.length,
    );
    const text = `${someOf(who.map(processLabel))}, from outside, ${who.length === 1 ? 'is' : 'are'} in the ${types} ${visited.length === 1 ? 'namespace' : 'namespaces'} of ${row.label}.`;
    return [
      {
        kind: 'namespace-visited',
        severity: 'low' as const,
        text,
        count: who.length,
        item: containerItem(row.container),
      },
    ];
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
