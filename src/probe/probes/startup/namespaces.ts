/**
 * What each kind of namespace costs, and joining cgroups: by the kernel's own calls, in a process that does nothing else.
 *
 * The other way, `unshare --uts true` held against `unshare true`, was measured and left: executing two programs takes a
 * millisecond that varies by more than the 5 to 300 us that are asked for. Here the row `startup/process/child`, a process
 * without namespaces of its own made in the same way, is what the others include.
 *
 * The end of a process drops the last reference to its namespaces, and it is reaped when the kernel has done what it does at
 * once; the rest of net, ipc and mnt follows in a worker of the kernel (`cleanup_net`, `free_ipc`), and is not waited for.
 */
import { CLONE_NEW } from '../../../kernel/brief-child.ts';
import { invariant, type Measure } from '../probe.ts';
import type { Kind, Timing } from './protocol.ts';
import { bytes, micros, type Group, type Lack, type Observation, type Row } from './subject.ts';
import type { TimerProcess } from './timer-process.ts';

/**
 * How many are there at once to tell what one takes. The kernel charges a cgroup in steps of 64 pages (`MEMCG_CHARGE_BATCH`),
 * which is 1 KiB of each of them.
 */
const HELD = 256;

const NOTE =
  'start includes a process (startup/process/child); what the kernel takes apart later is not waited for; memory to within 1 KiB';

/** A row, what is made for it, and what proves that it was. */
interface Timed {
  readonly row: Row;
  readonly kind: Kind;
  proof(timing: Timing): Observation['invariants'][number] | null;
}

/** The links in /proc/PID/ns that differ where a type is the process's own. */
function linkOf(type: string): string {
  // The maker of a time namespace is never in it: its children are (time_namespaces(7)). With CLONE_VM the child is such a maker, too.
  return type === 'time' ? 'time_for_children' : type;
}

function rowOf(id: string, title: string, subject: string | null, note: string | null): Row {
  return { id: `startup/${id}`, title, subject, runtime: 'native', informative: false, note };
}

function namespaceOf(id: string, types: readonly (keyof typeof CLONE_NEW)[], own: TimerProcess['own']): Timed {
  const what =
    types.length === 1 ? `a namespace of type ${types.join()}` : `namespaces of all types (${types.join(' ')})`;
  return {
    row: rowOf(
      `namespace/${id}`,
      `A process with ${what}: clone3, exit and wait`,
      types.length === 1 ? id : null,
      NOTE,
    ),
    kind: { flags: types.reduce((flags, type) => flags | CLONE_NEW[type], 0) },
    proof: ({ seen }) => {
      const shared = types.filter(
        (type) => seen[linkOf(type)] === undefined || seen[linkOf(type)] === own[linkOf(type)],
      );
      const text = 'the process has other namespaces than its maker';
      return invariant(
        'namespace-is-new',
        text,
        shared.length === 0,
        shared.length === 0 ? 'all new' : `shared: ${shared.join(' ')}`,
      );
    },
  };
}

/** Namespaces, a bare process, and cgroups in the hierarchies that `timer` has of these controllers. */
export async function systemCallGroup(timer: TimerProcess, controllers: readonly string[]): Promise<Group> {
  const { lacks: refused, possible } = await tried(timer);
  const timed: Timed[] = [
    {
      row: rowOf('process/child', 'A process without a program: clone3, exit and wait', null, null),
      kind: { flags: 0 },
      proof: () => null,
    },
    ...possible.map((type) => namespaceOf(type, [type], timer.own)),
    ...(possible.length > 1 ? [namespaceOf('all', possible, timer.own)] : []),
    ...cgroupsOf(timer, controllers),
  ];
  const byId = new Map(timed.map((one) => [one.row.id, one]));
  return {
    rows: timed.map(({ row }) => row),
    lacks: refused,
    stride: 1,
    async once(order) {
      const wanted = order.map((id) => byId.get(id)).filter((one) => one !== undefined);
      const { timings } = await timer.time(wanted.map(({ kind }) => kind));
      return new Map(
        wanted.map((one, at) => {
          const timing = timings[at] ?? 'no answer';
          return [one.row.id, typeof timing === 'string' ? timing : observed(one, timing)];
        }),
      );
    },
    async afterwards() {
      const found = new Map<string, Measure[]>();
      for (const { row, kind } of timed) {
        const memory = await timer.memoryOf(kind, HELD);
        // Asked for a few times only, which no comparison can judge.
        if (memory !== null) found.set(row.id, [{ ...bytes('memory', memory), informative: true }]);
      }
      return found;
    },
    close: () => timer.close(),
  };
}

/** Each type by itself: which of them the kernel makes for this user. */
async function tried(timer: TimerProcess): Promise<{ lacks: Lack[]; possible: (keyof typeof CLONE_NEW)[] }> {
  const types = Object.keys(CLONE_NEW) as (keyof typeof CLONE_NEW)[];
  const { timings } = await timer.time(types.map((type) => ({ flags: CLONE_NEW[type] })));
  const lacks = types.flatMap((type, at): Lack[] => {
    const timing = timings[at];
    if (typeof timing !== 'string') return [];
    return [
      { ...namespaceOf(type, [type], timer.own).row, why: `the kernel makes no ${type} namespace here: ${timing}` },
    ];
  });
  return { lacks, possible: types.filter((_, at) => typeof timings[at] !== 'string') };
}

/** A hierarchy is joined as a whole: one row each, named after its controllers. */
function cgroupsOf({ scope }: TimerProcess, controllers: readonly string[]): Timed[] {
  const hierarchies = new Map<string, string[]>();
  for (const controller of [...controllers, 'v2']) {
    const directory = scope.directory(controller, '');
    if (directory !== null) hierarchies.set(directory, [...(hierarchies.get(directory) ?? []), controller]);
  }
  return [...hierarchies].map(([below, names]) => {
    const name = names.includes('v2') ? 'v2' : names.join(',');
    const cpuset = names.includes('cpuset') && scope.version('cpuset') === 1;
    const first = cpuset ? cpusetOf(scope) : {};
    const title = `A cgroup of ${name}: mkdir and a process moved in; rmdir when it has ended`;
    return {
      row: rowOf(
        `cgroup/${name}`,
        title,
        name,
        'a move after a pause waits for RCU, milliseconds (percpu_down_write); memory to within 1 KiB',
      ),
      kind: { below, first },
      proof: ({ seen: { paths = '' } }) => {
        const joined = paths.includes(`/${scope.mark}/timed-`);
        return invariant('process-moved', 'the process is in the new cgroup', joined, joined ? 'it is' : paths.trim());
      },
    };
  });
}

function cpusetOf(scope: TimerProcess['scope']): Record<string, string> {
  const files = ['cpuset.cpus', 'cpuset.mems'].map((file) => [file, scope.read('cpuset', '', file)?.trim() ?? '']);
  return Object.fromEntries(files) as Record<string, string>;
}

function observed(timed: Timed, timing: Timing): Observation {
  const { startNs, joinNs, tearDownNs } = timing;
  const measures = [micros('start', startNs), micros('tear-down', tearDownNs)];
  if (joinNs !== null) measures.push(micros('join', joinNs));
  const proved = timed.proof(timing);
  return { measures, invariants: proved === null ? [] : [proved] };
}
