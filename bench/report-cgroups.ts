/** What of the report is about cgroups. */
import type { CgroupCrowd } from './cgroup-crowd.ts';
import type { Measurement } from './measure.ts';
import { count, mb, ms, table, type Target } from './table.ts';

/** What was measured with one crowd in cgroups. */
export interface CgroupSizeResult {
  readonly crowd: CgroupCrowd;
  readonly peers: ReadonlyMap<string, Measurement>;
}

const GRAPH = 'nsinspect cgroup graph --json';

/** What the graph of the largest crowd may cost. */
export function cgroupTargets(sizes: readonly CgroupSizeResult[]): Target[] {
  const largest = sizes.at(-1);
  if (largest === undefined) return [];
  const graph = largest.peers.get(GRAPH);
  const crowd = sizeText(largest.crowd);
  return [
    [`\`cgroup graph --json\` at ${crowd}`, graph?.wallMs ?? NaN, 2000, ms],
    ['its memory', graph?.peakMb ?? NaN, 400, mb],
  ];
}

/** The sections about cgroups; empty where nothing was measured. */
export function cgroupSections(sizes: readonly CgroupSizeResult[]): string {
  const [first] = sizes;
  if (first === undefined) return '';
  const names = [...first.peers.keys()];
  return `
## Cgroups

Threads, ten to a process, in cgroups that the benchmark makes: as many in each of ${first.crowd.hierarchies} hierarchies, one thread of some
processes in another cgroup than the rest. \`cgroup graph\` reads the cgroups of every thread, and every list of members beside
them, to hold the one against the other. \`systemd-cgls\` reads one hierarchy, and processes alone.
${sizes.map(sizeSection).join('')}${sizes.length > 1 ? growth(sizes, names) : ''}`;
}

function sizeText({ cgroups, threads }: CgroupCrowd): string {
  return `${count(cgroups)} cgroups and ${count(threads)} threads`;
}

function sizeSection({ crowd, peers }: CgroupSizeResult): string {
  return `
### ${sizeText(crowd)}

${table(
  ['command', 'wall', 'CPU', 'memory'],
  [...peers].map(([name, one]) => [`\`${name}\``, ms(one.wallMs), ms(one.cpuMs), mb(one.peakMb)]),
)}
`;
}

function growth(sizes: readonly CgroupSizeResult[], names: readonly string[]): string {
  return `
### Growth with cgroups

Microseconds of CPU time a thread, the start-up included. What rises with the number of threads grows faster than it.

${table(
  ['command', ...sizes.map(({ crowd }) => count(crowd.threads))],
  names.map((name) => [
    `\`${name}\``,
    ...sizes.map(({ peers, crowd }) => (((peers.get(name)?.cpuMs ?? NaN) / crowd.threads) * 1000).toFixed(1)),
  ]),
)}
`;
}
