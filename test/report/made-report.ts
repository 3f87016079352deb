/** A report of made sections, small and hostile. */
import { buildReport } from '../../reports/report/document.ts';
import type { Report } from '../../reports/report/document.ts';
import type { Section } from '../../reports/report/section.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { worldOf } from '../support/world.ts';

/** Names as they come from a container that means harm. */
export const HOSTILE = [
  '</script><img src=x onerror=alert(1)>',
  '"\'><svg onload=alert(2)>',
  '\u001b]0;title\u0007\u001b[2J',
  'right\u202eto left',
  'x'.repeat(4000),
  'a | b `c` [d](http://e) @all #1 &lt;',
  'nul\u0000\ufffe\ud800',
] as const;

/** A capture with nothing but a host. */
export const BARE: Capture = {
  schema: 'nsinspect/capture/1',
  tool: { name: 'nsinspect', version: '1.2.3' },
  takenAt: '2026-03-01T12:00:00.000Z',
  durationMs: 12,
  source: { kind: 'live' },
  redacted: false,
  host: {
    version: 1,
    hostname: HOSTILE[0],
    kernel: '6.1.0',
    bootId: '0f0f0f0f-1111-2222-3333-444455556666',
  } as Capture['host'],
};

/** One block of every kind, with hostile names in each place that takes a text. */
export const HOSTILE_SECTION: Section = {
  id: 'made',
  order: 1,
  title: 'Made',
  question: 'Does it hold?',
  needs: [],
  contentOf: () => ({
    summary: HOSTILE.join(' '),
    findings: [
      { kind: 'minor', severity: 'low', text: 'little', count: 9, item: null },
      { kind: 'hostile', severity: 'high', text: HOSTILE.join(' '), count: 1, item: HOSTILE[0] },
      { kind: 'more', severity: 'high', text: 'twice', count: 2, item: null },
    ],
    blocks: [
      { kind: 'text', text: HOSTILE.join(' ') },
      {
        kind: 'picture',
        name: 'picture',
        title: HOSTILE[0],
        description: HOSTILE.join(' '),
        width: 300,
        height: 200,
        draw: ({ svg }) => {
          for (const [at, name] of HOSTILE.entries()) {
            svg
              .append('text')
              .attr('y', 20 * at)
              .attr('data-way', name)
              .text(name);
          }
        },
      },
      {
        kind: 'table',
        name: 'names',
        caption: HOSTILE[0],
        columns: [
          { key: 'name', title: HOSTILE[1], align: 'left', unit: null },
          { key: 'bytes', title: 'Bytes', align: 'right', unit: 'bytes' },
        ],
        rows: HOSTILE.map((name, at) => ({
          item: `name:${name}`,
          cells: [
            { text: name, item: HOSTILE[0], note: name },
            { text: `${at} KiB`, value: String(at * 1024) },
          ],
        })),
        shown: 3,
      },
      {
        kind: 'choice',
        name: 'views',
        options: [
          {
            title: HOSTILE[0],
            blocks: [
              {
                kind: 'tree',
                name: 'tree',
                caption: HOSTILE[1],
                nodes: HOSTILE.map((name) => ({
                  item: `node:${name}`,
                  text: name,
                  cells: [{ text: name, mark: 'host' as const }],
                  children: [{ item: null, text: name, cells: [], children: [], open: false }],
                  open: true,
                })),
              },
            ],
          },
        ],
      },
    ],
  }),
};

/** A section whose facts are not there. */
export const LACKING_SECTION: Section = {
  ...HOSTILE_SECTION,
  id: 'lacking',
  needs: ['tasks', 'cgroups'],
};

/** The report of both. */
export function madeReport(): Report {
  const world = worldOf(BARE, { side: { name: HOSTILE[0], capture: BARE, snapshot: null } });
  return buildReport(world, [HOSTILE_SECTION, LACKING_SECTION]);
}
