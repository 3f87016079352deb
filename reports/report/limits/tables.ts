/** Limits in tables: a row for each container, and one for each of its limits. */
import type { Resource } from '../../../src/schema/limits-document.ts';
import type { ReportCell, ReportColumn, ReportTable } from '../../../src/schema/report.ts';
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
import { cgroupItem } from '../items.ts';
import type { Bounded } from './bounded.ts';
import { gaugeOf, gaugesOf, gaugeText, stoppedShare } from './gauges.ts';

/** Rows that are shown at once. */
const SHOWN = 20;

const text = (key: string, title: string): ReportColumn => ({ key, title, align: 'left', unit: null });
const number = (key: string, title: string, unit: string): ReportColumn => ({ key, title, align: 'right', unit });

const PRESSURES = ['cpu', 'memory', 'io'] as const;

/** What bounds each, in one row. */
export function boundedTable(all: readonly Bounded[]): ReportTable {
  return {
    kind: 'table',
    name: 'bounded',
    caption: 'Containers, then cgroups of the host that set a limit: what binds, and what happened',
    columns: [
      text('who', 'Of'),
      text('cpu', 'Cpu'),
      number('stopped', 'Stopped', 'ratio'),
      number('memory', 'Memory', 'bytes'),
      number('oom', 'Oom kills', 'count'),
      number('full', 'Memory full', 'count'),
      number('pids', 'Pids', 'tasks'),
      number('refused', 'Forks refused', 'count'),
      ...PRESSURES.map((one) => number(`pressure-${one}`, `Pressure: ${one}`, 'percent')),
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
          countCell(oomKills),
          countCell(memoryFull),
          gaugeCell(bounded, 'pids'),
          countCell(forksRefused),
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

function countCell(count: bigint | null): ReportCell {
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
      text('who', 'Of'),
      text('resource', 'Resource'),
      text('limit', 'Limit'),
      text('used', 'Used'),
      number('share', 'Share', 'ratio'),
      text('room', 'Head room'),
      text('by', 'Imposed by'),
      text('file', 'File'),
      text('remarks', 'Remarks'),
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
            {
              text: imposerText(limit),
              ...(imposedBy?.kind === 'cgroup' && imposedBy.key !== null && { item: cgroupItem(imposedBy.key) }),
            },
            { text: imposedBy?.file ?? '' },
            { text: remarksOn(limit).join('; ') },
          ],
        };
      }),
    ),
    shown: SHOWN,
  };
}
