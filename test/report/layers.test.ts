/** Layers in the report: stacks of stores made by hand; `vitest -u` draws the golden picture anew. */
import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { layoutOf, LEAST } from '../../reports/report/layers/layout.ts';
import { surveyOf } from '../../reports/report/layers/survey.ts';
import section from '../../reports/report/sections/layers.ts';
import type { LayerStore } from '../../src/schema/layers.ts';
import { HOSTILE } from './made-report.ts';
import { crowd, SHOP, storesCapture } from './made-stores.ts';
import type { MadeStores } from './made-stores.ts';
import { contentOf, documentOf, picturesOf, tableOf, textsOf } from './support.ts';
import { worldOf } from '../support/world.ts';

const worldWith = (made: MadeStores) => worldOf(storesCapture(made));
const stacksOf = (made: MadeStores): string => picturesOf(section, worldWith(made)).get('layers-stacks') ?? '';

/** What the layout makes of the only store. */
function layoutWith(made: MadeStores) {
  const [store] = surveyOf(worldWith(made)).stores;
  if (store === undefined) throw new Error('no store');
  return layoutOf(store, 1000);
}

/** Records in another order, as another run of the engine would write them. */
function shuffled(store: LayerStore): LayerStore {
  const { layers, images, containers, directories } = store;
  return {
    ...store,
    layers: layers.toReversed(),
    images: images.toReversed(),
    containers: containers.toReversed(),
    directories: directories.toReversed(),
  };
}

describe('stacks', () => {
  it('are drawn as they were', async () => {
    await expect(stacksOf(SHOP)).toMatchFileSnapshot('golden/layers-stacks.svg');
  });

  it('do not depend on the order of records', () => {
    expect(stacksOf({ ...SHOP, change: shuffled })).toBe(stacksOf(SHOP));
  });

  it('are to scale where there is more than a line of text', () => {
    const { boxes, bytesPerPixel } = layoutWith(SHOP);
    expect(bytesPerPixel).not.toBeNull();
    for (const { box, height } of boxes) {
      const bytes = Number(box.layers[0]?.bytes ?? 0);
      expect(height).toBe(Math.max(LEAST, Math.round(bytes / (bytesPerPixel ?? 1))));
    }
  });

  it('join what is shared: a layer is as wide as all that stands on it', () => {
    const { boxes, tops } = layoutWith(SHOP);
    for (const { token, x, width } of boxes) {
      const above = tops.filter(({ below }) => below.includes(token));
      expect(Math.min(...above.map((top) => top.x))).toBe(x);
      expect(Math.max(...above.map((top) => top.x + top.width))).toBe(x + width);
    }
    expect(boxes.filter(({ letter }) => letter !== null).map(({ letter }) => letter)).toEqual([
      'A',
      'B',
      'C',
      'D',
      'E',
      'F',
    ]);
  });

  it('never overlap', () => {
    const { boxes, tops } = layoutWith(crowd(30, 6));
    const all = [...boxes, ...tops.map((top) => ({ ...top, height: 40 }))];
    for (const [at, a] of all.entries()) {
      for (const b of all.slice(at + 1)) {
        const isApart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(isApart).toBe(true);
      }
    }
  });

  it('stay few for two hundred containers: one column an image', () => {
    const made = crowd(200, 10);
    const svg = stacksOf(made);
    expect(svg.match(/20 containers</g)).toHaveLength(10);
    expect((svg.match(/<[a-z]/g) ?? []).length).toBeLessThan(1500);
    const content = contentOf(section, worldWith(made));
    expect(tableOf(content, 'containers').rows).toHaveLength(200);
  });

  it('draw a long run of small layers as one', () => {
    const steps = Array.from({ length: 60 }, (_, at) => [`COPY f${at} /`, 100 + at] as const);
    const { boxes } = layoutWith({
      images: { 'deep:1': { steps: [['COPY root /', 90 << 20], ...steps, ['COPY last /', 20 << 20]] } },
    });
    expect(boxes.map(({ box }) => box.layers.length)).toEqual([1, 60, 1]);
  });

  it('survive a chain of parents without a beginning', () => {
    const change = (store: LayerStore): LayerStore => ({
      ...store,
      layers: store.layers.map((layer) => (layer.parent === null ? { ...layer, parent: layer.key } : layer)),
    });
    const made = {
      images: { 'a:1': { steps: [['COPY a /', 100]] as const } },
      containers: { a: { image: 'a:1' } },
      change,
    };
    expect(documentOf(section, worldWith(made)).sections[0]?.available).toBe(true);
  });
});

