/** Suites that measure all their rows in one go, and not probe by probe. */
import type { Launcher } from '../probe/launch/launcher.ts';
import { measureDensity } from '../probe/probes/density.ts';
import { measureStartup } from '../probe/probes/startup/startup.ts';
import { lookAround } from '../probe/probes/world.ts';
import type { ProbeResult, Suite } from '../schema/bench.ts';
import type { Progress } from './bench-progress.ts';

/** What a command was told of them. */
export interface MeasuredWishes {
  /** Kernel image for a virtual machine; null: looked for where packages install it. */
  readonly guestKernel: string | null;
  /** Idle containers at most. */
  readonly most: number | undefined;
}

const QUICK_CONTAINERS = 5;

/** Their results, of those among the suites; the launchers work here. */
export async function measureWhole(
  suites: readonly Suite[],
  launchers: readonly Launcher[],
  quick: boolean,
  { guestKernel, most = quick ? QUICK_CONTAINERS : undefined }: MeasuredWishes,
  progress: Progress,
): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  const [first] = launchers;
  if (suites.includes('startup') && first !== undefined) {
    const world = lookAround(first);
    const onRound = (done: number, of: number): void => progress.say(`startup: round ${done} of ${of}`);
    results.push(...(await measureStartup({ launchers, world, quick, guestKernel, progress: onRound })));
  }
  if (suites.includes('density')) {
    for (const launcher of launchers) {
      const onContainer = (done: number, of: number): void =>
        progress.say(`density: ${done} containers of ${of} (${launcher.runtime})`);
      const limits = most === undefined ? {} : { most };
      results.push(await measureDensity(launcher, { ...limits, progress: onContainer }));
    }
  }
  return results;
}
