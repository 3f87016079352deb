/**
 * Measures nsinspect beside lsns and systemd-cgls and writes docs/performance.md: `npm run bench`. With `--quick` it takes three
 * rounds and only prints; with `--sizes 500/20,20000/800` it plants other crowds (processes/containers), with
 * `--cgroups 500/5000` others in cgroups (cgroups/threads), and only prints, too. `-` for a list: none. `--only layers`,
 * `--only history` and `--only report` measure that section alone and leave the others as they are.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { mountedHierarchies } from '../test/support/cgroups.ts';
import { CLI, ROOT } from '../test/support/cli.ts';
import { plant } from '../test/support/plant.ts';
import { withCgroupCrowd } from './cgroup-crowd.ts';
import { measureHistory } from './history.ts';
import { measureLayers } from './layers.ts';
import { makeMeasure, measureInTurns, type Measure, type Peer } from './measure.ts';
import { withParts, type PartTimes } from './part-times.ts';
import { machineText, markdown, type Machine, type SizeResult } from './report.ts';
import type { CgroupSizeResult } from './report-cgroups.ts';
import { historySection } from './report-history.ts';
import { layersSection } from './report-layers.ts';
import { measurePages, reportSection } from './report-page.ts';
import { withSection } from './table.ts';

const SIZES = '500/20,2000/80,5000/200';
const CGROUP_SIZES = '500/5000,1000/10000,2000/20000';

/** What Node itself takes, and what starting adds to it. */
const START_UP: readonly Peer[] = [
  { name: 'node -e 0', command: [process.execPath, '-e', '0'] },
  { name: 'nsinspect --version', command: [...CLI, '--version'] },
  { name: 'nsinspect ls --help', command: [...CLI, 'ls', '--help'] },
];

/** The commands about cgroups; the limits are those of the first process. */
const CGROUP_COMMANDS: readonly Peer[] = [
  ['cgroup', 'graph', '--json'],
  ['cgroup', 'graph'],
  ['cgroup', 'tree'],
  ['cgroup', 'show', '/'],
  ['limits', '1'],
].map((words) => ({ name: ['nsinspect', ...words].join(' '), command: [...CLI, ...words] }));

/** Start-up is short and its spread is large. */
const SHORT_ROUNDS = 21;
const ROUNDS = 9;
const QUICK_ROUNDS = 3;

const PAGE = path.join(ROOT, 'docs/performance.md');

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    cgroups: { type: 'string' },
    only: { type: 'string' },
  },
});

if (process.geteuid?.() !== 0) {
  console.error('the benchmark plants a crowd of processes in namespaces of their own: run it as root');
  process.exitCode = 2;
} else if (values.only !== undefined && !['layers', 'history', 'report'].includes(values.only)) {
  console.error('only these can be measured alone: --only layers, --only history, --only report');
  process.exitCode = 2;
} else {
  await bench();
}

