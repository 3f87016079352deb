/**
 * Protection of memory. A group with a limit has two below: one reads a file, which stays in the page cache, and is protected;
 * the other then takes more than is left. All reclaim is within that group, so that nothing else on the machine is under
 * pressure (`mem_cgroup_calculate_protection` in mm/memcontrol.c: protection counts from the group whose limit was hit).
 */
import type { Exit, LaunchSpec, Probe } from '../../launch/launcher.ts';
import { NsinspectError } from '../../../text/error.ts';
import { keyedOf, numberOf } from '../counters.ts';
import {
  atGate,
  invariant,
  launched,
  settingsOf,
  type ProbeContext,
  type ProbeDefinition,
  type Trial,
} from '../probe.ts';
import { noSwap } from './no-swap.ts';
import { readBack, readBackOf } from './read-back.ts';

const MIB = 1 << 20;
const OUTER = 'outer';
const LIMIT = 32 * MIB;
/** More than the file and the shell that reads it. */
const PROTECTED = 18 * MIB;
const FILE = 12 * MIB;
/** Pages that are charged ahead, 64 for each CPU that the payload was on (`MEMCG_CHARGE_BATCH`), may be given back. */
const SLACK = 2 * MIB;
/** With the file more than the limit, without it less. */
const ANONYMOUS = 26 * MIB;
/** Twice the limit, in clean pages that are reclaimed as soon as they are read. */
const READ = 64 * MIB;

const file = (bytes: number, how: string) => `dd if=/dev/zero of=/scratch/file bs=1048576 count=${bytes / MIB} ${how}`;
const KEEP = `${file(FILE, 'conv=fsync')} && echo ready && read -r word`;
const FILL = `exec dd if=/dev/zero of=/dev/null bs=${ANONYMOUS} count=1`;
const STREAM = `${file(READ, 'oflag=direct')} && exec dd if=/scratch/file of=/dev/null bs=1048576`;

interface Kind {
  readonly file: 'memory.min' | 'memory.low';
  readonly title: string;
  readonly judge: (sides: Sides) => Promise<Trial['invariants']>;
}

interface Sides {
  readonly kept: Probe;
  /** Runs a neighbour to its end. */
  readonly beside: (script: string) => Promise<Pick<Exit, 'signal' | 'status'>>;
}

const current = (probe: Probe) => numberOf(probe, 'memory', 'memory.current');
const event = (probe: Probe, key: string, group?: string) => keyedOf(probe, 'memory', 'memory.events', key, group);

const stays = (before: number, after: number, beside: string) =>
  invariant(
    'kept',
    `the protected memory stays beside ${beside}`,
    before >= FILE && after >= before - SLACK,
    `${before} bytes before, ${after} after`,
  );

const KINDS: readonly Kind[] = [
  {
    file: 'memory.min',
    title: 'memory.min: kept, and who needs it is killed',
    judge: async ({ kept, beside }) => {
      const before = current(kept);
      const kills = event(kept, 'oom_kill', OUTER);
      const { signal, status } = await beside(FILL);
      const killed = event(kept, 'oom_kill', OUTER) - kills;
      return [
        stays(before, current(kept), 'one that needs it'),
        invariant(
          'neighbour-killed',
          'the neighbour ends by SIGKILL, oom_kill of the group above +1',
          signal === 'SIGKILL' && killed === 1,
          `${signal ?? `status ${status}`}, oom_kill +${killed}`,
        ),
      ];
    },
  },
  {
    file: 'memory.low',
    title: 'memory.low: kept while there is other memory, given up before anybody is killed',
    judge: async ({ kept, beside }) => {
      const count = () => ({ max: event(kept, 'max', OUTER), low: event(kept, 'low') });
      const before = { bytes: current(kept), ...count() };
      await beside(STREAM);
      const streamed = { bytes: current(kept), ...count() };
      const { signal, status } = await beside(FILL);
      const low = event(kept, 'low') - streamed.low;
      return [
        stays(before.bytes, streamed.bytes, 'one that reads'),
        invariant(
          'driven',
          'max of the group above rises, low of the protected one does not',
          streamed.max > before.max && streamed.low === before.low,
          `max +${streamed.max - before.max}, low +${streamed.low - before.low}`,
        ),
        invariant(
          'given-up',
          'a neighbour that needs it is not killed, low rises',
          status === 0 && low >= 1,
          `${signal ?? `status ${status}`}, low +${low}`,
        ),
      ];
    },
  },
];

async function run(context: ProbeContext, kind: Kind): Promise<Trial> {
  const { disk } = context.world;
  if (typeof disk === 'string') return await readBack(context, readBackOf('memory', kind.file, PROTECTED, disk));
  const without = noSwap(context.world, { bytes: LIMIT, group: OUTER });
  if ('lack' in without) return await readBack(context, readBackOf('memory', kind.file, PROTECTED, without.lack));
  const scope = context.launcher.scope({}, ['memory']);
  try {
    const common = { scope, scratch: true, controllers: ['memory'] } as const;
    const set: LaunchSpec = {
      ...common,
      name: kind.file.replace('.', '-'),
      script: KEEP,
      group: `${OUTER}/protected`,
      settings: [
        { controller: 'memory', file: 'memory.max', value: String(LIMIT), group: OUTER },
        ...without.settings,
        { controller: 'memory', file: kind.file, value: String(PROTECTED) },
      ],
    };
    return await atGate(context, set, async (kept) => {
      kept.go();
      await kept.said('ready');
      const beside: Sides['beside'] = (script) =>
        launched(context, { ...common, name: 'neighbour', script, group: `${OUTER}/neighbour` }, async (probe) => {
          probe.go();
          const exit = await probe.wait();
          if (exit.signal !== null || exit.status === 0) return exit;
          throw new NsinspectError(`the neighbour: ${exit.errors.trim().split('\n').at(-1) ?? exit.status}`, {
            code: 'probe-failed',
          });
        });
      return { set: settingsOf(set), invariants: await kind.judge({ kept, beside }), measures: [] };
    });
  } finally {
    scope.remove();
  }
}

/** One probe a kind of protection. */
export const MEMORY_PROTECTION: readonly ProbeDefinition[] = KINDS.map((kind) => ({
  id: `limits/${kind.file.replace('.', '-')}`,
  suite: 'limits',
  title: kind.title,
  subject: 'memory',
  needs: [[{ controller: 'memory', version: 2, file: kind.file }]],
  rounds: 'first',
  quick: true,
  run: (context) => run(context, kind),
}));
