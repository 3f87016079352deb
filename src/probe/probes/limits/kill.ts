/** cgroup.kill of v2: one write ends every process of the cgroup, however many there are (since 5.14). */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { keyed } from '../counters.ts';
import { atGate, invariant, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';

const TASKS = 40;
/** Milliseconds. */
const PATIENCE = 10_000;

async function run(context: ProbeContext): Promise<Trial> {
  const script = `i=0; while [ $i -lt ${TASKS} ]; do sleep 20 & i=$((i + 1)); done; echo ready; wait`;
  return await atGate(context, { name: 'kill', script }, async (probe) => {
    const isPopulated = () => keyed(probe.read('v2', 'cgroup.events') ?? '', 'populated') !== '0';
    probe.go();
    await probe.said('ready');
    const { length: tasks } = (probe.read('v2', 'cgroup.procs') ?? '').trim().split('\n');
    const began = performance.now();
    probe.scope.set({ controller: 'cgroup', file: 'cgroup.kill', value: '1', group: probe.group });
    while (isPopulated() && performance.now() - began < PATIENCE) await sleep(1);
    const took = performance.now() - began;
    const populated = isPopulated();
    const { signal, status } = await probe.wait();
    return {
      set: [{ name: 'cgroup.kill', value: '1' }],
      invariants: [
        invariant(
          'emptied',
          `no process is left after ${PATIENCE / 1000} s`,
          !populated,
          populated ? 'populated 1' : `${tasks} processes: populated 0`,
        ),
        invariant('killed', 'the payload ends by SIGKILL', signal === 'SIGKILL', signal ?? `status ${status}`),
      ],
      measures: [{ name: 'time to kill', unit: 'ms', better: 'lower', target: null, threshold: 0.2, value: took }],
    };
  });
}

/** The probe. */
export const KILL: ProbeDefinition = {
  id: 'limits/kill',
  suite: 'limits',
  title: `cgroup.kill of ${TASKS + 1} processes`,
  subject: 'cgroup',
  needs: [[{ controller: 'v2', file: 'cgroup.kill' }]],
  rounds: 'first',
  quick: true,
  run,
};
