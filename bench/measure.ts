/** Runs programs and measures them, one after the other and in turns. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What is measured: a name for the table, and the command with its arguments. */
export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

/** One run, or the medians of several. */
export interface Measurement {
  readonly wallMs: number;
  /** Of all threads, in user and in kernel mode. */
  readonly cpuMs: number;
  readonly peakMb: number;
}

/** Runs a program and measures it from its start until it is gone. Throws where it does not succeed. */
export type Measure = (command: readonly string[]) => Promise<Measurement>;

/** Compiles the measuring program into `directory`. */
export async function makeMeasure(directory: string): Promise<Measure> {
  const program = path.join(directory, 'measure');
  await execute('cc', ['-O1', '-o', program, path.join(import.meta.dirname, 'measure.c')]);
  return async (command) => {
    const { stdout } = await execute(program, command);
    const [wall = NaN, user = NaN, system = NaN, peak = NaN, status = NaN] = stdout.trim().split(' ').map(Number);
    if (status !== 0) throw new Error(`${command.join(' ')} ended with wait status ${status}`);
    return { wallMs: wall / 1e3, cpuMs: (user + system) / 1e3, peakMb: peak / 1024 };
  };
}

/**
 * Medians of so many rounds, in each of which every peer runs once: whatever else the machine does meanwhile hits all
 * alike. A round before them is not counted: at the first look at a process the kernel makes what it then keeps.
 */
export async function measureInTurns(
  peers: readonly Peer[],
  rounds: number,
  measure: Measure,
): Promise<Map<string, Measurement>> {
  const runs = new Map<string, Measurement[]>(peers.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command } of peers) {
      const run = await measure(command);
      if (round > 0) runs.get(name)?.push(run);
    }
  }
  return new Map([...runs].map(([name, all]) => [name, medians(all)]));
}

function medians(runs: readonly Measurement[]): Measurement {
  return {
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
    cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
    peakMb: median(runs.map(({ peakMb }) => peakMb)),
  };
}

/** The value in the middle; of an even number of values the mean of the two there. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const above = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? above : ((sorted[half - 1] ?? NaN) + above) / 2;
}
