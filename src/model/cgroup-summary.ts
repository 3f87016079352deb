/** What a cgroup itself sets and uses, in the terms that v1 and v2 have in common. */
import type { CgroupFacts, FileValue } from '../schema/cgroups.ts';
import type { Name } from '../schema/name.ts';
import { nameKey, nameText } from '../text/bytes.ts';
import type { CgroupNode } from './cgroup-index.ts';
import type { CssGraph } from './css-sets.ts';
import { isUnlimited } from './limits/memory.ts';
import { mapTree } from './map-tree.ts';
import { MAX, valueOf } from './limits/types.ts';
import type { Limit, Usage } from './limits/types.ts';
import { amountIn, fileOf, numberOf, usageIn } from './limits/values.ts';

/** PSI of one resource (Documentation/accounting/psi.rst): the share of the last ten seconds, in percent, that some or all tasks were stalled. */
export interface Pressure {
  readonly some: number;
  /** Null for cpu before Linux 5.13, which has no such line. */
  readonly full: number | null;
}

/** Own limits and usage. Null: no controller of these cgroups has that file. */
export interface CgroupSummary {
  readonly memory: { readonly usage: Usage; readonly limit: Limit | null };
  readonly pids: { readonly usage: Usage; readonly limit: Limit | null };
  /** Microseconds of CPU time a second of wall time; usage is the total in microseconds. */
  readonly cpu: { readonly usage: Usage; readonly limit: Limit | null };
  readonly pressure: Readonly<Partial<Record<'cpu' | 'memory' | 'io', Pressure>>>;
  readonly frozen: boolean | null;
}

/** The cgroups at one path, in all hierarchies that were asked for, and what is below. */
export interface CgroupPath {
  readonly path: Name;
  readonly label: string;
  readonly nodes: readonly CgroupNode[];
  /** Threads directly in any of them. */
  readonly tids: readonly number[];
  readonly summary: CgroupSummary;
  readonly children: readonly CgroupPath[];
}

/** The cgroups of these hierarchies as one tree: engines make the same paths in all of them. */
export function cgroupPaths({ index, setsOf }: CssGraph, wanted: (hierarchy: number) => boolean): CgroupPath[] {
  const byPath = new Map<string, CgroupNode[]>();
  for (const node of index.walked) {
    if (!wanted(node.hierarchy)) continue;
    const list = byPath.get(nameKey(node.path));
    if (list === undefined) byPath.set(nameKey(node.path), [node]);
    else list.push(node);
  }
  const met = new Set<string>();
  // In a forged capture a path may be met again below itself.
  const atFirst = (path: Name): boolean => !met.has(nameKey(path)) && met.add(nameKey(path)) === met;
  const childrenOf = (path: Name): Name[] => {
    const below = (byPath.get(nameKey(path)) ?? []).flatMap(({ children }) => children.map((child) => child.path));
    return below.filter(atFirst);
  };
  const roots = byPath.has('/') ? (['/'] as const) : [];
  return mapTree(roots.filter(atFirst), childrenOf, (path, children: CgroupPath[]) => {
    const nodes = byPath.get(nameKey(path));
    if (nodes === undefined) return null;
    const tids = new Set(nodes.flatMap(({ key }) => setsOf.get(key) ?? []).flatMap((set) => set.tids));
    return { path, label: labelOf(path), nodes, tids: [...tids], summary: summaryOf(nodes), children };
  });
}

function labelOf(path: Name): string {
  const text = nameText(path);
  return text === '/' ? text : text.slice(text.lastIndexOf('/') + 1);
}

/** What the cgroups at one path set and use. */
export function summaryOf(nodes: readonly CgroupNode[]): CgroupSummary {
  const facts = nodes.flatMap((node) => node.facts ?? []);
  return {
    memory: {
      usage: usageAmong(facts, 'memory.current', 'memory.usage_in_bytes'),
      limit: limitAmong(facts, isUnlimited, 'memory.max', 'memory.limit_in_bytes'),
    },
    pids: { usage: usageAmong(facts, 'pids.current'), limit: limitAmong(facts, undefined, 'pids.max') },
    cpu: { usage: cpuUsage(facts), limit: cpuLimit(facts) },
    pressure: pressureOf(facts),
    frozen: frozenOf(facts),
  };
}

function usageAmong(facts: readonly CgroupFacts[], ...files: readonly string[]): Usage {
  for (const one of facts) {
    for (const file of files) if (one.files[file] !== undefined) return usageIn(one, file);
  }
  return { kind: 'none' };
}

function limitAmong(
  facts: readonly CgroupFacts[],
  isNone: ((value: bigint) => boolean) | undefined,
  ...files: readonly string[]
): Limit | null {
  for (const one of facts) {
    for (const file of files) if (one.files[file] !== undefined) return amountIn(one, file, isNone);
  }
  return null;
}

/** The quota as a rate, since periods differ. */
function cpuLimit(facts: readonly CgroupFacts[]): Limit | null {
  for (const one of facts) {
    const max = one.files['cpu.max'];
    if (max?.kind === 'pair') return rate(max.first, max.second);
    const quota = one.files['cpu.cfs_quota_us'];
    const period = one.files['cpu.cfs_period_us'];
    if (quota?.kind === 'number' && period?.kind === 'number') return rate(quota.value, period.value);
  }
  return null;
}

function rate(quota: string, period: string): Limit {
  const [most, every] = [numberOf(quota), numberOf(period)];
  if (quota === 'max' || (most !== null && most < 0n)) return MAX;
  if (most === null || every === null || every === 0n)
    return { kind: 'unknown', reason: `cpu quota ${quota} ${period}` };
  return valueOf((most * 1_000_000n) / every);
}

function cpuUsage(facts: readonly CgroupFacts[]): Usage {
  for (const one of facts) {
    const stat = one.files['cpu.stat'];
    const usec = stat?.kind === 'keyed' ? stat.entries.find(([key]) => key === 'usage_usec') : undefined;
    const value = usec === undefined ? null : numberOf(usec[1]);
    if (value !== null) return valueOf(value);
  }
  for (const one of facts) {
    const usage = usageIn(one, 'cpuacct.usage');
    if (usage.kind === 'value') return valueOf(usage.value / 1000n);
  }
  return { kind: 'none' };
}

function pressureOf(facts: readonly CgroupFacts[]): CgroupSummary['pressure'] {
  const pressure: Partial<Record<'cpu' | 'memory' | 'io', Pressure>> = {};
  for (const one of facts) {
    for (const resource of ['cpu', 'memory', 'io'] as const) {
      const some = average(fileOf(one, `${resource}.pressure`), 'some');
      if (some !== null) pressure[resource] = { some, full: average(one.files[`${resource}.pressure`], 'full') };
    }
  }
  return pressure;
}

function average(file: FileValue | undefined, line: 'some' | 'full'): number | null {
  const entry = file?.kind === 'nested' ? file.entries.find(({ key }) => key === line) : undefined;
  const value = Number(entry?.values['avg10']);
  return Number.isFinite(value) ? value : null;
}

function frozenOf(facts: readonly CgroupFacts[]): boolean | null {
  for (const one of facts) {
    const v1 = one.files['freezer.state'];
    if (v1?.kind === 'words') return v1.words[0] !== 'THAWED';
    const v2 = one.files['cgroup.events'];
    const entry = v2?.kind === 'keyed' ? v2.entries.find(([key]) => key === 'frozen') : undefined;
    if (entry !== undefined) return entry[1] === '1';
  }
  return null;
}
