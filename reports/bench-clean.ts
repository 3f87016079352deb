/** What `bench clean` found, for a person. */
import type { BenchCleanDocument } from '../src/schema/bench-clean.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

/** A line a thing, and the sum. */
export function benchCleanLines(document: BenchCleanDocument, style: Style): string[] {
  const { dryRun, cgroups, pids, mounts, directories, containers, kept } = document;
  const done = dryRun ? 'would remove' : 'removed';
  const kinds = [
    pids.map((pid) => `${dryRun ? 'would end' : 'ended'} process ${pid}`),
    cgroups.map((at) => `${done} cgroup ${at}`),
    containers.map((name) => `${done} container ${name}`),
    mounts.map((at) => `${dryRun ? 'would unmount' : 'unmounted'} ${at}`),
    directories.map((at) => `${done} ${at}`),
  ];
  const count = kinds.reduce((sum, { length }) => sum + length, 0);
  const said = (text: string): string[] => wrap(terminalSafe(text), style.columns ?? Infinity, style);
  return [
    ...kinds.flatMap(fewOf).map(terminalSafe),
    ...fewOf(kept.map(({ what, why }) => `kept ${what}: ${why}`))
      .flatMap(said)
      .map(style.yellow),
    ...said(
      count === 0
        ? 'nothing of a probe is left behind'
        : `${formatPlural(count, 'thing')} of dead probes ${dryRun ? 'found' : 'removed'}`,
    ),
  ];
}

/** A killed benchmark may leave thousands of cgroups, of which nobody reads more than some. */
const MOST = 10;

function fewOf(lines: readonly string[]): string[] {
  if (lines.length <= MOST) return [...lines];
  return [...lines.slice(0, MOST - 1), `and ${lines.length - MOST + 1} more like this: --json names each`];
}
