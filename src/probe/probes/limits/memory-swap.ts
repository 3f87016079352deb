/** A limit of swap, on top of one of memory: what fits into both runs, and what does not is killed. */
import type { LaunchSpec } from '../../launch/launcher.ts';
import { keyedOf, numberOf } from '../counters.ts';
import { atGate, invariant, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { freeSwap, lackOfMachine } from './own-machine.ts';
import { readBack, readBackOf } from './read-back.ts';

const MIB = 1 << 20;
const MEMORY = 32 * MIB;
const SWAP = 16 * MIB;
const FITS = 40 * MIB;
/** Between both limits together, and with half as much swap again. */
const WANTED = 52 * MIB;
/** Were it let have all that it wants. */
const TAKES = 2 * SWAP;

/** dd has filled its buffer when it writes the first byte of it. */
const SCRIPT = [
  'exec 3<&0',
  `dd if=/dev/zero bs=${FITS} count=1 2>/dev/null | { head -c 1 > /dev/null; echo full; read -r word <&3; }`,
  `exec dd if=/dev/zero of=/dev/null bs=${WANTED} count=1 2>/dev/null`,
].join('\n');

async function run(context: ProbeContext): Promise<Trial> {
  const lack = lackOf(context);
  if (lack !== null) return await readBack(context, readBackOf('memory', 'memory.swap.max', SWAP, lack));
  const settings = [
    { controller: 'memory', file: 'memory.max', value: String(MEMORY) },
    { controller: 'memory', file: 'memory.swap.max', value: String(SWAP) },
  ];
  const spec: LaunchSpec = { name: 'memory-swap', script: SCRIPT, settings };
  return await atGate(context, spec, async (probe) => {
    const kills = () => keyedOf(probe, 'memory', 'memory.events', 'oom_kill');
    const refusals = () => keyedOf(probe, 'memory', 'memory.swap.events', 'max');
    const before = { kills: kills(), refusals: refusals() };
    probe.go();
    await probe.said('full');
    const swapped = numberOf(probe, 'memory', 'memory.swap.current');
    const early = kills() - before.kills;
    probe.write('go\n');
    const { signal, status, timedOut } = await probe.wait();
    const killed = kills() - before.kills;
    const refused = refusals() - before.refusals;
    return {
      set: settingsOf(spec),
      invariants: [
        invariant(
          'swapped',
          'what is over the limit of memory is in swap, within that of swap',
          swapped >= FITS - MEMORY && swapped <= SWAP && early === 0,
          `${swapped} bytes, oom_kill +${early}`,
        ),
        invariant(
          'killed',
          'what is over both ends by SIGKILL, oom_kill +1',
          signal === 'SIGKILL' && !timedOut && killed === 1,
          `${signal ?? `status ${status}`}, oom_kill +${killed}`,
        ),
        invariant('counted', 'max of memory.swap.events rises', refused >= 1, `+${refused}`),
      ],
      measures: [],
    };
  });
}

function lackOf(context: ProbeContext): string | null {
  const free = freeSwap();
  if (free < TAKES) return `${free === 0 ? 'there is no swap' : `${free} bytes of swap are free`}; it takes ${TAKES}`;
  return lackOfMachine(context, 'it fills swap');
}

/** The probe. */
export const MEMORY_SWAP: ProbeDefinition = {
  id: 'limits/memory-swap',
  suite: 'limits',
  title: 'A limit of swap: killed beyond both limits',
  subject: 'memory',
  needs: [[{ controller: 'memory', version: 2, file: 'memory.swap.max' }]],
  rounds: 'first',
  quick: true,
  run,
};
