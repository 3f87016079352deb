/** A cpuset of one CPU: what runs in it runs there and nowhere else, and may not choose another. */
import { liveHost } from '../../../host/live.ts';
import { Failure } from '../../../host/port.ts';
import { parseCpusAllowed } from '../../../parse/cpus-allowed.ts';
import { keyed } from '../counters.ts';
import { atGate, invariant, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { usagePerCpu } from './cpu-files.ts';

/**
 * Two shells that note on which CPU they are (field 39 of proc_pid_stat(5); after the name's bracket the 37th), then an attempt
 * to leave. taskset is of util-linux and need not be there.
 */
const SCRIPT = `
look() {
  i=0
  while [ $i -lt 400 ]; do read -r line < /proc/self/stat; set -- \${line##*) }; echo "on \${37}"; i=$((i + 1)); done
}
look & look & wait
echo "nproc $(nproc)"
if command -v taskset > /dev/null; then taskset -c "$1" true 2>&1; echo "taskset $?"; fi
`;

async function run(context: ProbeContext): Promise<Trial> {
  const { world } = context;
  const inside = world.cpus.at(-1);
  const outside = world.cpus.find((cpu) => cpu !== inside);
  if (inside === undefined || outside === undefined) {
    return {
      set: [],
      invariants: [],
      measures: [],
      verdict: 'unsupported',
      why: 'there is one CPU only: nothing to be kept from',
    };
  }
  const counts = world.version('cpuacct') === 1;
  const spec = {
    name: 'cpuset',
    script: SCRIPT,
    args: [String(outside)],
    settings: [{ controller: 'cpuset', file: 'cpuset.cpus', value: String(inside) }],
    controllers: counts ? ['cpuset', 'cpuacct'] : ['cpuset'],
  };
  return await atGate(context, spec, async (probe) => {
    const allowed = affinityOf(probe.pid);
    const before = counts ? usagePerCpu(probe) : [];
    probe.go();
    const { output } = await probe.wait();
    const used = (counts ? usagePerCpu(probe) : []).map((time, cpu) => time - (before[cpu] ?? 0));
    const elsewhere = used.reduce((sum, time, cpu) => (cpu === inside ? sum : sum + time), 0);
    const seen = new Set([...output.matchAll(/^on (\d+)$/gm)].map(([, cpu]) => Number(cpu)));
    const refused = keyed(output, 'taskset');
    return {
      set: settingsOf(spec),
      invariants: [
        invariant(
          'affinity',
          'Cpus_allowed_list is the set',
          allowed === String(inside),
          `${allowed ?? 'not known'}, set ${inside}`,
        ),
        invariant(
          'nproc',
          'the payload sees one CPU',
          keyed(output, 'nproc') === '1',
          `nproc: ${keyed(output, 'nproc') ?? 'nothing'}`,
        ),
        invariant(
          'runs-inside',
          'no task is ever on another CPU',
          seen.size === 1 && seen.has(inside),
          `seen on CPU ${[...seen].join(', ') || 'none'}`,
        ),
        ...(counts
          ? [
              invariant(
                'usage-inside',
                'no CPU time on another CPU',
                elsewhere === 0,
                `${elsewhere.toFixed(0)} us elsewhere, ${(used[inside] ?? 0).toFixed(0)} us inside`,
              ),
            ]
          : []),
        ...(refused === null
          ? []
          : [
              invariant(
                'refused-outside',
                'sched_setaffinity(2) to another CPU: EINVAL',
                refused !== '0' && output.includes('Invalid argument'),
                `taskset: status ${refused}`,
              ),
            ]),
      ],
      measures: [],
    };
  });
}

function affinityOf(pid: number): string | null {
  const task = liveHost().open(`/proc/${pid}`);
  if (task instanceof Failure) return null;
  const status = task.read('status');
  task.close();
  return status instanceof Failure ? null : parseCpusAllowed(status);
}

/** The probe. */
export const CPUSET: ProbeDefinition = {
  id: 'limits/cpuset',
  suite: 'limits',
  title: 'A cpuset of one CPU',
  subject: 'cpuset',
  needs: [[{ controller: 'cpuset' }]],
  rounds: 'first',
  quick: true,
  run,
};
