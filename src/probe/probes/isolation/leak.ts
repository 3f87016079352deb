/**
 * What a leak is: something of the host that can be seen, or touched, from inside a container that a runtime makes when it is
 * told nothing but limits. Two kinds are told apart. What runtimes promise to keep away (writing to the kernel's settings,
 * reading its memory) is an invariant: if it leaks, the probe fails. What no kernel separates, such as `/proc/meminfo`, is a
 * finding: a measure of 0 or 1, and a word in `why`. A comparison of two runs shows when one of these appears.
 */
import type { Invariant, ProbeRuntime } from '../../../schema/bench.ts';
import { NsinspectError } from '../../../text/error.ts';
import type { CgroupSetting, Probe } from '../../launch/launcher.ts';
import { invariant, settingsOf, type Measure, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import type { World } from '../world.ts';
import { talking, type Answer } from './talk.ts';

/** Limits under which a container looks around. */
export interface LeakLimits {
  /** Bytes. Null, as below: no limit could be set. */
  readonly memory: number | null;
  /** CPUs, as a share. */
  readonly cpus: number | null;
}

/** Of what a leak is judged by besides the answer. */
export interface Outer {
  readonly probe: Probe;
  readonly world: World;
  readonly limits: LeakLimits;
}

/** What an answer came to. */
export interface Seen {
  readonly visible: boolean;
  /** In a few words: what was seen, or why nothing was. */
  readonly what: string;
  readonly measures?: readonly Measure[];
}

/** See the head of this file. */
export interface Leak {
  /** Short and stable. */
  readonly name: string;
  /** A line of sh. It opens and reads; it never writes to anything. */
  readonly question: string | ((world: World) => string);
  /** The promise, as an invariant says it; null: there is none. */
  readonly promise: string | null;
  /** Who makes the promise; all unless told otherwise. */
  readonly by?: readonly ProbeRuntime[];
  readonly judge: (answer: Answer, outer: Outer) => Seen;
}

/** A group of leaks that one container looks for. */
export interface LeakGroup {
  /** Last part of the probe's id. */
  readonly id: string;
  readonly title: string;
  readonly leaks: readonly Leak[];
}

const LIMITS = { memory: 64 * 1024 * 1024, cpus: 0.5 };

/** Microseconds. */
const PERIOD = 100_000;

/** The limits as settings, of those controllers that can be used here. */
function settings(world: World): CgroupSetting[] {
  const quota = Math.round(PERIOD * LIMITS.cpus);
  const cpu: Record<1 | 2, readonly CgroupSetting[]> = {
    1: [
      { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(PERIOD) },
      { controller: 'cpu', file: 'cpu.cfs_quota_us', value: String(quota) },
    ],
    2: [{ controller: 'cpu', file: 'cpu.max', value: `${quota} ${PERIOD}` }],
  };
  const memory: Record<1 | 2, readonly CgroupSetting[]> = {
    1: [{ controller: 'memory', file: 'memory.limit_in_bytes', value: String(LIMITS.memory) }],
    2: [{ controller: 'memory', file: 'memory.max', value: String(LIMITS.memory) }],
  };
  const [cpuVersion, memoryVersion] = [world.version('cpu'), world.version('memory')];
  return [...(cpuVersion === null ? [] : cpu[cpuVersion]), ...(memoryVersion === null ? [] : memory[memoryVersion])];
}

/** Makes the probe of a group. */
export function leakProbe({ id, title, leaks }: LeakGroup): ProbeDefinition {
  return {
    id: `isolation/leak/${id}`,
    suite: 'isolation',
    title,
    subject: null,
    needs: [[]],
    rounds: 'first',
    quick: true,
    run: (context) => look(context, id, leaks),
  };
}

async function look(context: ProbeContext, id: string, leaks: readonly Leak[]): Promise<Trial> {
  const { world, launcher } = context;
  const limits: LeakLimits = {
    memory: world.version('memory') === null ? null : LIMITS.memory,
    cpus: world.version('cpu') === null ? null : LIMITS.cpus,
  };
  const spec = { name: `leak-${id}`, settings: settings(world) };
  return await talking(context, spec, async (inside, probe): Promise<Trial> => {
    const invariants: Invariant[] = [];
    const measures: Measure[] = [];
    const found: string[] = [];
    for (const { name, question, promise, by, judge } of leaks) {
      const answer = await inside.ask(typeof question === 'string' ? question : question(world));
      const { visible, what, measures: more = [] } = judge(answer, { probe, world, limits });
      measures.push(measure(`${name} visible`, '0 or 1', visible ? 1 : 0), ...more);
      if (promise !== null && (by?.includes(launcher.runtime) ?? true)) {
        invariants.push(invariant(name, promise, !visible, what));
      } else if (visible) found.push(`${name} (${what})`);
    }
    const why = found.length === 0 ? {} : { why: `of the host, inside: ${found.join(', ')}` };
    return { set: settingsOf(spec), invariants, measures, ...why };
  });
}

/** A measure of which less is better. */
export function measure(name: string, unit: string, value: number): Measure {
  return { name, unit, better: 'lower', target: null, threshold: 0, value };
}

/** The number in an answer; error where there is none. */
export function numberIn(pattern: RegExp, { text }: Answer, what: string): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new NsinspectError(`${what} was not to be read inside`, { code: 'probe-failed' });
  return Number(found);
}
