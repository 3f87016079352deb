/** Changes in the report: two sides made by hand, and a history; `vitest -u` draws the golden pictures anew. */
import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import section from '../../reports/report/sections/changes.ts';
import type { TimelinePoint } from '../../reports/report/world.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { made, mountOf, number, STATUS, WEB2, WEB_NS } from '../diff/made.ts';
import { INITIAL } from '../support/facts.ts';
import { worldOf, worldOfPair } from '../support/world.ts';
import { HOSTILE } from './made-report.ts';
import { contentOf, documentOf, picturesOf, tableOf, textsOf } from './support.ts';

const MIB = 1n << 20n;

const BEFORE = made();
/** More memory, the host's network, a capability more, and something mounted. */
const AFTER = made({
  ns: { ...WEB_NS, net: INITIAL.net },
  status: { capEff: '00000000a80425ff' },
  memory: { 'memory.limit_in_bytes': number(512n * MIB) },
  webMounts: [mountOf('/hostetc')],
});

const point = (at: number, more: Partial<TimelinePoint> = {}): TimelinePoint => ({
  snapshot: at + 1,
  takenAt: new Date(Date.UTC(2026, 0, 2, 3, at)).toISOString(),
  label: null,
  processes: 100 + (at % 7),
  containers: 4 + (at % 2),
  changes: at === 0 ? null : (at * 5) % 11,
  loosened: at === 0 ? null : Number(at % 4 === 3),
  ...more,
});

const LATER = new Date(Date.UTC(2026, 0, 3, 3)).toISOString();

const TIMELINE = [
  ...Array.from({ length: 11 }, (_, at) => point(at)),
  point(11, { takenAt: LATER, label: 'after the update' }),
];

describe('two sides', () => {
  const world = worldOfPair(BEFORE, AFTER);
  const content = contentOf(section, world);

  it('are drawn as they were', async () => {
    await expect(picturesOf(section, world).get('changes-changes')).toMatchFileSnapshot('golden/changes.svg');
  });

  it('are told in a table, each change once, by aspect', () => {
    expect(
      textsOf(tableOf(content, 'changes')).map(([who, aspect, effect, what]) => `${who} ${aspect} ${effect}: ${what}`),
    ).toMatchInlineSnapshot(`
      [
        "web limits loosened: memory limit loosened 64 MiB -> 512 MiB (cgroup /docker/773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f)",
        "web namespaces loosened: joined the host's net namespace, net:[204] -> net:[104]",
        "web namespaces removed: namespace net:[204] ended (pid 100 httpd)",
        "web rights loosened: gained CAP_DAC_READ_SEARCH in eff",
        "web mounts added: mount /hostetc added (the host's /hostetc, writable)",
      ]
    `);
  });

  it('have the counts of the picture in a table', () => {
    const { columns, rows } = tableOf(content, 'matrix');
    const at = columns.findIndex(({ key }) => key === 'limits');
    expect(rows[0]?.cells[at]).toEqual({ text: '▲1', mark: 'loosened', note: '1 loosened' });
    expect(rows[0]?.cells.slice(0, 3).map(({ text }) => text)).toEqual([
      'web',
      'busybox, 1 process',
      'busybox, 1 process',
    ]);
  });

  it('lead to findings where something was loosened', () => {
    expect(content.findings.map(({ kind, severity, count, item }) => ({ kind, severity, count, item })))
      .toMatchInlineSnapshot(`
      [
        {
          "count": 3,
          "item": "container:docker:773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f",
          "kind": "loosened",
          "severity": "high",
        },
        {
          "count": 1,
          "item": "container:docker:773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f",
          "kind": "isolation-changed",
          "severity": "medium",
        },
      ]
    `);
    expect(content.findings[0]?.text).toMatch(/^web: memory limit loosened 64 MiB -> 512 MiB/);
  });

  it('say nothing where nothing changed', () => {
    const same = contentOf(section, worldOfPair(BEFORE, made()));
    expect(same.summary).toBe('Nothing changed since before.nsc, 2026-01-02 03:20:40 UTC.');
    expect(same.blocks.filter(({ kind }) => kind === 'picture')).toEqual([]);
  });

  it('show a container that was made anew with both of its lives', () => {
    const anew = contentOf(section, worldOfPair(BEFORE, made({ id: WEB2, image: 'busybox:2' })));
    const [row] = textsOf(tableOf(anew, 'matrix'));
    expect(row?.slice(0, 3)).toEqual(['web', 'busybox, 1 process', 'busybox:2, 1 process']);
  });

  it('show one that came and one that went', () => {
    const came = contentOf(section, worldOfPair(made({ leader: null }), BEFORE));
    expect(textsOf(tableOf(came, 'matrix'))[0]?.slice(0, 3)).toEqual(['web', 'not there', 'busybox, 1 process']);
    const went = contentOf(section, worldOfPair(BEFORE, made({ leader: null })));
    expect(textsOf(tableOf(went, 'matrix'))[0]?.slice(0, 3)).toEqual(['web', 'busybox, 1 process', 'gone']);
  });

  it('say what cannot be compared', () => {
    const { mounts: _mounts, ...without } = AFTER;
    const some = contentOf(section, worldOfPair(BEFORE, without));
    expect(some.blocks[0]).toMatchObject({
      kind: 'text',
      text: expect.stringMatching(/^Not compared: mounts, /) as string,
    });
    expect(some.findings.at(-1)).toMatchObject({ kind: 'not-compared', severity: 'low' });
    expect(picturesOf(section, worldOfPair(BEFORE, without)).get('changes-changes')).toContain('mounts not compared: ');
  });

  it('draw at most forty containers, those with something loosened among them', () => {
    const many = Array.from({ length: 60 }, (_, at) => ({
      id: String(at).padStart(2, '0').repeat(32),
      name: `c${at}`,
    }));
    const capture = (loose: number): Capture =>
      made({
        paths: many.map(({ id }) => `/docker/${id}`),
        processes: many.map((_, at) => ({
          ...AFTER.tasks!.processes.find(({ pid }) => pid === 100)!,
          pid: 1000 + at,
          start: 10_000 + at,
          ppid: 1,
          cgroup: at + 2,
          detail: {
            status: {
              ...STATUS,
              capEff: at === 59 && loose > 0 ? '00000000a80425ff' : STATUS.capEff,
              noNewPrivs: loose > 0,
            },
          },
        })),
        records: many.map(({ id, name }) => ({ ...AFTER.engines!.containers[0]!, id, name })),
      });
    const world = worldOfPair(capture(0), capture(1));
    const svg = picturesOf(section, world).get('changes-changes') ?? '';
    expect(svg.match(/data-way="g\d+"/g)?.length).toBeGreaterThan(40);
    expect(new Set(svg.match(/data-way="g\d+"/g)).size).toBe(40);
    expect(svg).toContain('>c59<');
    expect(svg).toContain('more containers with changes: in the table');
    expect(tableOf(contentOf(section, world), 'matrix').rows.length).toBeGreaterThanOrEqual(60);
  });
});

