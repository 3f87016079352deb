import { expect, test } from 'vitest';

import { WasteSum } from '../../src/model/waste.ts';
import type { StackFile } from '../../src/schema/waste.ts';

const DELETED = { by: 2, how: 'deleted' } as const;
const file = (layer: number, path: string, bytes: number, more: Partial<StackFile> = {}): StackFile => ({
  layer,
  path,
  bytes: String(bytes),
  allocatedBytes: String(Math.ceil(bytes / 4096) * 4096),
  file: `8:1 ${String(layer)}${path}`,
  nlink: 1,
  cover: null,
  ...more,
});

const CASES: readonly [string, readonly StackFile[], { hidden: string; duplicates: string }][] = [
  ['nothing', [], { hidden: '0', duplicates: '0' }],
  ['hidden', [file(0, '/a', 5, { cover: DELETED }), file(1, '/b', 7)], { hidden: '5', duplicates: '0' }],
  [
    'a hard link of which one name is seen',
    [file(0, '/a', 5, { nlink: 2, file: '1', cover: DELETED }), file(0, '/b', 5, { nlink: 2, file: '1' })],
    { hidden: '0', duplicates: '0' },
  ],
  [
    'a hard link of which all names are hidden',
    ['/a', '/b'].map((path) => file(0, path, 5, { nlink: 2, file: '1', cover: DELETED })),
    { hidden: '5', duplicates: '0' },
  ],
  ['in two layers', [file(0, '/a', 4096), file(1, '/b', 4096)], { hidden: '0', duplicates: '4096' }],
  [
    'holes of one size',
    [0, 1].map((layer) => file(layer, '/a', 2 ** 40, { allocatedBytes: '0' })),
    { hidden: '0', duplicates: '0' },
  ],
  ['in one layer twice', [file(0, '/a', 4096), file(0, '/b', 4096)], { hidden: '0', duplicates: '0' }],
  ['small', [file(0, '/a', 4095), file(1, '/a', 4095)], { hidden: '0', duplicates: '0' }],
  [
    'one file in two layers',
    [0, 1].map((layer) => file(layer, '/a', 4096, { nlink: 2, file: '1' })),
    { hidden: '0', duplicates: '0' },
  ],
];

test.each(CASES)('%s', (_, files, { hidden, duplicates }) => {
  const sum = new WasteSum(3);
  for (const one of files) expect(sum.add(one)).toBe(true);
  expect(sum.result(() => 'same')).toMatchObject({ hiddenBytes: hidden, duplicateBytes: duplicates });
});

test('asks only for sizes that several layers have, and says what could not be compared', () => {
  const sum = new WasteSum(2);
  for (const one of [file(0, '/a', 5000), file(1, '/b', 5000), file(1, '/c', 6000)]) sum.add(one);
  const asked: string[] = [];
  const { notCompared, duplicates } = sum.result(({ path }) => {
    asked.push(path);
    return { outcome: 'denied' };
  });
  expect(asked).toEqual(['/a', '/b']);
  expect(notCompared).toEqual({ count: 2, first: { path: '/a', outcome: 'denied' } });
  expect(duplicates).toEqual({ count: 0, largest: [] });
});

test('says what each layer has, and what takes room', () => {
  const sum = new WasteSum(3);
  for (const one of [
    file(0, '/a', 5000, { cover: DELETED }),
    file(1, '/sparse', 2 ** 40, { cover: DELETED, allocatedBytes: '0' }),
    file(1, '/b', 5000, { allocatedBytes: '16384' }),
    file(2, '/b', 5000),
  ]) {
    sum.add(one);
  }
  expect(sum.result(() => 'same')).toEqual({
    hiddenBytes: String(2 ** 40 + 5000),
    hiddenAllocatedBytes: '8192',
    duplicateBytes: '10000',
    duplicateAllocatedBytes: '16384',
    layers: [
      { index: 0, files: 1, bytes: '5000', hiddenFiles: 1, hiddenBytes: '5000', hiddenAllocatedBytes: '8192' },
      {
        index: 1,
        files: 2,
        bytes: String(2 ** 40 + 5000),
        hiddenFiles: 1,
        hiddenBytes: String(2 ** 40),
        hiddenAllocatedBytes: '0',
      },
      { index: 2, files: 1, bytes: '5000', hiddenFiles: 0, hiddenBytes: '0', hiddenAllocatedBytes: '0' },
    ],
    hidden: {
      count: 2,
      largest: [
        { path: '/sparse', layer: 1, bytes: String(2 ** 40), ...DELETED },
        { path: '/a', layer: 0, bytes: '5000', ...DELETED },
      ],
    },
    duplicates: {
      count: 1,
      largest: [
        {
          sha256: 'same',
          bytes: '5000',
          spareAllocatedBytes: '16384',
          count: 3,
          layers: 3,
          copies: [
            { layer: 2, path: '/b', hidden: false },
            { layer: 1, path: '/b', hidden: false },
            { layer: 0, path: '/a', hidden: true },
          ],
        },
      ],
    },
    notCompared: { count: 0, first: null },
  });
});

test('names the largest alone, and has no room for paths without end', () => {
  const sum = new WasteSum(3);
  for (let i = 0; i < 5000; i++) expect(sum.add(file(0, `/${String(i)}`, i, { cover: DELETED }))).toBe(true);
  const { hidden } = sum.result(() => 'same');
  expect(hidden.count).toBe(5000);
  expect(hidden.largest.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 100 }, (_, i) => String(4999 - i)));

  const long = '/x'.repeat(2 ** 20);
  const full = new WasteSum(1);
  const added = Array.from({ length: 300 }, () => full.add(file(0, long, 4096, { file: '1' })));
  expect(added.indexOf(false)).toBe(256);
});
