/** Measures the report's page: how long it takes to make, how large it is, and how fast a browser shows and searches it. */
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium, type Browser } from 'playwright-core';

import { encodeCapture } from '../src/capture/file.ts';
import { CLI } from '../test/support/cli.ts';
import { pathOf } from '../test/support/components.ts';
import { HistoryHost } from './history-crowd.ts';
import { measureInTurns, median, type Measure, type Measurement } from './measure.ts';
import { count, mb, ms, table, targetTable, type Target } from './table.ts';

/** Processes and containers. */
const SIZES = [
  [500, 20],
  [5000, 200],
  [20000, 800],
] as const;

/** The size for which there are targets. */
const AIM = 5000;

/** What is typed into the search, one after the other; the slowest counts. */
const SEARCHES = ['s', 'service', 'service-17', 'service-17 :80', 'no such thing', ''];

/** The page of one size. */
export interface PageSize {
  readonly processes: number;
  readonly containers: number;
  readonly made: Measurement;
  readonly bytes: number;
  /** Null: there is no Chromium. */
  readonly shown: Shown | null;
}

/** What a browser takes, in milliseconds: medians. */
export interface Shown {
  readonly paintMs: number;
  /** Until search, sorting and links work. */
  readonly readyMs: number;
  /** From a change of the search to the next picture, the slowest of several. */
  readonly searchMs: number;
}

/** Measures pages of captures that the benchmark makes up. */
export async function measurePages(
  directory: string,
  rounds: number,
  measure: Measure,
  tell: (what: string) => void,
): Promise<PageSize[]> {
  const executablePath = pathOf('chromium') ?? pathOf('google-chrome');
  const browser = executablePath === null ? null : await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const sizes: PageSize[] = [];
    for (const [processes, containers] of SIZES) {
      tell(`the report of ${processes} processes in ${containers} containers`);
      const [from, page] = [path.join(directory, 'report.nsc'), path.join(directory, 'report.html')];
      writeFileSync(from, encodeCapture(new HistoryHost({ tasks: processes, containers, layers: true }).capture()));
      const command = [...CLI, 'report', '--from', from, '-o', page];
      const made = (await measureInTurns([{ name: 'report', command }], rounds, measure)).get('report');
      if (made === undefined) throw new Error('what was measured has its result');
      const shown = browser === null ? null : await showing(browser, page, rounds);
      sizes.push({ processes, containers, made, bytes: statSync(page).size, shown });
    }
    return sizes;
  } finally {
    await browser?.close();
  }
}

async function showing(browser: Browser, file: string, rounds: number): Promise<Shown> {
  const runs: Shown[] = [];
  for (let round = 0; round <= rounds; round++) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
    // What runs in the page is text: the types of a browser are not known here.
    const [paintMs, readyMs] = await page.evaluate<[number, number]>(
      `[performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]`,
    );
    const searches = await page.evaluate<number[]>(`(async () => {
      const box = document.getElementById('find');
      const times = [];
      for (const text of ${JSON.stringify(SEARCHES)}) {
        // Each begins at a frame, so that waiting for the next one is not measured.
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
        box.value = text;
        const began = performance.now();
        box.dispatchEvent(new Event('input'));
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        times.push(performance.now() - began);
      }
      return times;
    })()`);
    if (round > 0) runs.push({ paintMs, readyMs, searchMs: Math.max(...searches) });
    await page.close();
  }
  const middle = (of: (run: Shown) => number): number => median(runs.map(of));
  return {
    paintMs: middle(({ paintMs }) => paintMs),
    readyMs: middle(({ readyMs }) => readyMs),
    searchMs: middle(({ searchMs }) => searchMs),
  };
}

const HEADING = '\n## Report\n';

/** The section of docs/performance.md; `machine` says what it was measured on. */
export function reportSection(sizes: readonly PageSize[], rounds: number, machine: string): string {
  return `${HEADING}
The page of a capture that the benchmark makes up, with the capture in it: \`npm run bench -- --only report\` measures this section alone.
Medians of ${rounds} rounds; \`report --from FILE\` from its start to its end, and the page in Chromium without a screen: first paint, until
search and links work, and from a change of the search to the next picture, the slowest of ${SEARCHES.length} searches. On ${machine}.

${targetTable(targetsOf(sizes.find(({ processes }) => processes === AIM)))}

${table(
  ['processes / containers', 'made', 'CPU', 'memory', 'page', 'first paint', 'usable', 'search'],
  sizes.map(({ processes, containers, made, bytes, shown }) => [
    `${count(processes)} / ${count(containers)}`,
    ms(made.wallMs),
    ms(made.cpuMs),
    mb(made.peakMb),
    megabytes(bytes),
    ...(shown === null ? ['-', '-', '-'] : [ms(shown.paintMs), ms(shown.readyMs), ms(shown.searchMs)]),
  ]),
)}
`;
}

function targetsOf(aim: PageSize | undefined): Target[] {
  return [
    [`page of ${count(AIM)} processes`, aim?.made.wallMs ?? NaN, 3000, ms],
    ['memory that it takes', aim?.made.peakMb ?? NaN, 500, mb],
    ['its size, the capture in it', aim?.bytes ?? NaN, 4 * 2 ** 20, megabytes],
    ['its first paint', aim?.shown?.paintMs ?? NaN, 1000, ms],
    ['a search in it', aim?.shown?.searchMs ?? NaN, 100, ms],
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