describe('the history', () => {
  const world = worldOf(AFTER, { timeline: TIMELINE });

  it('is drawn as it was', async () => {
    await expect(picturesOf(section, world).get('changes-timeline')).toMatchFileSnapshot('golden/timeline.svg');
  });

  it('is in a table, with what was not compared', () => {
    const rows = textsOf(tableOf(contentOf(section, world), 'timeline'));
    expect(rows[0]).toEqual(['1', '2026-01-02 03:00:00 UTC', '', '4', '100', 'not compared', 'not compared']);
    expect(rows[11]).toEqual(['12', '2026-01-03 03:00:00 UTC', 'after the update', '5', '104', '0', '1']);
  });

  it('says where a much longer time lies between', () => {
    expect(picturesOf(section, world).get('changes-timeline')).toContain('⋯ 23h 50m');
  });

  it('has no line of two', () => {
    const two = contentOf(section, worldOf(AFTER, { timeline: TIMELINE.slice(0, 2) }));
    expect(two.blocks.map(({ kind }) => kind)).toEqual(['table']);
  });

  it('survives sixty snapshots of which nothing is known', () => {
    const empty = Array.from({ length: 60 }, (_, at) =>
      point(at, { processes: null, containers: null, changes: null, loosened: null }),
    );
    documentOf(section, worldOf(AFTER, { timeline: empty }));
  });
});

it('without an earlier side it says how to get one', () => {
  expect(section.contentOf(worldOf(AFTER))).toEqual({ missing: expect.stringContaining('--before') as string });
});

it('names that mean harm do nothing', () => {
  for (const name of HOSTILE) {
    const world = worldOfPair(
      made({ name, image: name }),
      made({ name, image: name, webMounts: [mountOf(`/${name}`)] }),
      {
        timeline: TIMELINE.map((one) => ({ ...one, label: name })),
        before: { name, capture: made({ name, image: name }), snapshot: 3 },
      },
    );
    documentOf(section, world);
    for (const svg of picturesOf(section, world).values()) {
      const python = 'import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())';
      execFileSync('python3', ['-c', python], { input: svg });
      expect(svg).not.toMatch(/<img|<script/);
    }
  }
});
