/** Limits in tables: a row for each container, and one for each of its limits. */
import type { LimitReport, Resource } from '../../../src/schema/limits-document.ts';
import type { ReportCell, ReportTable } from '../../../src/schema/report.ts';
import { formatCount, formatPercent } from '../../../src/text/units.ts';
import {
  imposerText,
  isNotable,
  limitText,
  ratioOf,
  remarksOn,
  resourceText,
  roomText,
  usageText,
} from '../../limits-text.ts';
import { numberColumn, textColumn } from '../cells.ts';
import { cgroupItem } from '../items.ts';
import type { Bounded } from './bounded.ts';
import { gaugeOf, gaugesOf, gaugeText, stoppedShare } from './gauges.ts';

/** Rows that are shown at once. */
const SHOWN = 20;

const PRESSURES = ['cpu', 'memory', 'io'] as const;

/** What bounds each, in one row. */
export function boundedTable(all: readonly Bounded[]): ReportTable {
  return {
    kind: 'table',
    name: 'bounded',
    caption: 'Containers, then cgroups of the host that set a limit: what binds, and what happened',
    columns: [
      textColumn('who', 'Of'),
      textColumn('cpu', 'Cpu'),
      numberColumn('stopped', 'Stopped', 'ratio'),
      numberColumn('memory', 'Memory', 'bytes'),
      numberColumn('oom', 'Oom kills', 'count'),
      numberColumn('full', 'Memory full', 'count'),
      numberColumn('pids', 'Pids', 'tasks'),
      numberColumn('refused', 'Forks refused', 'count'),
      ...PRESSURES.map((one) => numberColumn(`pressure-${one}`, `Pressure: ${one}`, 'percent')),
    ],
    rows: all.map((bounded) => {
      const { oomKills, memoryFull, forksRefused } = bounded.events;
      const share = stoppedShare(bounded);
      return {
        item: null,
        cells: [
          whoCell(bounded),
          gaugeCell(bounded, 'cpu.time'),
          share === null ? { text: '' } : { text: formatPercent(share), value: String(share) },
          gaugeCell(bounded, 'memory'),
          eventCell(oomKills),
          eventCell(memoryFull),
          gaugeCell(bounded, 'pids'),
          eventCell(forksRefused),
          ...PRESSURES.map((one): ReportCell => {
            const stall = bounded.pressure[one];
            return stall === undefined
              ? { text: '' }
              : { text: `${stall.some.toFixed(1)}%`, value: String(stall.some) };
          }),
        ],
      };
    }),
    shown: SHOWN,
  };
}

function whoCell({ label, item }: Bounded): ReportCell {
  return { text: label, item };
}

function eventCell(count: bigint | null): ReportCell {
  return count === null ? { text: '' } : { text: formatCount(count), value: String(count) };
}

function gaugeCell(bounded: Bounded, resource: Resource): ReportCell {
  const [gauge] = gaugesOf(bounded, resource);
  if (gauge === undefined) return { text: '' };
  const { limit, mark, kind, ancestor } = gauge;
  const usage = limit.usage ?? undefined;
  const note =
    limit.effective.kind === 'unknown'
      ? limit.effective.reason
      : ancestor === null
        ? undefined
        : `imposed by ${ancestor.path}`;
  const shown = mark ?? (kind === 'none' ? 'absent' : null);
  return {
    text: gaugeText(gauge),
    ...(usage !== undefined && { value: usage }),
    ...(shown !== null && { mark: shown }),
    ...(note !== undefined && { note }),
  };
}

/** Every limit that somebody set, and who imposes it. */
export function limitsTable(all: readonly Bounded[]): ReportTable {
  return {
    kind: 'table',
    name: 'limits',
    caption: 'Effective limits, and who imposes them',
    columns: [
      textColumn('who', 'Of'),
      textColumn('resource', 'Resource'),
      textColumn('limit', 'Limit'),
      textColumn('used', 'Used'),
      numberColumn('share', 'Share', 'ratio'),
      textColumn('room', 'Head room'),
      textColumn('by', 'Imposed by'),
      textColumn('file', 'File'),
      textColumn('remarks', 'Remarks'),
    ],
    rows: all.flatMap((bounded) =>
      bounded.limits.filter(isNotable).map((limit) => {
        const ratio = ratioOf(limit);
        const { mark } = gaugeOf(bounded, limit);
        const { imposedBy } = limit;
        return {
          item: null,
          cells: [
            whoCell(bounded),
            { text: resourceText(limit) },
            { text: limitText(limit), ...(mark !== null && { mark }) },
            { text: usageText(limit) },
            ratio === null ? { text: '' } : { text: formatPercent(ratio), value: String(ratio) },
            { text: roomText(limit) },
            imposerCell(bounded, limit),
            { text: imposedBy?.file ?? '' },
            { text: remarksOn(limit).join('; ') },
          ],
        };
      }),
    ),
    shown: SHOWN,
  };
}

/** Its own cgroup by that word, one above by its path. */
function imposerCell({ nodes }: Bounded, limit: LimitReport): ReportCell {
  const { imposedBy } = limit;
  if (imposedBy?.kind !== 'cgroup' || imposedBy.key === null) return { text: imposerText(limit) };
  const isOwn = nodes.some(({ key }) => key === imposedBy.key);
  return { text: isOwn ? 'its own cgroup' : imposerText(limit), item: cgroupItem(imposedBy.key) };
}
