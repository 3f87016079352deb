/** The section of limits: bars, marks, what was met, and what it finds. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, test } from 'vitest';

import { picturesOf } from '../../reports/report/document.ts';
import { Studio } from '../../reports/report/picture.ts';
import type { Content } from '../../reports/report/section.ts';
import section from '../../reports/report/sections/limits.ts';
import { decodeCapture } from '../../src/capture/file.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { ROOT } from '../support/cli.ts';
import { captureOf, fixture } from '../support/replay.ts';
import { worldOf } from '../support/world.ts';
import { madeCapture, madeCrowd, madeId, type MadeTree, type MadeUnit, v2Files } from './made-cgroups.ts';
import { HOSTILE } from './made-report.ts';
import { expectHarmless, readable } from './pictures.ts';

function contentOf(capture: Capture): Content {
  const content = section.contentOf(worldOf(capture));
  if ('missing' in content) throw new Error(content.missing);
  return content;
}

const drawn = (content: Content): string =>
  picturesOf(content.blocks)
    .map((picture) => new Studio().drawFile(picture, `limits-${picture.name}`))
    .join('');

function rowsOf(content: Content, name: string) {
  return content.blocks.flatMap((block) => (block.kind === 'table' && block.name === name ? block.rows : []));
}

/** The cells of a row of the table of all, by the first one. */
function cellsOf(content: Content, who: string) {
  return rowsOf(content, 'bounded').find(({ cells }) => cells[0]?.text === who)?.cells ?? [];
}

const MIB = 2 ** 20;

const V2: MadeTree = { id: 0, controllers: ['cpu', 'memory', 'pids'] };

function container(n: number, name: string, files: Readonly<Record<string, string>>, slice = 'system.slice'): MadeUnit {
  return {
    name,
    id: madeId(n),
    paths: { 0: `/${slice}/docker-${madeId(n)}.scope` },
    processes: 1,
    files: { 0: files },
  };
}

const CALM = { memory: String(64 * MIB), used: 8 * MIB, pids: '64', tasks: 3 };
const calm = container(1, 'calm', v2Files(CALM));
const full = container(2, 'full', v2Files({ ...CALM, used: 63 * MIB }));
const cached = container(3, 'cached', {
  ...v2Files({ ...CALM, used: 56 * MIB }),
  'memory.stat': `anon 1\nfile ${40 * MIB}\ninactive_file ${40 * MIB}`,
});
const free = container(4, 'free', v2Files({ ...CALM, memory: 'max', pids: 'max' }));
const killed = container(5, 'killed', v2Files({ ...CALM, kills: 2 }));
const forks = container(6, 'forks', { ...v2Files({ ...CALM, pids: '3' }), 'pids.events': 'max 17' });
const slow = container(7, 'slow', v2Files({ ...CALM, cpu: '10000', stopped: 150, stall: 42.5 }));
const squeezed = container(8, 'squeezed', v2Files(CALM), 'small.slice');
const SMALL: MadeTree = {
  ...V2,
  files: { '/small.slice': v2Files({ memory: String(32 * MIB), used: 30 * MIB, pids: 'max', tasks: 3 }) },
};

const ALL = [calm, full, cached, free, killed, forks, slow, squeezed];

test('the shop is drawn as it was', async () => {
  const bytes = readFileSync(path.join(ROOT, 'docs/gallery/before.nsc'));
  await expect(readable(drawn(contentOf(decodeCapture(bytes, 'before.nsc'))))).toMatchFileSnapshot(
    'golden/limits-shop.svg',
  );
});

test('near, met, without end and imposed from above look different', async () => {
  await expect(readable(drawn(contentOf(madeCapture([SMALL], ALL))))).toMatchFileSnapshot('golden/limits-marks.svg');
});

describe('the table', () => {
  const content = contentOf(madeCapture([SMALL], ALL));

  it.each([
    ['docker:calm', '8 MiB of 64 MiB (12.5%)', undefined],
    ['docker:full', '63 MiB of 64 MiB (98.4%)', 'near'],
    ['docker:free', '8 MiB, no limit', 'absent'],
    ['docker:killed', '8 MiB of 64 MiB (12.5%)', 'over'],
    ['docker:squeezed', '30 MiB of 32 MiB (93.8%)', 'near'],
  ])('%s: memory %s', (who, text, mark) => {
    const [, , , memory] = cellsOf(content, who);
    expect([memory?.text, memory?.mark]).toEqual([text, mark]);
  });

  it('counts what was met', () => {
    expect(cellsOf(content, 'docker:killed')[4]).toEqual({ text: '2', value: '2' });
    expect(cellsOf(content, 'docker:forks').slice(6, 8)).toMatchObject([{ mark: 'over' }, { text: '17' }]);
    expect(cellsOf(content, 'docker:slow').slice(1, 3)).toMatchObject([
      { text: '0.1 CPUs', mark: 'over' },
      { text: '75%', value: '0.75' },
    ]);
    expect(cellsOf(content, 'docker:slow')[8]).toEqual({ text: '42.5%', value: '42.5' });
  });

  it('leads to who imposes', () => {
    const imposers = rowsOf(content, 'limits')
      .map(({ cells }) => cells)
      .filter(
        ([who, resource]) => ['docker:calm', 'docker:squeezed'].includes(who!.text) && resource!.text === 'memory',
      )
      .map((cells) => [cells[6]!.text, cells[6]!.item]);
    const keyOf = (at: string) => worldOf(madeCapture([SMALL], ALL)).graph.index.at(0, at)!.key;
    expect(imposers).toEqual([
      ['its own cgroup', `cgroup:${keyOf(calm.paths[0]!)}`],
      ['/small.slice', `cgroup:${keyOf('/small.slice')}`],
    ]);
  });

  it('has cgroups of the host that set a limit, and none that is in a container', () => {
    const labels = rowsOf(content, 'bounded').map(({ cells }) => cells[0]!.text);
    expect(labels.filter((label) => label.startsWith('/'))).toEqual(['/small.slice']);
  });
});

