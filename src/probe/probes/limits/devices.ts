/**
 * Access to devices on v1: `c 1:5` (/dev/zero) is allowed, `c 1:8` (/dev/random) is not. Both are harmless. All is denied first,
 * since runtimes begin with rules of their own, such as that any node may be made. v2 has no files for it: there they attach
 * BPF programs (cgroup-v2.rst, "Device controller").
 */
import { keyed } from '../counters.ts';
import { atGate, invariant, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';

const SCRIPT = `
message=$(head -c 1 /dev/random 2>&1 > /dev/null) || echo "random: $message"
head -c 1 /dev/zero > /dev/null 2>&1; echo "zero $?"
mknod /tmp/zero c 1 5 2>&1; echo "mknod-zero $?"
message=$(mknod /tmp/random c 1 8 2>&1) || echo "mknod-random: $message"
if [ -e /tmp/random ]; then echo "made yes"; else echo "made no"; fi
`;

async function run(context: ProbeContext): Promise<Trial> {
  const settings = [
    { controller: 'devices', file: 'devices.deny', value: 'a' },
    // /dev/null is for the script.
    ...['c 1:3 rwm', 'c 1:5 rwm'].map((value) => ({ controller: 'devices', file: 'devices.allow', value })),
  ];
  const spec = { name: 'devices', script: SCRIPT, settings };
  return await atGate(context, spec, async (probe) => {
    probe.go();
    const { output } = await probe.wait();
    const set = settingsOf(spec);
    if (keyed(output, 'zero') !== '0') {
      const why = 'not even /dev/zero can be opened in the container: nothing to compare with';
      return { set, invariants: [], measures: [], verdict: 'inconclusive', why };
    }
    const opened = keyed(output, 'random:');
    const made = keyed(output, 'made');
    const mknod = keyed(output, 'mknod-random:');
    return {
      set,
      invariants: [
        invariant('open-denied', 'open of c 1:8 fails with EPERM', isEperm(opened), opened ?? 'it was opened'),
        // Without CAP_MKNOD no node can be made, rule or none.
        ...(keyed(output, 'mknod-zero') === '0'
          ? [
              invariant(
                'mknod-denied',
                'mknod of c 1:8 fails with EPERM',
                made === 'no' && isEperm(mknod),
                mknod ?? 'it was made',
              ),
            ]
          : []),
      ],
      measures: [],
    };
  });
}

const isEperm = (message: string | null): boolean => message?.includes('Operation not permitted') ?? false;

/** The probe. */
export const DEVICES: ProbeDefinition = {
  id: 'limits/devices',
  suite: 'limits',
  title: 'Access to devices: a denied one cannot be opened nor made',
  subject: 'devices',
  needs: [[{ controller: 'devices', version: 1 }]],
  rounds: 'first',
  quick: true,
  run,
};
