import { expect, test } from 'vitest';

import { makeStyle } from '../../reports/style.ts';
import { wasteLines, wasteNotes } from '../../reports/waste.ts';
import type { ChangesCoverage } from '../../src/schema/changes.ts';
import type { Waste } from '../../src/schema/waste.ts';
import { displayWidth } from '../../src/text/width.ts';

const NOTHING: Waste = {
  hiddenBytes: '0',
  hiddenAllocatedBytes: '0',
  duplicateBytes: '0',
  duplicateAllocatedBytes: '0',
  layers: [{ index: 0, files: 3, bytes: '12', hiddenFiles: 0, hiddenBytes: '0', hiddenAllocatedBytes: '0' }],
  hidden: { count: 0, largest: [] },
  duplicates: { count: 0, largest: [] },
  notCompared: { count: 0, first: null },
};

const MIB = 1048576;
const WASTE: Waste = {
  hiddenBytes: String(27 * MIB),
  hiddenAllocatedBytes: String(28 * MIB),
  duplicateBytes: '45000',
  duplicateAllocatedBytes: '49152',
  layers: [
    {
      index: 0,
      files: 12_345,
      bytes: String(120 * MIB),
      hiddenFiles: 7,
      hiddenBytes: String(26 * MIB),
      hiddenAllocatedBytes: String(27 * MIB),
    },
    { index: 1, files: 1, bytes: '5000', hiddenFiles: 0, hiddenBytes: '0', hiddenAllocatedBytes: '0' },
    {
      index: 61,
      files: 2,
      bytes: String(MIB),
      hiddenFiles: 1,
      hiddenBytes: String(MIB),
      hiddenAllocatedBytes: String(MIB),
    },
  ],
  hidden: {
    count: 8,
    largest: [
      { path: `/usr/lib/${'long/'.repeat(40)}end`, layer: 0, bytes: String(20 * MIB), by: 61, how: 'deleted' },
      { path: '/new\nline\u001b[31m', layer: 0, bytes: String(6 * MIB), by: 1, how: 'replaced' },
      { path: { text: '/bad\ufffd', base64: 'L2JhZP8=' }, layer: 61, bytes: String(MIB), by: 62, how: 'opaque' },
    ],
  },
  duplicates: {
    count: 1,
    largest: [
      {
        sha256: 'a'.repeat(64),
        bytes: '5000',
        spareAllocatedBytes: '49152',
        count: 10,
        layers: 8,
        copies: [9, 8, 8, 7, 6, 5, 4, 3, 2].map((layer) => ({ layer, path: '/漢字\u202e/copy', hidden: layer === 2 })),
      },
    ],
  },
  notCompared: { count: 0, first: null },
};

const drawn = (columns: number | null): string =>
  wasteLines(WASTE, makeStyle({ color: false, unicode: true, columns })).join('\n');

test('nothing in vain is two lines', () => {
  expect(wasteLines(NOTHING, makeStyle({ color: false, unicode: true, columns: 80 }))).toEqual([
    'hidden by layers above: no file',
    'in more than one layer: no file',
  ]);
});

test('what of each layer is hidden, and the largest, on a terminal of 80 columns', () => {
  expect(drawn(80)).toMatchInlineSnapshot(`
    "hidden by layers above: 8 files, 27 MiB, 28 MiB on disk
       #   FILES     SIZE  HIDDEN    SIZE  ON DISK
      61       2    1 MiB       1   1 MiB    1 MiB
       0  12,345  120 MiB       7  26 MiB   27 MiB
        SIZE   #  HIDDEN          PATH
      20 MiB   0  deleted by #61  /usr/lib/long/long/long/long/long/long/long/long/…
       6 MiB   0  replaced by #1  /new\\nline\\x1b[31m
       1 MiB  61  opaque in #62   /bad�
      and 5 more files

    in more than one layer: 1 file, 43.9 KiB, 48 KiB on disk
         SIZE  COPIES  IN                 PATH
      4.9 KiB      10  #2 #3 #4 #5 #6 +3  /漢字\\u202e/copy"
  `);
});

test('of 160 columns', () => {
  expect(drawn(160)).toMatchInlineSnapshot(`
    "hidden by layers above: 8 files, 27 MiB, 28 MiB on disk
       #   FILES     SIZE  HIDDEN    SIZE  ON DISK
      61       2    1 MiB       1   1 MiB    1 MiB
       0  12,345  120 MiB       7  26 MiB   27 MiB
        SIZE   #  HIDDEN          PATH
      20 MiB   0  deleted by #61  /usr/lib/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/…
       6 MiB   0  replaced by #1  /new\\nline\\x1b[31m
       1 MiB  61  opaque in #62   /bad�
      and 5 more files

    in more than one layer: 1 file, 43.9 KiB, 48 KiB on disk
         SIZE  COPIES  IN                 PATH
      4.9 KiB      10  #2 #3 #4 #5 #6 +3  /漢字\\u202e/copy"
  `);
});

test.each([80, 160])('no line is wider than %i columns, and none has a control character', (columns) => {
  for (const line of drawn(columns).split('\n')) {
    expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(line).not.toMatch(/\p{Cc}|\u202e/u);
  }
});

test('in a pipe names are whole', () => {
  expect(drawn(null)).toContain(`/usr/lib/${'long/'.repeat(40)}end`);
});

test('notes name each gap', () => {
  const whole: ChangesCoverage = { entries: 1, unread: [], unreadCount: 0, mounts: 0, marks: 'read', stopped: false };
  expect(wasteNotes(NOTHING, whole)).toEqual([]);
  const notCompared: Waste['notCompared'] = { count: 2, first: { path: '/big', outcome: 'not collected' } };
  expect(wasteNotes({ ...NOTHING, notCompared }, { ...whole, marks: 'denied', stopped: true })).toEqual([
    'marks of opaque directories and renames were not read: denied (they need CAP_SYS_ADMIN on the host)',
    'there are more files than are kept: what is said of waste is not complete',
    '2 files not compared, first /big: not collected',
  ]);
});
