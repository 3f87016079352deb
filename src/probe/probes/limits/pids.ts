/** A limit of tasks: exactly as many forks as are left, then EAGAIN (kernel/cgroup/pids.c, `pids_can_fork`). */
import { keyedOf, numberOf } from '../counters.ts';
import { atGate, invariant, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';

const MOST = 12;
/** More than the limit and every slack of it, fewer than the scope allows. */
const ATTEMPTS = 3 * MOST;

const SCRIPT = `i=0; while [ $i -lt ${ATTEMPTS} ]; do sleep 5 & i=$((i + 1)); echo "forked $i"; done`;

async function run(context: ProbeContext): Promise<Trial> {
  const settings = [{ controller: 'pids', file: 'pids.max', value: String(MOST) }];
  const spec = { name: 'pids', script: SCRIPT, settings };
  return await atGate(context, spec, async (probe) => {
    const events = () => keyedOf(probe, 'pids', 'pids.events', 'max');
    const before = { tasks: numberOf(probe, 'pids', 'pids.current'), events: events() };
    probe.go();
    const { output, errors, status } = await probe.wait();
    const forks = [...output.matchAll(/^forked \d+$/gm)].length;
    const left = MOST - before.tasks;
    const refused = events() - before.events;
    return {
      set: settingsOf(spec),
      invariants: [
        invariant(
          'exact-forks',
          'forks = pids.max - pids.current at the gate',
          forks === left,
          `${forks} forks; ${MOST} - ${before.tasks} = ${left}`,
        ),
        invariant(
          'refused',
          'then fork fails with EAGAIN',
          /fork/i.test(errors) && status !== 0,
          errors.trim().split('\n').at(-1) || `status ${status}`,
        ),
        invariant('counted', 'max of pids.events rises', refused >= 1, `+${refused}`),
      ],
      measures: [],
    };
  });
}

/** The probe. */
export const PIDS: ProbeDefinition = {
  id: 'limits/pids',
  suite: 'limits',
  title: 'A limit of tasks: exactly as many forks, then EAGAIN',
  subject: 'pids',
  needs: [[{ controller: 'pids', file: 'pids.events' }]],
  rounds: 'first',
  quick: true,
  run,
};
