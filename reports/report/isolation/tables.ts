/** The tables of the isolation matrix. */
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { Mark, ReportCell, ReportColumn, ReportTable } from '../../../src/schema/report.ts';
import { refText } from '../../../src/text/ns-ref.ts';
import { numberColumn, textColumn } from '../cells.ts';
import { containerItem, namespaceItem } from '../items.ts';
import { someOf } from '../names.ts';
import { nameText } from '../../../src/text/bytes.ts';
import type { Keeping } from '../../../src/model/isolation.ts';
import { GLANCED, glanceText } from './glance.ts';
import type { Glance } from './glance.ts';
import { isPrivileged, keepingWords } from './lines.ts';
import type { Line, Pattern } from './lines.ts';
import { capabilitiesText } from './rights.ts';
import type { Matrix, Row } from './rows.ts';

/** Rows that are shown at once. */
const SHOWN = 30;

const TYPES: readonly ReportColumn[] = NS_TYPES.map((type) => textColumn(type, type));

const UNITS = { memory: 'bytes', 'cpu.time': 'usec/s', pids: 'count' } as const;

const AT_A_GLANCE: readonly ReportColumn[] = [
  ...GLANCED.map(({ resource, title }) => numberColumn(resource, title, UNITS[resource])),
  textColumn('capabilities', 'Capabilities'),
  textColumn('seccomp', 'Seccomp'),
  textColumn('no-new-privs', 'No new privileges'),
];

/** The matrix: the home of containers. */
export function matrixTable(matrix: Matrix): ReportTable {
  return {
    kind: 'table',
    name: 'matrix',
    caption: 'Containers and the namespaces that they live in',
    columns: [textColumn('container', 'Container'), ...TYPES, ...AT_A_GLANCE, textColumn('image', 'Image')],
    rows: [
      {
        item: null,
        cells: [
          { text: 'the host' },
          ...matrix.host.map(hostCell),
          ...AT_A_GLANCE.map(() => ({ text: '' })),
          { text: '' },
        ],
      },
      ...matrix.rows.map((row) => ({
        item: containerItem(row.container),
        cells: [
          { text: row.label },
          ...row.isolation.keepings.map((keeping) => keepingCell(keeping, matrix)),
          ...glanceCells(row),
          ...rightsCells(row),
          { text: row.container.image === null ? '' : nameText(row.container.image) },
        ],
      })),
    ],
    shown: SHOWN,
  };
}

function hostCell(inum: number | null, index: number): ReportCell {
  const type = NS_TYPES[index] ?? 'user';
  if (inum === null) return { text: '?', mark: 'unknown', note: 'it is not known which is the host’s' };
  return { text: refText({ type, inum }), item: namespaceItem({ type, inum }) };
}

function keepingCell(keeping: Keeping, matrix: Matrix): ReportCell {
  const { type, inum, standing } = keeping;
  const note = keepingWords(keeping, matrix);
  const item = inum === null ? {} : { item: namespaceItem({ type, inum }) };
  if (standing === 'shared')
    return { text: matrix.groupOf(keeping)?.letter ?? 'shared', ...item, mark: 'shared', note };
  if (standing === 'unknown') return { text: '?', ...item, mark: 'unknown', note };
  // What is as usual does not stand out.
  if (standing === 'host' && !matrix.isLoud(type)) return { text: standing, ...item, note };
  return { text: standing, ...item, mark: standing, note };
}

function glanceCells({ limits }: Row): ReportCell[] {
  if (limits === null) return GLANCED.map(() => ({ text: '?', mark: 'unknown', note: 'not collected' }));
  return limits.map((glance) => ({
    text: glanceText(glance),
    ...(glance.value !== null && { value: glance.value }),
    ...(glance.mark !== null && { mark: glance.mark }),
    ...noteOf(glance),
  }));
}

function noteOf({ note }: Glance): Pick<ReportCell, 'note'> {
  return note === null ? {} : { note };
}

function rightsCells(row: Row): ReportCell[] {
  const { rights } = row;
  if (rights.kind === 'unknown') return [0, 1, 2].map(() => ({ text: '?', mark: 'unknown', note: rights.outcome }));
  const { capabilities, seccomp, noNewPrivs } = rights;
  const alarm = (isLoud: boolean): { mark?: Mark } => (isLoud ? { mark: 'over' } : {});
  const silent: ReportCell = { text: '?', mark: 'unknown', note: 'this kernel does not say' };
  return [
    { text: capabilitiesText(rights), ...alarm(isPrivileged(row)), note: capabilities.join(' ') },
    seccomp === null ? silent : { text: seccomp, ...alarm(seccomp === 'off') },
    noNewPrivs === null ? silent : { text: noNewPrivs ? 'yes' : 'no' },
  ];
}

/** Who shares namespaces; null where nobody does. */
export function groupsTable({ groups }: Matrix): ReportTable | null {
  if (groups.length === 0) return null;
  return {
    kind: 'table',
    name: 'groups',
    caption: 'Who shares namespaces',
    columns: [
      textColumn('letter', 'Letter'),
      textColumn('who', 'Shared by'),
      numberColumn('containers', 'Containers', 'count'),
      ...TYPES,
    ],
    rows: groups.map(({ letter, text, containers, namespaces }) => ({
      item: null,
      cells: [
        { text: letter, mark: 'shared' },
        { text },
        { text: String(containers.length) },
        ...NS_TYPES.map((type): ReportCell => {
          const shared = namespaces.find((one) => one.type === type);
          return shared === undefined ? { text: '' } : { text: refText(shared), item: namespaceItem(shared) };
        }),
      ],
    })),
    shown: SHOWN,
  };
}

/** Those that are alike, as the picture of many shows them. */
export function patternsTable(patterns: readonly Pattern[]): ReportTable {
  return {
    kind: 'table',
    name: 'patterns',
    caption: 'Containers that are alike in what they keep apart',
    columns: [
      numberColumn('count', 'Containers', 'count'),
      textColumn('which', 'Which'),
      ...TYPES,
      ...AT_A_GLANCE.map((column) => ({ ...column, unit: null })),
    ],
    rows: patterns.map(({ rows, line }) => ({
      item: null,
      cells: [
        { text: String(rows.length) },
        { text: someOf(rows.map(({ label }) => label)), ...(line.item !== null && { item: line.item }) },
        ...line.cells.map(patternCell),
        ...(line.limits ?? GLANCED.map(() => ({ text: '?', used: '' }))).map(({ text, used }) => ({
          text: used === '' ? text : `${text}, ${used}`,
        })),
        ...line.rights.map(({ text, title }) => ({ text, note: title })),
      ],
    })),
    shown: SHOWN,
  };
}

function patternCell({ look, text, extra, title }: Line['cells'][number]): ReportCell {
  const cell = { text: `${look === 'own' ? 'own' : text}${extra === '' ? '' : ` ${extra}`}`, note: title };
  if (look === 'usual' || look === 'around') return cell;
  return { ...cell, mark: look === 'outside' ? 'shared' : look };
}
