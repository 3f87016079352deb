/** `bench` with real containers, killed by SIGKILL at a random moment; what is left after `bench clean`, and of others. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';

import type { BenchCleanDocument } from '../../src/schema/bench-clean.ts';
import type { ProbeRuntime } from '../../src/schema/bench.ts';
import { CLI, cliJson, ROOT, run } from './cli.ts';
import { filesOf, Foreign, foreignCgroups, leftOf, remade, runtimeState } from './left.ts';

/** When whom. */
export interface Moment {
  readonly command: readonly string[];
  readonly runtime: ProbeRuntime;
  /** After the first thing was made for a probe. */
  readonly ms: number;
  /** Whether what it started itself (not containers, which are in sessions of their own) is killed with it. */
  readonly group: boolean;
}

const COMMANDS = [
  ['bench', 'limits', '--quick'],
  ['bench', 'startup', '--quick'],
  ['bench', 'isolation', '--quick'],
];

/** Longer than any one probe takes. */
const LONGEST_MS = 6000;

/** Numbers from 0 to below 1, the same for the same seed (a linear congruential generator, modulus 2^32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Moments from a seed, with all of these runtimes and commands in turn. */
export function momentsOf(
  seed: number,
  count: number,
  runtimes: readonly ProbeRuntime[],
  longestMs = LONGEST_MS,
): Moment[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => ({
    command: COMMANDS[Math.floor(index / runtimes.length) % COMMANDS.length]!,
    runtime: runtimes[index % runtimes.length]!,
    ms: Math.floor(random() * longestMs),
    group: random() < 0.5,
  }));
}

/** What was found. */
export interface Kill {
  /** What was there of the maker before `bench clean`, in numbers: `12 cgroups`. */
  readonly before: readonly string[];
  /** What is there after it: all empty. */
  readonly left: readonly string[];
  /** What became of others: empty. */
  readonly disturbed: readonly string[];
}

/** Starts it, kills it, cleans up. `DOCKER_HOST` is that of this process. */
export async function kill(moment: Moment): Promise<Kill> {
  const foreign = new Foreign();
  try {
    const [planted, cgroups] = [foreign.look(), foreignCgroups()];
    const known = new Set(runtimeState());
    const pid = await startAndKill(moment);
    const there = leftOf(pid);
    const { kept } = await cliJson<BenchCleanDocument>('bench', 'clean', '--json');
    const left = [
      ...kept.filter(({ what }) => what.includes(`-${pid}-`)).map(({ what, why }) => `${what}: ${why}`),
      ...Object.entries(leftOf(pid)).flatMap(([kind, found]) => found.map((one) => `${kind}: ${JSON.stringify(one)}`)),
      ...filesOf(pid),
      ...runtimeState().filter((at) => !known.has(at)),
      ...(moment.runtime === 'docker' ? await dockers() : []),
    ];
    const disturbed = remade(cgroups, foreignCgroups());
    if (!isDeepStrictEqual(foreign.look(), planted)) {
      disturbed.push(`${JSON.stringify(planted)} became ${JSON.stringify(foreign.look())}`);
    }
    const before = Object.entries(there).flatMap(([kind, found]) =>
      found.length === 0 ? [] : [`${found.length} ${kind}`],
    );
    return { before, left, disturbed };
  } finally {
    await foreign.remove();
  }
}

/** Gives the pid that it had. */
async function startAndKill({ command, runtime, ms, group }: Moment): Promise<number> {
  const [program, ...args] = [...CLI, ...command, '--runtime', runtime];
  const maker = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'ignore'], detached: true });
  const ended = once(maker, 'exit');
  const pid = maker.pid!;
  const stands = () => {
    if (maker.exitCode !== null) throw new Error(`${command.join(' ')} --runtime ${runtime} ended by itself`);
    return leftOf(pid).cgroups.length > 0;
  };
  try {
    while (!stands()) await sleep(10);
    await sleep(ms);
    // Between two containers there is nothing that could be left: it is stopped for the look.
    for (maker.kill('SIGSTOP'); !stands(); maker.kill('SIGSTOP')) {
      maker.kill('SIGCONT');
      await sleep(2);
    }
  } finally {
    if (maker.exitCode === null) process.kill(group ? -pid : pid, 'SIGKILL');
    await ended;
  }
  return pid;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Containers and images of the daemon: the test's own, in which there is nothing else. */
async function dockers(): Promise<string[]> {
  const lists = await Promise.all([run(['docker', 'ps', '--all', '--quiet']), run(['docker', 'images', '--quiet'])]);
  return lists.flatMap(({ stdout, stderr }) => `${stdout}${stderr}`.split('\n').filter((line) => line !== ''));
}
