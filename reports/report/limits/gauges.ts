/** How much of a limit is used, as one look tells it. */
import type { LimitReport, Resource } from '../../../src/schema/limits-document.ts';
import type { Mark } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { terminalSafe } from '../../../src/text/safe.ts';
import { formatCount, formatPercent, formatPlural } from '../../../src/text/units.ts';
import { limitText, ratioOf, resourceText, usageText } from '../../limits-text.ts';
import type { Bounded } from './bounded.ts';

/** From this share of a limit on it is near. */
export const NEAR = 0.8;

/** From this share of its periods on a quota holds up what runs in it. */
export const STOPPED = 0.25;

/** One resource of something bounded. */
export interface Gauge {
  readonly limit: LimitReport;
  /** `none`: none but that of the machine. `unknown`: it could not be found out. */
  readonly kind: 'limited' | 'none' | 'unknown';
  /** What fills the bar: share of the limit that is used, of cpu the share of periods in which it was stopped; null: not known. */
  readonly ratio: number | null;
  readonly limitText: string;
  readonly usageText: string;
  /** What happened when the limit was met; empty: nothing. */
  readonly event: string;
  readonly mark: Mark | null;
  /** The cgroup above that imposes it; null: its own. */
  readonly ancestor: { readonly key: string; readonly path: string } | null;
}

/** The gauges of a resource: one, or one of each device, page size and the like. */
export function gaugesOf(bounded: Bounded, resource: Resource): Gauge[] {
  return bounded.limits.filter((limit) => limit.resource === resource).map((limit) => gaugeOf(bounded, limit));
}

/** How much of this limit is used. */
export function gaugeOf(bounded: Bounded, limit: LimitReport): Gauge {
  const { effective, imposedBy } = limit;
  const isOurs = imposedBy !== null && imposedBy.kind !== 'host';
  const kind = effective.kind === 'unknown' ? 'unknown' : effective.kind === 'value' && isOurs ? 'limited' : 'none';
  const ratio = kind !== 'limited' ? null : limit.resource === 'cpu.time' ? stoppedShare(bounded) : ratioOf(limit);
  const event = eventText(bounded, limit, kind);
  return {
    limit,
    kind,
    ratio,
    limitText: kind === 'none' ? 'no limit' : limitText(limit),
    usageText: usageText(limit),
    event,
    mark: markOf(limit.resource, kind, ratio, event),
    ancestor: kind === 'limited' ? ancestorOf(bounded, limit) : null,
  };
}

/** The share of periods in which a quota stopped it; 0 where it never was; null where nothing is counted. */
export function stoppedShare({ events: { throttled } }: Bounded): number | null {
  return throttled === null ? null : Number(throttled.stopped) / Number(throttled.periods);
}

function eventText({ events }: Bounded, { resource }: LimitReport, kind: Gauge['kind']): string {
  const { oomKills, forksRefused, throttled } = events;
  if (resource === 'memory' && oomKills !== null && oomKills > 0n) return formatPlural(oomKills, 'oom kill');
  if (resource === 'pids' && forksRefused !== null && forksRefused > 0n)
    return `${formatPlural(forksRefused, 'fork')} refused`;
  if (resource !== 'cpu.time' || kind !== 'limited' || throttled === null || throttled.stopped <= 0n) return '';
  return `stopped in ${formatPercent(Number(throttled.stopped) / Number(throttled.periods))} of ${formatCount(throttled.periods)} periods`;
}

function markOf(resource: Resource, kind: Gauge['kind'], ratio: number | null, event: string): Mark | null {
  if (kind === 'unknown') return 'unknown';
  if (resource === 'cpu.time') return ratio !== null && ratio > STOPPED ? 'over' : null;
  if (event !== '' || (ratio !== null && ratio >= 1 && HOLDS_BACK.has(resource))) return 'over';
  return ratio !== null && ratio >= NEAR ? 'near' : null;
}

/** Where a full one refuses something. */
const HOLDS_BACK: ReadonlySet<Resource> = new Set([
  'memory',
  'memory.swap',
  'memory.kernel',
  'memory.tcp',
  'pids',
  'hugetlb',
]);

function ancestorOf({ nodes }: Bounded, { imposedBy }: LimitReport): Gauge['ancestor'] {
  if (imposedBy?.kind !== 'cgroup' || nodes.some(({ key }) => key === imposedBy.key)) return null;
  const path = imposedBy.path === null ? 'a cgroup that cannot be seen' : terminalSafe(nameText(imposedBy.path));
  return { key: imposedBy.key ?? '', path };
}

/** The gauge in words: `24 MiB of 64 MiB`. */
export function gaugeText({ kind, limitText: limit, usageText: usage, ratio }: Gauge): string {
  if (kind === 'unknown') return 'not known';
  if (usage === '') return limit;
  if (kind === 'none') return `${usage}, no limit`;
  return `${usage} of ${limit}${ratio === null ? '' : ` (${formatPercent(ratio)})`}`;
}

/** What it is, with the device. */
export function gaugeName({ limit }: Gauge): string {
  return resourceText(limit);
}
