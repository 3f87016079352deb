/** Writes down what was measured. Only figures differ from run to run. */
import type { HistoryResults } from './history.ts';
import type { Measurement } from './measure.ts';
import { PARTS, type PartTimes } from './part-times.ts';
import { cgroupSections, cgroupTargets, type CgroupSizeResult } from './report-cgroups.ts';
import { historySection } from './report-history.ts';
import { layersSection, type LayerResults } from './report-layers.ts';
import { reportSection, type PageSize } from './report-page.ts';
import { count, mb, ms, table, targetTable, type Target } from './table.ts';

/** The machine, as far as it bears on the figures. */
export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly node: string;
  readonly lsns: string | null;
  readonly cgls: string | null;
}

/** What was measured at one size of the crowd. */
export interface SizeResult {
  readonly processes: number;
  readonly containers: number;
  readonly peers: ReadonlyMap<string, Measurement>;
  /** By number of threads. */
  readonly parts: ReadonlyMap<number, PartTimes>;
}

/** Everything of one run. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  /** Rounds of start-up and of the machine without a crowd. */
  readonly shortRounds: number;
  readonly startUp: ReadonlyMap<string, Measurement>;
  readonly idle: ReadonlyMap<string, Measurement>;
  readonly sizes: readonly SizeResult[];
  readonly cgroups: readonly CgroupSizeResult[];
  readonly layers: LayerResults;
  readonly history: HistoryResults;
  readonly pages: readonly PageSize[];
}

const LSNS = 'lsns';

/** The page docs/performance.md. */
export function markdown({
  machine,
  rounds,
  shortRounds,
  startUp,
  idle,
  sizes,
  cgroups,
  layers,
  history,
  pages,
}: Results): string {
  const largest = sizes.at(-1);
  return `# Performance

Written by \`npm run bench\` as root. It plants a crowd of sleeping processes, so many to a container with seven namespaces of
its own (all but the user namespace), and runs every program in turns, so that whatever else the machine does meanwhile hits all
alike: medians of ${rounds} rounds, of ${shortRounds} where there is no crowd, after one that is not counted. Wall time is from the start of
the process to its end, output to /dev/null; CPU time is that of all threads in user and kernel mode; memory is the peak
resident set (\`wait4\`). \`nsinspect\` searches every kind of holder: threads, open files, sockets and mounts in all mount
namespaces, of which \`lsns\` reads none.

${machineText(machine)}; ${machine.lsns ?? 'no lsns'}; ${machine.cgls ?? 'no systemd-cgls'}.
${largest === undefined ? '' : targets(largest, startUp, idle, cgroupTargets(cgroups))}
## Start-up

${table(
  ['command', 'wall', 'above `node -e 0`'],
  [...startUp].map(([name, { wallMs }]) => [
    `\`${name}\``,
    ms(wallMs),
    ms(wallMs - (startUp.get('node -e 0')?.wallMs ?? NaN)),
  ]),
)}

## The machine without a crowd

${table(
  ['command', 'wall', 'CPU', 'memory'],
  [...idle].map(([name, one]) => [`\`${name}\``, ms(one.wallMs), ms(one.cpuMs), mb(one.peakMb)]),
)}
${sizes.map((size) => sizeSection(size)).join('')}${sizes.length > 1 ? growth(sizes) : ''}${sizes.map((size) => partsSection(size)).join('')}${cgroupSections(cgroups)}${layersSection(layers, machineText(machine))}${historySection(history, machineText(machine))}${reportSection(pages, rounds, machineText(machine))}`;
}

/** Kernel, processors and Node in words. */
export function machineText({ kernel, cpu, cpus, node }: Machine): string {
  return `Linux ${kernel} on ${cpus} × ${cpu}; Node ${node}`;
}

function targets(
  { processes, containers, peers }: SizeResult,
  startUp: Results['startUp'],
  idle: Results['idle'],
  others: readonly Target[],
): string {
  const bare = startUp.get('node -e 0')?.wallMs ?? NaN;
  const ls = peers.get('nsinspect ls');
  const tree = idle.get('nsinspect tree');
  const peak = Math.max(...[...peers].filter(([name]) => name !== LSNS).map(([, { peakMb }]) => peakMb));
  const crowd = `${count(processes)} processes in ${count(containers)} containers`;
  const rows: Target[] = [
    [
      `\`ls\` at ${crowd}, of lsns`,
      (ls?.wallMs ?? NaN) / (peers.get(LSNS)?.wallMs ?? NaN),
      0.6,
      (value) => value.toFixed(2),
    ],
    [`memory at ${crowd}, the most that any command takes`, peak, 200, mb],
    ['`tree` on the machine without a crowd', tree?.wallMs ?? NaN, 200, ms],
    ['its memory', tree?.peakMb ?? NaN, 120, mb],
    ['`--version` above `node -e 0`', (startUp.get('nsinspect --version')?.wallMs ?? NaN) - bare, 110, ms],
    ['`ls --help` above `node -e 0`', (startUp.get('nsinspect ls --help')?.wallMs ?? NaN) - bare, 110, ms],
    ...others,
  ];
  return `
## Targets

${targetTable(rows)}
`;
}

function sizeSection({ processes, containers, peers }: SizeResult): string {
  const lsns = peers.get(LSNS)?.wallMs;
  return `
## ${count(processes)} processes in ${count(containers)} containers

${table(
  ['command', 'wall', 'of lsns', 'CPU', 'memory'],
  [...peers].map(([name, { wallMs, cpuMs, peakMb }]) => [
    `\`${name}\``,
    ms(wallMs),
    lsns === undefined ? '?' : (wallMs / lsns).toFixed(2),
    ms(cpuMs),
    mb(peakMb),
  ]),
)}
`;
}

function growth(sizes: readonly SizeResult[]): string {
  const names = [...(sizes[0]?.peers.keys() ?? [])];
  return `
## Growth

Microseconds of CPU time a process, the start-up included. What rises with the number of processes grows faster than it.

${table(
  ['command', ...sizes.map(({ processes }) => count(processes))],
  names.map((name) => [
    `\`${name}\``,
    ...sizes.map(({ peers, processes }) => (((peers.get(name)?.cpuMs ?? NaN) / processes) * 1000).toFixed(0)),
  ]),
)}
`;
}

function partsSection({ processes, containers, parts }: SizeResult): string {
  const threads = [...parts.keys()];
  const namespaces = [...parts.values()][0]?.namespaces ?? NaN;
  return `
## Where the time of \`ls\` goes: ${count(processes)} processes, ${count(containers)} containers, ${count(namespaces)} namespaces

${table(
  ['step', ...threads.map((n) => (n === 1 ? '1 thread' : `${n} threads`))],
  Object.entries(PARTS).map(([name, what]) => [
    what,
    ...threads.map((n) => `${(parts.get(n)?.times.get(name) ?? NaN).toFixed(1)} ms`),
  ]),
)}
`;
}