async function bench(): Promise<void> {
  const rounds = values.quick ? QUICK_ROUNDS : ROUNDS;
  const shortRounds = values.quick ? QUICK_ROUNDS : SHORT_ROUNDS;
  const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  // Node ends by these without a word to whoever listens to its exit.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + os.constants.signals[signal]));
  }
  const measure = await makeMeasure(directory);
  const machine = machineHere();

  if (values.only === 'layers') {
    const section = layersSection(await measureLayers(directory, rounds, measure, tell), machineText(machine));
    write(withSection(readFileSync(PAGE, 'utf8'), section), section);
    return;
  }

  const historyRounds = { rounds, isQuick: values.quick };
  if (values.only === 'history') {
    const section = historySection(await measureHistory(directory, historyRounds, measure, tell), machineText(machine));
    write(withSection(readFileSync(PAGE, 'utf8'), section), section);
    return;
  }

  if (values.only === 'report') {
    const pages = await measurePages(directory, rounds, measure, tell);
    const section = reportSection(pages, rounds, machineText(machine));
    write(withSection(readFileSync(PAGE, 'utf8'), section), section);
    return;
  }

  tell('start-up');
  const startUp = await measureInTurns(START_UP, shortRounds, measure);
  tell('the machine without a crowd');
  const idle = await measureInTurns(nsinspect(directory), shortRounds, measure);
  const peers = [...(machine.lsns === null ? [] : [{ name: 'lsns', command: ['lsns'] }]), ...nsinspect(directory)];
  const sizes: SizeResult[] = [];
  await withParts(async (measureParts) => {
    for (const [processes, containers] of sizesOf(values.sizes ?? SIZES)) {
      tell(`${processes} processes in ${containers} containers`);
      const crowd = await plant('crowd', processes, containers);
      try {
        sizes.push({ processes, containers, ...(await measureSize(peers, rounds, measure, measureParts)) });
      } finally {
        await crowd.stop();
      }
    }
  });

  const cgroups: CgroupSizeResult[] = [];
  const cgroupPeers = [...(machine.cgls === null ? [] : [cgls()]), ...CGROUP_COMMANDS];
  for (const [most, threads] of sizesOf(values.cgroups ?? CGROUP_SIZES)) {
    tell(`${threads} threads in ${most} cgroups`);
    await withCgroupCrowd(most, threads, async (crowd) => {
      cgroups.push({ crowd, peers: await measureInTurns(cgroupPeers, rounds, measure) });
    });
  }

  const layers = await measureLayers(directory, rounds, measure, tell);
  const history = await measureHistory(directory, historyRounds, measure, tell);
  const pages = await measurePages(directory, rounds, measure, tell);
  const page = markdown({ machine, rounds, shortRounds, startUp, idle, sizes, cgroups, layers, history, pages });
  write(page, page);
}

/** Shows what was measured, and writes the page unless it was measured otherwise than the page says. */
function write(page: string, measured: string): void {
  console.log(measured);
  if (values.quick || values.sizes !== undefined || values.cgroups !== undefined) return;
  writeFileSync(PAGE, page);
  tell('written to docs/performance.md');
}

async function measureSize(
  peers: readonly Peer[],
  rounds: number,
  measure: Measure,
  measureParts: (threads: number, rounds: number) => Promise<PartTimes>,
): Promise<Pick<SizeResult, 'peers' | 'parts'>> {
  const measured = await measureInTurns(peers, rounds, measure);
  const parts = new Map<number, PartTimes>();
  for (let threads = 1; threads <= Math.min(4, os.availableParallelism()); threads *= 2) {
    parts.set(threads, await measureParts(threads, rounds));
  }
  return { peers: measured, parts };
}

/** The commands whose time is that of a capture. */
function nsinspect(directory: string): Peer[] {
  const commands = [['ls'], ['ls', '--json'], ['tree'], ['capture', '-o', path.join(directory, 'host.nsc')]];
  return commands.map((words) => ({
    name: ['nsinspect', ...(words[0] === 'capture' ? ['capture'] : words)].join(' '),
    command: [...CLI, ...words],
  }));
}

/** systemd's list, of the v2 hierarchy where that is mounted: its own command would take that of its own for the only one. */
function cgls(): Peer {
  const hierarchies = mountedHierarchies();
  const path = (hierarchies.find(({ version }) => version === 2) ?? hierarchies[0])?.path ?? '/sys/fs/cgroup';
  return { name: 'systemd-cgls', command: ['systemd-cgls', '--no-pager', path] };
}

function sizesOf(list: string): [number, number][] {
  if (list === '-') return [];
  return list.split(',').map((size) => {
    const match = /^(\d+)\/(\d+)$/.exec(size);
    if (match === null) throw new Error(`not two numbers with a / between them: ${size}`);
    return [Number(match[1]), Number(match[2])];
  });
}

function machineHere(): Machine {
  return {
    kernel: os.release(),
    cpu: os.cpus()[0]?.model.trim() ?? os.arch(),
    cpus: os.availableParallelism(),
    node: process.versions.node,
    lsns: versionOf('lsns')?.replace(/^lsns from /, 'lsns of ') ?? null,
    cgls: versionOf('systemd-cgls')?.replace(/^systemd (\S+).*$/, 'systemd-cgls $1') ?? null,
  };
}

/** The first line of what a program says of its version; null where it is not installed. */
function versionOf(program: string): string | null {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}

/** Says on stderr what is going on: stdout is the report. */
function tell(what: string): void {
  console.error(`bench: ${what}`);
}
