/** The stack of a root as it is drawn. */
import { expect, it } from 'vitest';

import { layersLines } from '../../reports/layers-text.ts';
import { makeStyle } from '../../reports/style.ts';
import type { LayerReport, LayersDocument } from '../../src/schema/layers-document.ts';
import { displayWidth } from '../../src/text/width.ts';

const digest = (n: number): string => `sha256:${String(n).repeat(64)}`;

function layer(index: number, kind: LayerReport['kind'], rest: Partial<LayerReport> = {}): LayerReport {
  const none = { diffId: null, chainId: null, bytes: null, createdBy: null, instruction: null, createdAt: null };
  return {
    index,
    kind,
    path: `/var/lib/docker/overlay2/${String(index).repeat(64)}/diff`,
    ...none,
    sharedWith: [],
    ...rest,
  };
}

const built = { id: digest(7), tags: ['shop/web:1'] };
const DOCUMENT: LayersDocument = {
  schema: 'nsinspect/layers/1',
  tool: { name: 'nsinspect', version: '0.1.0' },
  takenAt: '2026-01-02T00:00:00.000Z',
  host: {},
  coverage: { processes: 1, tasks: 1, vanished: 0, denied: 0, notes: [] },
  target: { kind: 'container', text: 'docker:web (0123456789ab)', pid: 812 },
  engine: 'docker',
  driver: 'overlay2',
  image: built,
  candidates: [],
  rootSetBy: 'pivot_root',
  mount: null,
  layers: [
    layer(0, 'image', {
      diffId: digest(1),
      bytes: '1982310',
      instruction: 'ADD base.tar /',
      createdAt: '2026-01-01T00:00:00Z',
      sharedWith: [
        { engine: 'docker', container: { id: 'a', name: 'b' }, image: built },
        { engine: 'docker', container: null, image: built },
      ],
    }),
    layer(1, 'image', { diffId: digest(2), bytes: '6', instruction: 'RUN echo \u001b[31m && make\n  install' }),
    layer(2, 'init'),
    layer(3, 'writable'),
  ],
  history: [],
  mounts: [
    { path: '/proc', fsType: 'proc', source: 'proc', root: '/', readOnly: false, propagation: [] },
    {
      path: '/data',
      fsType: 'ext4',
      source: '/dev/sda1',
      root: '/srv/data',
      readOnly: true,
      propagation: ['shared:3'],
    },
  ],
  notes: [],
  unknown: { changes: 'not collected', waste: 'not collected' },
};

const drawn = (document: LayersDocument, columns: number | null): string[] =>
  layersLines(document, makeStyle({ color: false, unicode: true, columns }));

it('is drawn top down, with the topmost layer first', () => {
  expect(drawn(DOCUMENT, 80)).toEqual([
    'docker:web (0123456789ab), pid 812',
    'docker · overlay2 · root set by pivot_root · 4 layers',
    'image shop/web:1 (777777777777)',
    '',
    expect.stringMatching(/^#\s+KIND\s+DIFFID\s+SIZE\s+AGE\s+SHARED WITH\s+BUILD STEP$/),
    expect.stringMatching(/^3\s+writable\s+what it writes/),
    expect.stringMatching(/^2\s+init\s+what its engine/),
    expect.stringMatching(/^1\s+image\s+222222222222\s+6 B\s+RUN echo/),
    expect.stringMatching(/^0\s+image\s+111111111111\s+1\.9 MiB\s+1d\s+1 container, 1 image\s+ADD/),
    '',
    'mounted over it, in no layer:',
    '  /data (read-only, shared:3): ext4 /srv/data of /dev/sda1',
    "  and 1 mount of the kernel's file systems",
  ]);
});

it.each([80, 160])('fits into %i columns, and shows directories where there is room', (columns) => {
  const lines = drawn(DOCUMENT, columns);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  expect(lines.some((line) => line.includes('DIRECTORY'))).toBe(columns === 160);
  expect(lines.join('\n')).not.toContain('\u001b');
});

it('says that candidates are candidates', () => {
  const candidates = [
    { ...built, exact: true, layers: 2 },
    { id: digest(8), tags: [], exact: false, layers: 1 },
  ];
  expect(drawn({ ...DOCUMENT, image: null, candidates }, null).slice(2, 5)).toEqual([
    'no record says which image it is; candidates, the likeliest first:',
    '  shop/web:1 (777777777777) · exactly these layers',
    '  888888888888 (no tag) · the lowest 1 layer',
  ]);
});

it('says what could not be known', () => {
  const unknown = { diffId: 'absent', instruction: 'absent' } as const;
  const { diffId: _, instruction: __, ...rest } = layer(0, 'image');
  const lines = drawn({ ...DOCUMENT, layers: [{ ...rest, unknown }] }, null);
  expect(lines.find((line) => line.startsWith('0'))).toMatch(/\?absent.*\?absent/);
});
