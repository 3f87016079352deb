/**
 * Limits that are set and read back, and not driven: what would drive them is set for the whole machine (swap, reserved huge
 * pages), needs a device that few have, or is no limit.
 */
import { keyed } from '../counters.ts';
import { atGate, invariant, type Need, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';

interface Setting {
  readonly name: string;
  readonly title: string;
  readonly needs: Need & { readonly version: 1 | 2; readonly file: string };
  /** What to write, given what the file says at first; null: nothing can be. */
  readonly value: (now: string) => string | null;
  /** Whether the file shows the value. */
  readonly shows: (text: string, value: string) => boolean;
  /** Why it is not driven; also why it cannot be written. */
  readonly why: string;
  readonly lack?: string;
}

const same = (text: string, value: string) => text.trim() === value;
/** Lines `key value`: the first key, with another value. */
const firstKey = (to: string) => (now: string) => {
  const [key] = now.trim().split(/\s+/);
  return key === undefined || key === '' ? null : `${key} ${to}`;
};
const showsKeyed = (text: string, line: string) => {
  const [key = '', value] = line.split(' ');
  return keyed(text, key)?.trim().split(' ')[0] === value;
};

const bytes = (name: string, version: 1 | 2, file: string, why: string): Setting => ({
  name,
  title: `${file}, read back`,
  needs: { controller: file.split('.')[0] ?? '', version, file },
  value: () => String(8 << 20),
  shows: same,
  why,
});

const NO_PAGES = 'huge pages would have to be reserved for the whole machine';
const NO_SWAP = 'swap would have to be set up for the whole machine';
const PRESSURE = 'it shows under pressure on the whole machine only';

const SETTINGS: readonly Setting[] = [
  bytes('memory-soft-limit', 1, 'memory.soft_limit_in_bytes', PRESSURE),
  bytes('memory-min', 2, 'memory.min', PRESSURE),
  bytes('memory-low', 2, 'memory.low', PRESSURE),
  bytes('memory-swap', 2, 'memory.swap.max', NO_SWAP),
  bytes('hugetlb/v1', 1, 'hugetlb.2MB.limit_in_bytes', NO_PAGES),
  bytes('hugetlb/v2', 2, 'hugetlb.2MB.max', NO_PAGES),
  {
    name: 'net-cls',
    title: 'net_cls.classid, read back',
    needs: { controller: 'net_cls', version: 1, file: 'net_cls.classid' },
    value: () => '1048577',
    shows: same,
    why: 'it marks packets for rules of the whole network namespace, and limits nothing by itself',
  },
  {
    name: 'net-prio',
    title: 'net_prio.ifpriomap, read back',
    needs: { controller: 'net_prio', version: 1, file: 'net_prio.ifpriomap' },
    value: () => 'lo 5',
    shows: showsKeyed,
    why: 'it marks packets for a queue, and limits nothing by itself',
  },
  {
    name: 'rdma',
    title: 'rdma.max, read back',
    needs: { controller: 'rdma', version: 2, file: 'rdma.max' },
    value: firstKey('hca_handle=2'),
    shows: showsKeyed,
    why: 'only a program for RDMA drives it',
    lack: 'there is no RDMA device',
  },
  {
    name: 'misc',
    title: 'misc.max, read back',
    needs: { controller: 'misc', version: 2, file: 'misc.max' },
    value: firstKey('1'),
    shows: showsKeyed,
    why: 'only encrypted virtual machines drive it',
    lack: 'this processor has no resource of that kind (misc.capacity)',
  },
];

async function run(
  context: ProbeContext,
  { needs: { controller, file }, value, shows, why, lack }: Setting,
): Promise<Trial> {
  return await atGate(context, { name: 'read-back', script: ':', controllers: [controller] }, (probe) => {
    const text = value(probe.read(controller, file) ?? '');
    if (text === null) return { set: [], invariants: [], measures: [], verdict: 'unsupported', why: lack ?? why };
    probe.scope.set({ controller, file, value: text, group: probe.group });
    const now = probe.read(controller, file) ?? '';
    return {
      set: [{ name: file, value: text }],
      invariants: [invariant('read-back', 'the kernel shows what was set', shows(now, text), now.trim().slice(0, 80))],
      measures: [],
      verdict: 'read-back',
      why,
    };
  });
}

/** One probe a setting, and perf_event, which has none. */
export const READ_BACK: readonly ProbeDefinition[] = [
  ...SETTINGS.map((setting): ProbeDefinition => ({
    id: `limits/${setting.name}`,
    suite: 'limits',
    title: setting.title,
    subject: setting.needs.controller,
    needs: [[setting.needs]],
    rounds: 'first',
    quick: true,
    run: (context) => run(context, setting),
  })),
  {
    id: 'limits/perf-event',
    suite: 'limits',
    title: 'perf_event has no limit',
    subject: 'perf_event',
    needs: [],
    rounds: 'first',
    quick: true,
    run: () =>
      Promise.resolve({
        set: [],
        invariants: [],
        measures: [],
        verdict: 'unsupported',
        why: 'the controller groups tasks for counting and limits nothing',
      }),
  },
];
