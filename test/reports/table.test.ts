import { describe, expect, it } from 'vitest';

import { makeStyle } from '../../reports/style.ts';
import { csv, tableLines, type Column } from '../../reports/table.ts';
import type { Name } from '../../src/schema/name.ts';
import { displayWidth } from '../../src/text/width.ts';

interface Row {
  readonly name: Name;
  readonly count: number | null;
  readonly rest: string;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    name: 'name',
    help: '',
    shrink: true,
    text: ({ name }) => (typeof name === 'string' ? name : name.text),
    value: ({ name }) => name,
  },
  {
    name: 'count',
    header: 'HOW MANY',
    align: 'right',
    help: '',
    text: ({ count }) => String(count ?? '-'),
    value: ({ count }) => count,
  },
  { name: 'rest', help: '', shrink: true, text: ({ rest }) => rest, value: ({ rest }) => rest },
];

const row = (name: Name, count: number | null, rest = ''): Row => ({ name, count, rest });
const plain = (columns: number | null, unicode = true) => makeStyle({ color: false, unicode, columns });

describe('a table', () => {
  it.each<[string, number | null, boolean, readonly Row[], readonly string[]]>([
    ['without rows is its heading', 80, true, [], ['NAME  HOW MANY  REST']],
    [
      'is as wide as it needs to be',
      80,
      true,
      [row('a', 1, 'x'), row('longer', 22)],
      ['NAME    HOW MANY  REST', 'a              1  x', 'longer        22'],
    ],
    [
      'is cut where the terminal is too narrow, the widest column first',
      36,
      true,
      [row('a-name-of-twenty-chrs', 1, 'short'), row('b', 2, 'x')],
      [
        'NAME                 HOW MANY  REST',
        'a-name-of-twenty-c…         1  short',
        'b                           2  x',
      ],
    ],
    [
      'never cuts a column below eight, nor one that is not to be cut',
      10,
      true,
      [row('abcdefghijklm', 1234567890123, 'nopqrstuvwxyz')],
      ['NAME           HOW MANY  REST', 'abcdefg…  1234567890123  nopqrst…'],
    ],
    [
      'cuts with three dots in ASCII',
      26,
      false,
      [row('abcdefghijklm', 1, 'x')],
      ['NAME        HOW MANY  REST', 'abcdefg...         1  x'],
    ],
    [
      'is not cut where nobody wants it',
      null,
      true,
      [row('x'.repeat(100), 1)],
      [`NAME${' '.repeat(98)}HOW MANY  REST`, `${'x'.repeat(100)}         1`],
    ],
    [
      'counts columns as a terminal does',
      80,
      true,
      [row('世界', 1, 'x'), row('e\u0301', 2, 'y')],
      ['NAME  HOW MANY  REST', '世界         1  x', 'e\u0301            2  y'],
    ],
  ])('%s', (_what, columns, unicode, rows, expected) => {
    expect(tableLines(rows, COLUMNS, plain(columns, unicode))).toEqual(expected);
  });

  it.each([
    ['an escape sequence', '\u001b[2J\u001b]0;owned\u0007', '\\x1b[2J\\x1b]0;owned\\x07'],
    ['a line break', 'a\nb\r\nc', 'a\\nb\\r\\nc'],
    ['a change of direction', 'a\u202etxt.exe', 'a\\u202etxt.exe'],
    ['C1 controls', 'a\u009b2Jb', 'a\\x9b2Jb'],
  ])('never gives %s to the terminal', (_what, hostile, shown) => {
    const lines = tableLines([row(hostile, 1)], COLUMNS, plain(80));
    expect(lines).toHaveLength(2);
    expect(lines[1]!.startsWith(`${shown} `)).toBe(true);
  });

  it('cuts an escaped name by the room that the escape takes', () => {
    const [, line] = tableLines([row('\u0007'.repeat(20), 1)], COLUMNS, plain(30));
    expect(displayWidth(line!)).toBeLessThanOrEqual(30);
  });

  it('has its heading in bold where colour is wanted, and nothing else is changed', () => {
    const [heading, ...lines] = tableLines(
      [row('a', 1)],
      COLUMNS,
      makeStyle({ color: true, unicode: true, columns: 80 }),
    );
    expect(heading).toBe('\u001b[1mNAME  HOW MANY  REST\u001b[0m');
    expect(lines).toEqual(['a            1']);
  });
});

describe('CSV', () => {
  it.each<[string, Row, string]>([
    ['plain values', row('a', 1, 'b'), 'a,1,b'],
    ['nothing', row('a', null, ''), 'a,,'],
    ['a comma', row('a,b', 1), '"a,b",1,'],
    ['a quote', row('say "hi"', 1), '"say ""hi""",1,'],
    ['a name that is not UTF-8', row({ text: 'caf\ufffd', base64: 'Y2Fm6Q==' }, 1), 'caf\ufffd,1,'],
    ['spaces at the ends', row(' a ', 1), ' a ,1,'],
  ])('writes %s', (_what, one, expected) => {
    expect(csv([one], COLUMNS)).toBe(`name,count,rest\r\n${expected}\r\n`);
  });

  it('never has a control character of a name raw: it is printed to terminals, too', () => {
    const text = csv([row('\u001b[2J', 1, 'a\nb\rc\u202e')], COLUMNS);
    expect(text).toBe('name,count,rest\r\n\\x1b[2J,1,a\\nb\\rc\\u202e\r\n');
  });
});
