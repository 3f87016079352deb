/** What of limits a reader should know. */
import type { LimitReport, Resource } from '../../../src/schema/limits-document.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { formatBytes, formatPercent, formatPlural } from '../../../src/text/units.ts';
import { amountText } from '../../amounts.ts';
import { limitText, ratioOf } from '../../limits-text.ts';
import { briefName, namedText } from '../names.ts';
import type { Finding } from '../section.ts';
import type { Bounded } from './bounded.ts';
import { gaugesOf, NEAR, STOPPED, stoppedShare } from './gauges.ts';

/** All of them. */
export function limitFindings(all: readonly Bounded[]): Finding[] {
  const containers = all.filter(({ kind }) => kind === 'container');
  return [
    ...hits(all),
    ...near(all, 'memory'),
    ...near(all, 'pids'),
    ...absent(containers, 'memory'),
    ...absent(containers, 'pids'),
    ...above(containers),
  ];
}

interface Found {
  readonly bounded: Bounded;
  readonly words: string;
}

/** One finding of all that the same was found of; null: of none. */
function findingOf(
  found: readonly Found[],
  {
    kind,
    severity,
    text,
  }: { readonly kind: string; readonly severity: Finding['severity']; readonly text: (names: string) => string },
): Finding[] {
  const [only] = found;
  if (only === undefined) return [];
  const names = namedText(found.map(({ bounded, words }) => ({ name: bounded.label, words })));
  return [
    { kind, severity, text: text(names), count: found.length, item: found.length === 1 ? only.bounded.item : null },
  ];
}

function having(all: readonly Bounded[], wordsOf: (bounded: Bounded) => string | null): Found[] {
  return all.flatMap((bounded) => {
    const words = wordsOf(bounded);
    return words === null ? [] : [{ bounded, words }];
  });
}

/** Limits that were met. Counts of a cgroup include what is below it: of the host's cgroups only quotas are told. */
function hits(all: readonly Bounded[]): Finding[] {
  const containers = all.filter(({ kind }) => kind === 'container');
  const killed = having(containers, ({ events: { oomKills } }) =>
    oomKills === null || oomKills <= 0n ? null : formatPlural(oomKills, 'time'),
  );
  const refused = having(containers, ({ events: { forksRefused } }) =>
    forksRefused === null || forksRefused <= 0n ? null : formatPlural(forksRefused, 'time'),
  );
  const stopped = having(containers, (bounded) => {
    const share = stoppedShare(bounded);
    return share === null || share <= STOPPED ? null : `${formatPercent(share)} of its periods`;
  });
  return [
    ...findingOf(killed, {
      kind: 'limit-hit-memory',
      severity: 'high',
      text: (names) => `The kernel killed processes for want of memory in ${names}.`,
    }),
    ...findingOf(refused, {
      kind: 'limit-hit-pids',
      severity: 'high',
      text: (names) => `New tasks were refused because of pids.max in ${names}.`,
    }),
    ...findingOf(stopped, {
      kind: 'limit-hit-cpu',
      severity: 'medium',
      text: (names) => `A cpu quota was used up and stopped ${names}.`,
    }),
  ];
}

/** From this share on what is near is a matter of today. */
const FULL = 0.9;

/** Limits of which little is left. Cache that can be had back at once is no want. */
function near(all: readonly Bounded[], resource: 'memory' | 'pids'): Finding[] {
  const byWeight: Record<Finding['severity'], Found[]> = { high: [], medium: [], low: [] };
  const cgroups = new Set(all.flatMap(({ kind, nodes }) => (kind === 'cgroup' ? nodes.map(({ key }) => key) : [])));
  for (const bounded of all) {
    for (const { kind, limit, ratio, ancestor } of gaugesOf(bounded, resource)) {
      if (kind !== 'limited' || ratio === null || ratio < NEAR) continue;
      // Told once, of the cgroup that imposes it.
      if (ancestor !== null && cgroups.has(ancestor.key)) continue;
      const spare = resource === 'memory' ? spareOf(bounded, limit) : 0n;
      const tight = Number(BigInt(limit.usage ?? 0) - spare) / (Number(limit.usage) / ratio);
      const severity = tight >= FULL ? 'high' : tight >= NEAR ? 'medium' : 'low';
      const cache = severity === 'low' ? `, ${formatBytes(spare)} of it file cache` : '';
      byWeight[severity].push({ bounded, words: `${formatPercent(ratio)} of ${limitText(limit)}${cache}` });
    }
  }
  return (['high', 'medium', 'low'] as const).flatMap((severity) =>
    findingOf(byWeight[severity], {
      kind: `limit-near-${resource}`,
      severity,
      text: (names) => `Little is left of the limit of ${resource} in ${names}.`,
    }),
  );
}

/** Of a cgroup above, whose count is another one, nothing is known here. */
function spareOf({ reclaimable, nodes }: Bounded, { imposedBy }: LimitReport): bigint {
  return nodes.some(({ key }) => key === imposedBy?.key) ? (reclaimable ?? 0n) : 0n;
}

/** Containers without a limit, which weighs more where others have one. */
function absent(containers: readonly Bounded[], resource: Resource): Finding[] {
  const gauges = containers.map((bounded) => ({ bounded, kinds: gaugesOf(bounded, resource).map(({ kind }) => kind) }));
  const without = gauges.filter(({ kinds }) => kinds.length > 0 && kinds.every((kind) => kind === 'none'));
  const limited = gauges.filter(({ kinds }) => kinds.includes('limited')).length;
  const all = formatPlural(containers.length, 'container');
  return findingOf(
    without.map(({ bounded }) => ({ bounded, words: '' })),
    {
      kind: `limit-absent-${resource}`,
      severity: limited > 0 ? 'medium' : 'low',
      text: (names) => `No limit of ${resource} binds ${String(without.length)} of ${all}: ${names}.`,
    },
  );
}

/** Limits that promise more than an ancestor allows. */
function above(containers: readonly Bounded[]): Finding[] {
  const found = containers.flatMap((bounded) =>
    bounded.limits.flatMap((limit) => {
      const own = limit.chain.find(({ key }) => bounded.nodes.some((node) => node.key === key));
      const { imposedBy, effective, unit } = limit;
      if (imposedBy?.kind !== 'cgroup' || imposedBy.key === own?.key || ratioOf(limit) === null) return [];
      if (own?.limit.kind !== 'value' || effective.kind !== 'value') return [];
      if (typeof own.limit.value !== 'string' || typeof effective.value !== 'string') return [];
      if (BigInt(own.limit.value) <= BigInt(effective.value)) return [];
      const path = imposedBy.path === null ? 'a cgroup that cannot be seen' : briefName(nameText(imposedBy.path));
      return [
        {
          bounded,
          words: `${limit.resource}: ${amountText(own.limit.value, unit)}, ${amountText(effective.value, unit)} by ${path}`,
        },
      ];
    }),
  );
  return findingOf(found, {
    kind: 'limit-above-ancestor',
    severity: 'medium',
    text: (names) => `A cgroup above allows less than the own limit of ${names}.`,
  });
}