test('what it finds', () => {
  const { findings } = contentOf(madeCapture([SMALL], ALL));
  expect(findings.map(({ kind, severity, count, text }) => [severity, kind, count, text])).toEqual([
    ['high', 'limit-hit-memory', 1, 'The kernel killed processes for want of memory in docker:killed (2 times).'],
    ['high', 'limit-hit-pids', 1, 'New tasks were refused because of pids.max in docker:forks (17 times).'],
    ['medium', 'limit-hit-cpu', 1, 'A cpu quota was used up and stopped docker:slow (75% of its periods).'],
    [
      'medium',
      'limit-near-memory',
      2,
      'Little is left of the limit of memory in docker:full (98.4% of 64 MiB), /small.slice (93.8% of 32 MiB).',
    ],
    [
      'low',
      'limit-near-memory',
      1,
      'Little is left of the limit of memory in docker:cached (87.5% of 64 MiB, 40 MiB of it file cache).',
    ],
    ['high', 'limit-near-pids', 1, 'Little is left of the limit of pids in docker:forks (100% of 3).'],
    ['medium', 'limit-absent-memory', 1, 'No limit of memory binds 1 of 8 containers: docker:free.'],
    ['medium', 'limit-absent-pids', 1, 'No limit of pids binds 1 of 8 containers: docker:free.'],
    [
      'medium',
      'limit-above-ancestor',
      1,
      'A cgroup above allows less than the own limit of docker:squeezed (memory: 64 MiB, 32 MiB by /small.slice).',
    ],
  ]);
});

test('where nobody has a limit it matters less', () => {
  const { findings } = contentOf(madeCapture([V2], [free]));
  expect(findings.map(({ kind, severity }) => [kind, severity])).toEqual([
    ['limit-absent-memory', 'low'],
    ['limit-absent-pids', 'low'],
  ]);
});

test('200 containers are one picture, those with a mark first to be chosen, and all in the tables', () => {
  const content = contentOf(madeCrowd({ containers: 200, processes: 24, services: 100, below: 1700 }));
  const svg = drawn(content);
  expect(svg.match(/<[a-z]/g)!.length).toBeLessThan(2000);
  expect(svg).toContain('and 170 more containers, 25 of them near a limit: in the table');
  expect(svg).toContain('and 88 more cgroups, none of them near a limit: in the table');
  expect(rowsOf(content, 'bounded')).toHaveLength(300);
});

test('hostile names are names', () => {
  const units = HOSTILE.map((name, n) => container(n, name, v2Files(CALM)));
  const slice = `/${HOSTILE[0].replaceAll('/', '-')}`;
  const tree: MadeTree = { ...V2, files: { [slice]: v2Files(CALM) } };
  const inside: MadeUnit = { name: 'x', id: null, paths: { 0: slice }, processes: 1, files: { 0: v2Files(CALM) } };
  const svg = drawn(contentOf(madeCapture([tree], [...units, inside])));
  expectHarmless(svg);
  expect(svg).toContain('&lt;/script&gt;');
  expect(svg.length).toBeLessThan(100_000);
});

describe('what is missing is said', () => {
  it('where no hierarchy was walked', async () => {
    expect(section.contentOf(worldOf(await captureOf(fixture('docker'))))).toEqual({
      missing: 'no limit of cgroups could be found out in made: the hierarchy of cpu cannot be read: not collected',
    });
  });

  it('where files of limits were not read', () => {
    const capture = madeCapture([V2], [calm]);
    const cgroups = { ...capture.cgroups!, collected: { ...capture.cgroups!.collected, files: 'structure' as const } };
    expect(section.contentOf(worldOf({ ...capture, cgroups }))).toEqual({
      missing: 'the files of cgroups that state limits: not collected in made',
    });
  });

  it('where one of them could not be read', () => {
    const capture = madeCapture([V2], [calm]);
    const cgroups = capture.cgroups!.cgroups.map((one) => {
      const files = 'memory.max' in one.files ? { 'memory.max': { kind: 'unknown', outcome: 'denied' } as const } : {};
      return { ...one, files: { ...one.files, ...files } };
    });
    const content = contentOf({ ...capture, cgroups: { ...capture.cgroups!, cgroups } });
    expect(cellsOf(content, 'docker:calm')[3]).toMatchObject({
      text: 'not known',
      mark: 'unknown',
      note: expect.stringContaining('denied') as string,
    });
    expect(drawn(content)).toContain('>not known<');
    expect(content.findings.map(({ kind }) => kind)).not.toContain('limit-absent-memory');
  });
});
