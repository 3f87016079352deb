/** How long the steps of `ls` take inside its process. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { build } from 'esbuild';

import { ROOT } from '../test/support/cli.ts';
import { median } from './measure.ts';

const execute = promisify(execFile);

/** The steps, in their order, with what each does. */
export const PARTS: Readonly<Record<string, string>> = {
  host: 'which machine it is',
  threads: 'start of further threads, which go on by themselves',
  mounts: "the kernel's list of mount namespaces, and the mounts of namespaces in each",
  tasks: 'every process and thread: links, state, cgroup, open files, sockets',
  namespaces: 'what the kernel says of each namespace, its parents and owners',
  engines: 'processes and files of container engines',
  model: 'namespaces and their holders, containers and their processes',
  rows: 'the rows of the table',
  table: 'the table as text',
  json: 'or the same as JSON',
};

/** What one run of bench/parts.ts prints. */
interface PartsRun {
  readonly times: Readonly<Record<string, number>>;
  readonly namespaces: number;
}

/** Medians in milliseconds, by step. */
export interface PartTimes {
  readonly times: ReadonlyMap<string, number>;
  /** Rows in the table: it has one for each namespace. */
  readonly namespaces: number;
}

/** Bundles the program that is measured, for as long as `use` takes, and hands on how to run it on so many threads. */
export async function withParts<T>(
  use: (measure: (threads: number, rounds: number) => Promise<PartTimes>) => Promise<T>,
): Promise<T> {
  // In the checkout, where koffi is found, and below a `dist`, where the scan looks for its worker.
  const directory = path.join(ROOT, `dist.${process.pid}.tmp`);
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: { parts: 'bench/parts.ts', worker: 'src/capture/worker.ts' },
      outdir: path.join(directory, 'dist'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22.12',
      logLevel: 'warning',
      external: ['koffi'],
    });
    const program = path.join(directory, 'dist/parts.js');
    return await use(async (threads, rounds) => {
      const runs: PartsRun[] = [];
      for (let round = 0; round < rounds; round++) {
        const { stdout } = await execute(process.execPath, [program, String(threads)]);
        runs.push(JSON.parse(stdout) as PartsRun);
      }
      return {
        times: new Map(Object.keys(PARTS).map((name) => [name, median(runs.map(({ times }) => times[name] ?? NaN))])),
        namespaces: median(runs.map(({ namespaces }) => namespaces)),
      };
    });
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}
