/**
 * Limits of memory, driven over the edge by dd, whose buffer is as large as it is told and is all written to: a payload that
 * needs a quarter more than the limit must be killed, one that is let have half as much again would not be.
 */
import type { CgroupSetting, Exit, LaunchSpec, Probe } from '../../launch/launcher.ts';
import { keyedOf, numberOf } from '../counters.ts';
import { atGate, invariant, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import type { World } from '../world.ts';
import { noSwap } from './no-swap.ts';
import { readBack, readBackOf } from './read-back.ts';

const MIB = 1 << 20;
const LIMIT = 32 * MIB;
/** Between the limit and half as much again. */
const WANTED = 40 * MIB;
const FILL = `dd if=/dev/zero of=/dev/null bs=${WANTED} count=1 2>/dev/null`;

/** A limit, without a way around it through swap; a text: why there is one. */
function limitSettings(world: World, group?: string): CgroupSetting[] | string {
  const at = group === undefined ? {} : { group };
  const without = noSwap(world, { bytes: LIMIT, ...at });
  if ('lack' in without) return without.lack;
  return [{ controller: 'memory', file: limitFile(world), value: String(LIMIT), ...at }, ...without.settings];
}

function limitFile(world: World): string {
  return world.version('memory') === 1 ? 'memory.limit_in_bytes' : 'memory.max';
}

function oomKills(probe: Probe, group?: string): number {
  const file = probe.scope.version('memory') === 1 ? 'memory.oom_control' : 'memory.events';
  return keyedOf(probe, 'memory', file, 'oom_kill', group);
}

/** The most that was ever charged; null: this kernel does not say (v2 before 5.19). */
function peakOf(world: World, probe: Probe, group?: string): number | null {
  const file = world.version('memory') === 1 ? 'memory.max_usage_in_bytes' : 'memory.peak';
  return world.has('memory', file) ? numberOf(probe, 'memory', file, group) : null;
}

const killed = ({ signal, status, timedOut }: Exit) =>
  invariant(
    'killed',
    'the payload ends by SIGKILL',
    signal === 'SIGKILL' && !timedOut,
    `${signal ?? `status ${status}`}${timedOut ? ', because its time was over' : ''}`,
  );

const counted = (id: string, where: string, kills: number) =>
  invariant(id, `oom_kill of ${where} +1`, kills === 1, `+${kills}`);

const peak = (bytes: number | null) =>
  bytes === null
    ? []
    : [invariant('peak-within-limit', 'peak <= limit', bytes <= LIMIT, `${bytes} bytes at most, limit ${LIMIT}`)];

function limitReadBack(context: ProbeContext, why: string): Promise<Trial> {
  return readBack(context, readBackOf('memory', limitFile(context.world), LIMIT, why));
}

async function runMax(context: ProbeContext): Promise<Trial> {
  const { world } = context;
  const settings = limitSettings(world);
  if (typeof settings === 'string') return await limitReadBack(context, settings);
  const spec: LaunchSpec = { name: 'memory-max', script: `exec ${FILL}`, settings };
  return await atGate(context, spec, async (probe) => {
    const before = oomKills(probe);
    probe.go();
    const exit = await probe.wait();
    return {
      set: settingsOf(spec),
      invariants: [
        killed(exit),
        counted('oom-kill', 'the cgroup', oomKills(probe) - before),
        ...peak(peakOf(world, probe)),
      ],
      measures: [],
    };
  });
}

/** The limit is on the group above: the killing is done in the one below, which has none. */
async function runNested(context: ProbeContext): Promise<Trial> {
  const { world } = context;
  const settings = limitSettings(world, 'outer');
  if (typeof settings === 'string') return await limitReadBack(context, settings);
  const spec: LaunchSpec = { name: 'memory-nested', script: `exec ${FILL}`, group: 'outer/inner', settings };
  return await atGate(context, spec, async (probe) => {
    const before = { inner: oomKills(probe), outer: oomKills(probe, 'outer') };
    probe.go();
    const exit = await probe.wait();
    // v1 counts where the killed task was, v2 on all levels above, too (memcg_memory_event).
    const outer = counted('oom-kill-above', 'the cgroup above', oomKills(probe, 'outer') - before.outer);
    return {
      set: settingsOf(spec),
      invariants: [
        killed(exit),
        counted('oom-kill', 'the nested cgroup', oomKills(probe) - before.inner),
        ...(world.version('memory') === 2 ? [outer] : []),
        ...peak(peakOf(world, probe, 'outer')),
      ],
      measures: [],
    };
  });
}

/** One that is over the limit, and two that are not and die with it. */
async function runGroup(context: ProbeContext): Promise<Trial> {
  const limit = limitSettings(context.world);
  if (typeof limit === 'string') return await readBack(context, readBackOf('memory', 'memory.oom.group', 1, limit));
  const settings = [...limit, { controller: 'memory', file: 'memory.oom.group', value: '1' }];
  const spec: LaunchSpec = { name: 'memory-oom-group', script: `sleep 2 & ${FILL}; echo survived; wait`, settings };
  return await atGate(context, spec, async (probe) => {
    const count = () => keyedOf(probe, 'memory', 'memory.events', 'oom_group_kill');
    const before = count();
    probe.go();
    const exit = await probe.wait();
    const kills = count() - before;
    const survived = exit.output.includes('survived');
    return {
      set: settingsOf(spec),
      invariants: [
        killed(exit),
        invariant('group-kill', 'oom_group_kill +1', kills === 1, `+${kills}`),
        invariant('none-survives', 'nothing runs on', !survived, survived ? 'the shell ran on' : 'nothing did'),
      ],
      measures: [],
    };
  });
}

const HIGH = 16 * MIB;

/** Above `high` a task is slowed down and reclaimed from, never killed. */
async function runHigh(context: ProbeContext): Promise<Trial> {
  const { world } = context;
  const settings = [{ controller: 'memory', file: 'memory.high', value: String(HIGH) }];
  const script = `exec dd if=/dev/zero of=/dev/null bs=${HIGH + 2 * MIB} count=1 2>/dev/null`;
  const spec: LaunchSpec = { name: 'memory-high', script, settings };
  return await atGate(context, spec, async (probe) => {
    const count = (key: string) => keyedOf(probe, 'memory', 'memory.events', key);
    const before = { high: count('high'), kills: count('oom_kill') };
    probe.go();
    const exit = await probe.wait();
    const high = count('high') - before.high;
    const kills = count('oom_kill') - before.kills;
    const bytes = peakOf(world, probe);
    return {
      set: settingsOf(spec),
      invariants: [
        invariant('high-events', 'high rises', high >= 1, `high +${high}`),
        invariant(
          'not-killed',
          'the payload is not killed',
          exit.status === 0 && kills === 0,
          `status ${exit.status}, oom_kill +${kills}`,
        ),
        ...(bytes === null
          ? []
          : [invariant('driven', 'the payload was above high', bytes > HIGH, `${bytes} bytes at most`)]),
      ],
      measures: [],
    };
  });
}

const V2_ONLY = (file: string) => [[{ controller: 'memory', version: 2, file } as const]];
const COMMON = { suite: 'limits', subject: 'memory', rounds: 'first', quick: true } as const;

/** The probes. */
export const MEMORY: readonly ProbeDefinition[] = [
  {
    ...COMMON,
    id: 'limits/memory-max',
    title: 'A limit of memory: killed beyond it',
    needs: [[{ controller: 'memory' }]],
    run: runMax,
  },
  {
    ...COMMON,
    id: 'limits/memory-nested',
    title: 'A limit of memory on the cgroup above',
    needs: [[{ controller: 'memory' }]],
    run: runNested,
  },
  {
    ...COMMON,
    id: 'limits/memory-oom-group',
    title: 'memory.oom.group: all are killed together',
    needs: V2_ONLY('memory.oom.group'),
    run: runGroup,
  },
  {
    ...COMMON,
    id: 'limits/memory-high',
    title: 'memory.high: slowed down, not killed',
    needs: V2_ONLY('memory.high'),
    run: runHigh,
  },
];