describe('tables', () => {
  const content = contentOf(section, worldWith(SHOP));
  const layers = tableOf(content, 'layers');

  it('have every layer once, with its letter, its step, its size and who uses it', () => {
    expect(
      textsOf(layers).map(([, letter, step, size, containers, images]) => [letter, step, size, containers, images]),
    ).toMatchInlineSnapshot(`
      [
        [
          "A",
          "COPY root /",
          "40 MiB",
          "5",
          "5",
        ],
        [
          "F",
          "COPY db /usr/db",
          "140 MiB",
          "2",
          "1",
        ],
        [
          "B",
          "COPY libs /usr/libs",
          "90 MiB",
          "3",
          "3",
        ],
        [
          "C",
          "RUN mkdir -p /opt/app",
          "12 B",
          "3",
          "3",
        ],
        [
          "D",
          "COPY site /srv/site",
          "30 MiB",
          "2",
          "1",
        ],
        [
          "E",
          "COPY conf /etc/conf",
          "2 KiB",
          "2",
          "1",
        ],
        [
          "",
          "COPY app /opt/app/bin",
          "not known",
          "1",
          "1",
        ],
      ]
    `);
  });

  it('are home to whatever the picture links to', () => {
    const homes = new Set(layers.rows.map(({ item }) => item));
    expect(homes.size).toBe(layers.rows.length);
    const links = [...stacksOf(SHOP).matchAll(/href="#(layer:[^"]+)"/g)].map(([, item]) =>
      decodeURIComponent(item ?? ''),
    );
    expect(links).toHaveLength(7);
    for (const item of links) expect(homes).toContain(item);
  });

  it('say what a container stands on, and why a size is not known', () => {
    const rows = tableOf(content, 'containers').rows;
    expect(textsOf(tableOf(content, 'containers')).map((row) => row.slice(0, 4))).toEqual([
      ['api', 'docker', 'acme/api:1', 'proven by record'],
      ['db', 'docker', 'acme/db:15', 'proven by record'],
      ['spare', 'docker, not running', 'acme/db:15', 'proven by record'],
      ['web-1', 'docker', 'acme/web:2', 'proven by record'],
      ['web-2', 'docker', 'acme/web:2', 'proven by record'],
    ]);
    expect(rows[0]?.cells[5]).toMatchObject({ text: 'not known', note: 'the engine did not count it' });
    expect(rows[1]?.cells[5]).toMatchObject({ text: '180 MiB', value: String(180 << 20) });
    expect(rows[3]?.cells[7]?.note).toContain('nsinspect layers docker:web-1 --files');
  });

  it('say what is kept in vain', () => {
    const steps = [['COPY same /same', 5000]] as const;
    const made: MadeStores = {
      images: {
        'a:1': { steps: [['COPY a /', 100]] },
        'b:1': { steps: [['COPY b /', 100]] },
        'one:1': { from: 'a:1', steps },
        'two:1': { from: 'b:1', steps },
        old: { from: 'a:1', steps: [['COPY old /', 700]], tags: [] },
      },
      orphans: ['/var/lib/docker/overlay2/left/diff'],
    };
    const rows = textsOf(tableOf(contentOf(section, worldWith(made)), 'waste'));
    expect(rows.map(([what, , size]) => [what, size])).toEqual([
      ['orphan', 'not known'],
      ['untagged image', '700 B'],
      ['stored twice', '4.9 KiB'],
    ]);
  });
});

describe('findings', () => {
  it('name an orphaned layer', () => {
    expect(contentOf(section, worldWith(SHOP)).findings).toEqual([
      {
        kind: 'layer-orphaned',
        severity: 'medium',
        text: '1 orphaned layer in the store of docker overlay2 in /var/lib/docker: how much is in them is not known without a walk.',
        count: 1,
        item: null,
      },
    ]);
  });

  it('name a container whose image nothing proves', () => {
    const change = (store: LayerStore): LayerStore => ({
      ...store,
      containers: store.containers.map((one) => (one.name === 'db' ? { ...one, image: null } : one)),
      images: store.images.filter(({ tags }) => !tags.includes('acme/db:15')),
    });
    const { findings } = contentOf(section, worldWith({ ...SHOP, orphans: [], change }));
    expect(findings.map(({ kind, text }) => [kind, text])).toEqual([
      ['layer-lineage-unproven', expect.stringMatching(/^Which image db, spare are made from cannot be proven/)],
    ]);
  });
});

describe('what is not known', () => {
  it('is said where no store was found', () => {
    const capture = storesCapture(SHOP);
    const none = { version: 1 as const, stores: [], aufs: [], coverage: { unread: [] } };
    const content = contentOf(section, worldOf({ ...capture, layers: none }));
    expect(content.summary).toBe('No layer store of an engine was found; 4 containers without one.');
    expect(textsOf(tableOf(content, 'containers'))[0]?.[3]).toMatch(/^not proven: its directories are named as/);
  });

  it('hides build steps of a redacted capture', () => {
    const capture = { ...storesCapture(SHOP), redacted: true };
    const steps = textsOf(tableOf(contentOf(section, worldOf(capture)), 'layers')).map(([, , step]) => step);
    expect(new Set(steps)).toEqual(new Set(['left out (redacted)']));
  });
});

it('names that mean harm do nothing', () => {
  const made: MadeStores = {
    images: Object.fromEntries(HOSTILE.map((name, at) => [`i${at}`, { steps: [[name, at]], tags: [name] }])),
    containers: Object.fromEntries(HOSTILE.map((name, at) => [`c${at}`, { image: `i${at}`, name }])),
    orphans: HOSTILE.map((name) => `/var/lib/docker/overlay2/${name.slice(0, 200)}/diff`),
  };
  const svg = stacksOf(made);
  const python =
    'import sys, xml.dom.minidom as m; print(m.parseString(sys.stdin.buffer.read()).documentElement.tagName)';
  expect(execFileSync('python3', ['-c', python], { input: svg, encoding: 'utf8' })).toBe('svg\n');
  expect(svg).not.toMatch(/<img|<script/);
  documentOf(section, worldWith(made));
});
