/**
 * perf_event limits nothing; what it promises is counting by cgroup. A shell says how many page faults it has had, and has more:
 * a counter of its cgroup must have seen as many, and one of another cgroup none.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';

import { errnoName } from '../../../kernel/libc.ts';
import { openFaultCounter } from '../../../kernel/perf-event.ts';
import { NsinspectError } from '../../../text/error.ts';
import type { LaunchSpec, Probe } from '../../launch/launcher.ts';
import { atGate, invariant, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';

/** Fewer would not tell much: the text grows to 4 MiB, a page at a time, or in huge pages and some small ones. */
const FEWEST = 64;
/** Faults between what the shell says and what is read then: of the words with which it says so. */
const SLACK = 32;

const SCRIPT = [
  `say() { read -r line < /proc/self/stat; echo "$1 \${line##*)}"; }`,
  'say before; read -r word',
  'text=0123456789abcdef; i=0; while [ $i -lt 18 ]; do text=$text$text; i=$((i + 1)); done',
  'say after; read -r word',
].join('\n');

/** Field 10 of proc_pid_stat(5), minflt: the eighth after the name. */
function faultsIn(output: string, word: string): number {
  const fields = new RegExp(`^${word} (.+)$`, 'm').exec(output)?.[1]?.trim().split(' ') ?? [];
  return Number(fields[7]);
}

/** A counter of a group on each CPU that is up. */
class Counter {
  readonly #fds: number[] = [];

  constructor(directory: string, cpus: readonly number[]) {
    const cgroup = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      for (const cpu of cpus) {
        const fd = openFaultCounter(cgroup, cpu);
        if (fd < 0) throw new NsinspectError(`perf_event_open: ${errnoName(-fd)}`, { code: 'no-counter' });
        this.#fds.push(fd);
      }
    } catch (error) {
      this.close();
      throw error;
    } finally {
      closeSync(cgroup);
    }
  }

  read(): number {
    const count = Buffer.alloc(8);
    return this.#fds.reduce((sum, fd) => {
      readSync(fd, count);
      return sum + Number(count.readBigUInt64LE());
    }, 0);
  }

  close(): void {
    for (const fd of this.#fds.splice(0)) closeSync(fd);
  }
}

const OTHER = 'other';

async function run(context: ProbeContext): Promise<Trial> {
  const controller = context.world.version('perf_event') === null ? 'v2' : 'perf_event';
  const spec: LaunchSpec = {
    name: 'perf-event',
    script: SCRIPT,
    // v2 has it in every cgroup, without its being enabled (`implicit_on_dfl`).
    controllers: controller === 'v2' ? [] : [controller],
  };
  const set: Trial['set'] = [];
  return await atGate(context, spec, async (probe) => {
    probe.scope.makeGroup(OTHER, [controller]);
    const counters: Counter[] = [];
    try {
      for (const group of [probe.group, OTHER]) counters.push(counterOf(probe, controller, group, context.world.cpus));
      return { set, measures: [], invariants: await judge(probe, counters) };
    } catch (error) {
      if (!(error instanceof NsinspectError) || error.code !== 'no-counter') throw error;
      return { set, measures: [], invariants: [], verdict: 'unsupported', why: error.message };
    } finally {
      for (const counter of counters) counter.close();
    }
  });
}

function counterOf(probe: Probe, controller: string, group: string, cpus: readonly number[]): Counter {
  const directory = probe.scope.directory(controller, group);
  if (directory === null) throw new NsinspectError(`there is no cgroup ${group}`, { code: 'probe-failed' });
  return new Counter(directory, cpus);
}

async function judge(probe: Probe, [own, other]: readonly Counter[]): Promise<Trial['invariants']> {
  const counts = () => ({ own: own?.read() ?? 0, other: other?.read() ?? 0 });
  probe.go();
  await probe.said('before ');
  await probe.said('\n');
  const before = counts();
  probe.write('go\n');
  await probe.said('after ');
  const after = counts();
  probe.write('enough\n');
  const { output } = await probe.wait();
  const faults = faultsIn(output, 'after') - faultsIn(output, 'before');
  const counted = after.own - before.own;
  return [
    invariant(
      'counted',
      "the cgroup's counter rises by the page faults of its task",
      faults >= FEWEST && Math.abs(counted - faults) <= SLACK,
      `+${counted}; the task had ${faults}`,
    ),
    invariant('not-elsewhere', 'that of another cgroup stays 0', after.other === 0, String(after.other)),
  ];
}

/** The probe. */
export const PERF_EVENT: ProbeDefinition = {
  id: 'limits/perf-event',
  suite: 'limits',
  title: 'perf_event counts by cgroup',
  subject: 'perf_event',
  needs: [[{ controller: 'perf_event', version: 1 }], [{ controller: 'v2' }]],
  rounds: 'first',
  quick: true,
  run,
};
