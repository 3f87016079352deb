import { describe, expect, it } from 'vitest';

import { DEFAULT_NAMESPACE_COLUMNS, NAMESPACE_COLUMNS } from '../../reports/namespace-columns.ts';
import { chooseColumns, namespaceRow, sortRows } from '../../reports/namespaces.ts';
import { makeStyle } from '../../reports/style.ts';
import { csv, tableLines } from '../../reports/table.ts';
import { viewOf } from '../../src/cli/view.ts';
import type { NamespaceRow } from '../../src/schema/documents.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { captureOf, fixture } from '../support/replay.ts';

const view = viewOf(await captureOf(fixture('odd')));
const rows = view.namespaces.all.map((ns) => namespaceRow(ns, view.containerOf));

const ROW: NamespaceRow = {
  type: 'net',
  inum: 900,
  id: null,
  initial: false,
  parent: null,
  owner: 101,
  ownerUid: null,
  processes: 0,
  tasks: 0,
  leader: null,
  container: null,
  holders: [],
};

/** The cell of a column in the table. */
function cell(name: string, row: NamespaceRow): string {
  return NAMESPACE_COLUMNS.find((column) => column.name === name)!.text(row);
}

describe('columns', () => {
  it.each([
    ['type,inum', ['type', 'inum']],
    ['Type, INUM', ['type', 'inum']],
    ['+id', [...DEFAULT_NAMESPACE_COLUMNS, 'id']],
    ['all', NAMESPACE_COLUMNS.map(({ name }) => name)],
  ])('%s', (list, expected) => {
    expect(chooseColumns(list).map(({ name }) => name)).toEqual(expected);
  });

  it.each(['colour', '', 'type,', '+'])('%j is a usage error that names those there are', (list) => {
    expect(() => chooseColumns(list)).toThrow(NsinspectError);
    expect(() => chooseColumns(list)).toThrow(/no column/);
  });

  it('have the names of the members of the JSON', () => {
    for (const { name } of NAMESPACE_COLUMNS) expect(Object.keys(ROW)).toContain(name);
  });

  it.each<[string, NamespaceRow, string]>([
    ['id', ROW, '-'],
    ['id', { ...ROW, id: '4' }, '4'],
    ['owner', ROW, '101'],
    ['parent', ROW, '-'],
    ['leader', ROW, '-'],
    ['leader', { ...ROW, leader: { pid: 7, comm: 'a b' } }, '7 a b'],
    ['container', { ...ROW, container: { engine: 'docker', id: 'a1'.repeat(32), name: 'web' } }, 'docker:web'],
    ['container', { ...ROW, container: { engine: 'docker', id: 'a1'.repeat(32), name: null } }, 'docker:a1a1a1a1a1a1'],
    ['container', { ...ROW, container: { engine: 'lxc', id: 'my-own', name: null } }, 'lxc:my-own'],
    [
      'holders',
      {
        ...ROW,
        holders: [
          { kind: 'process', count: 4, sample: [] },
          { kind: 'fd', count: 1, sample: [] },
          { kind: 'mount', count: 3, sample: [] },
        ],
      },
      'fd mount×3',
    ],
  ])('show %s', (name, row, expected) => {
    expect(cell(name, row)).toBe(expected);
  });

  it('show why a fact is missing', () => {
    const { id: _id, owner: _owner, initial: _initial, ...rest } = ROW;
    const row: NamespaceRow = { ...rest, unknown: { id: 'denied', owner: 'absent', initial: 'denied' } };
    expect([cell('id', row), cell('owner', row), cell('initial', row)]).toEqual(['?denied', '?absent', '?denied']);
  });
});

describe('sorting', () => {
  const list = [
    { ...ROW, inum: 1, tasks: 10, id: '9' },
    { ...ROW, inum: 2, tasks: 9, id: '10' },
    { ...ROW, inum: 3, tasks: 100, id: '18446744073709551615' },
    { ...ROW, inum: 4, tasks: 9, id: null },
  ];
  it.each([
    ['tasks', [2, 4, 1, 3]],
    ['-tasks', [3, 1, 2, 4]],
    ['id', [1, 2, 3, 4]],
    ['inum', [1, 2, 3, 4]],
    ['type', [1, 2, 3, 4]],
  ])('by %s', (by, expected) => {
    expect(sortRows(list, by).map(({ inum }) => inum)).toEqual(expected);
  });

  it('by what there is not is a usage error', () => {
    expect(() => sortRows(list, 'colour')).toThrow(/no column colour/);
  });
});

describe('the namespaces of the recorded host', () => {
  it('are a table', async () => {
    const lines = tableLines(
      rows,
      chooseColumns('+id,parent,owner,ownerUid'),
      makeStyle({ color: false, unicode: true, columns: 160 }),
    );
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/odd-ls.txt');
  });

  it('are CSV with as many fields in each line', () => {
    const [heading, ...lines] = csv(rows, NAMESPACE_COLUMNS).trimEnd().split('\r\n');
    expect(heading).toBe(NAMESPACE_COLUMNS.map(({ name }) => name).join());
    expect(lines).toHaveLength(rows.length);
    for (const line of lines)
      expect(line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)!.filter((field) => field !== '')).toHaveLength(12);
  });
});
