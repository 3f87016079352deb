/** A guest with cgroups of every sort, each set up by the kernel's own files, and what those files say of them. */
import { Guest } from './guest.ts';
import type { GuestProcess } from './guest-process.ts';
import { GUEST_NODE } from './initramfs.ts';
import { buildActor } from './actor.ts';
import type { Truth } from './truth.ts';

/** Where the hierarchy is mounted in the guest. */
export const CGROUPS = '/sys/fs/cgroup';

const MIB = 1 << 20;

/** Files written into cgroups, which are made on the way: path -> file -> content. In the order of their writing. */
const WRITTEN: readonly (readonly [path: string, files: Readonly<Record<string, string>>])[] = [
  // Limits in three levels: each resource has its tightest one at another level.
  [
    '/limits',
    {
      'cgroup.subtree_control': '+cpuset +cpu +io +memory +hugetlb +pids',
      'memory.max': String(128 * MIB),
      'pids.max': '100',
      'cpu.max': '50000 100000',
      'io.max': '1:0 wbps=1048576',
      'cpuset.cpus': '0-1',
    },
  ],
  [
    '/limits/loose',
    {
      'cgroup.subtree_control': '+cpuset +cpu +io +memory +hugetlb +pids',
      'memory.max': String(256 * MIB),
      'memory.high': String(192 * MIB),
      'memory.swap.max': String(16 * MIB),
      'pids.max': '200',
      'cpu.max': '160000 200000',
      'io.max': '1:0 wbps=2097152 riops=100',
      'hugetlb.2MB.max': String(4 * MIB),
    },
  ],
  [
    '/limits/loose/leaf',
    {
      'memory.high': String(96 * MIB),
      'memory.min': String(4 * MIB),
      'memory.low': String(8 * MIB),
      'cpu.weight': '50',
      'cpuset.cpus': '1',
      'cpuset.mems': '0',
    },
  ],
  ['/limits/loose/sibling', { 'cpu.weight': '200', 'io.weight': 'default 100', 'cpu.idle': '1' }],
  // A threaded subtree. What stands below a threaded cgroup is "domain invalid" until it is threaded, too.
  ['/threads/a', { 'cgroup.type': 'threaded' }],
  ['/threads/b', { 'cgroup.type': 'threaded' }],
  ['/threads/a/invalid', {}],
  ['/threads', { 'cgroup.subtree_control': '+cpu +pids' }],
  ['/threads/b', { 'cpu.max': '20000 100000' }],
  ['/own-view/inside', {}],
  ['/removed', {}],
  ['/f:x (deleted)', {}],
  ['/dead-leader', {}],
  ['/oom', { 'memory.max': String(32 * MIB), 'cgroup.subtree_control': '+memory' }],
  ['/oom/inner', { 'memory.oom.group': '1' }],
  ['/memory', { 'memory.max': String(64 * MIB) }],
  ['/pids', { 'pids.max': '4' }],
  ['/frozen/below', {}],
  ['/throttled', { 'cpu.max': '5000 100000' }],
  ['/io', { 'io.max': '1:0 rbps=67108864 wiops=1000' }],
  ['/huge', { 'hugetlb.2MB.max': String(8 * MIB) }],
  ['/empty', { 'pids.max': '7' }],
  ['/delegated/child', {}],
];

/** What lives in the cgroups. */
export interface CgroupWorld {
  readonly guest: Guest;
  /** The pids of its processes by what they are. */
  readonly pids: Readonly<Record<ProcessName, number>>;
  /** Threads of `threads` besides the leader, in `/threads/a` and `/threads/b`. */
  readonly threads: { readonly a: number; readonly b: number };
  /** The thread whose leader has ended. */
  readonly survivor: number;
  /** How many forks `/pids` allowed. */
  readonly forks: number;
  /** Reads what the kernel's files say now. */
  readonly truth: () => Promise<Truth>;
}

/** Names of the processes of a {@link CgroupWorld}. */
export type ProcessName =
  | 'leaf'
  | 'sibling'
  | 'threads'
  | 'own-view'
  | 'zombie'
  | 'odd-name'
  | 'dead-leader'
  | 'memory'
  | 'pids'
  | 'frozen'
  | 'throttled'
  | 'io'
  | 'huge'
  | 'delegated';

/** Boots a guest and sets everything up; whoever calls it stops the guest. */
export async function cgroupWorld(): Promise<CgroupWorld> {
  const guest = await Guest.boot({ files: { '/opt/actor': await buildActor() } });
  try {
    return await setUp(guest);
  } catch (error) {
    await guest.stop();
    throw error;
  }
}

async function setUp(guest: Guest): Promise<CgroupWorld> {
  await guest.script(WRITTEN.map(([path, files]) => writing(path, files)).join('\n'));
  await guest.script(`chown -R nobody ${CGROUPS}/delegated`);

  const sleep = (path: string) => pidOf(guest, path, 'exec sleep 1000000');
  const [threads, [a = 0, b = 0]] = await pidAndLine(
    guest,
    '/threads',
    `exec /opt/actor threads ${CGROUPS}/threads/a ${CGROUPS}/threads/b`,
  );
  const [deadLeader, [survivor = 0]] = await pidAndLine(guest, '/dead-leader', 'exec /opt/actor dead-leader');
  const [forker, [forks = 0]] = await pidAndLine(guest, '/pids', 'exec /opt/actor forks');
  const [ownView] = await pidAndLine(
    guest,
    '/own-view',
    // The shell would prefer its own unshare, which knows no cgroup namespaces.
    `exec /usr/bin/unshare --cgroup sh -e -c 'echo 0 > ${CGROUPS}/own-view/inside/cgroup.procs; echo 0; exec sleep 1000000'`,
  );
  const pids = {
    leaf: await pidOf(guest, '/limits/loose/leaf', 'ulimit -n 256; ulimit -u 5000; exec sleep 1000000'),
    sibling: await sleep('/limits/loose/sibling'),
    threads,
    'own-view': ownView,
    zombie: await zombieOf(guest),
    'odd-name': await sleep('/f:x (deleted)'),
    'dead-leader': deadLeader,
    memory: (await pidAndLine(guest, '/memory', `exec /opt/actor memory ${16 * MIB}`))[0],
    pids: forker,
    frozen: await sleep('/frozen/below'),
    throttled: await pidOf(guest, '/throttled', 'exec sleep 1000000'),
    io: await sleep('/io'),
    huge: (await pidAndLine(guest, '/huge', `exec /opt/actor huge ${4 * MIB}`))[0],
    delegated: await sleep('/delegated/child'),
  };
  await guest.script(`
    echo 1 > ${CGROUPS}/frozen/cgroup.freeze
    rmdir ${CGROUPS}/removed
    # Killed for want of memory: its status is that of SIGKILL.
    status=0
    sh -c 'echo 0 > ${CGROUPS}/oom/inner/cgroup.procs; exec /opt/actor hog ${64 * MIB}' || status=$?
    [ $status = 137 ]
    # Runs until it was throttled.
    sh -c 'echo 0 > ${CGROUPS}/throttled/cgroup.procs
      while grep -q "^nr_throttled 0" ${CGROUPS}/throttled/cpu.stat; do :; done'
    sh -c 'echo 0 > ${CGROUPS}/io/cgroup.procs; exec dd if=/dev/zero of=/dev/ram0 bs=64k count=16 conv=fsync' 2>&1
  `);
  return { guest, pids, threads: { a, b }, survivor, forks, truth: () => readTruth(guest) };
}

function writing(path: string, files: Readonly<Record<string, string>>): string {
  const directory = `'${CGROUPS}${path}'`;
  const writes = Object.entries(files).map(([name, text]) => `echo '${text}' > ${directory}/${name}`);
  return [`mkdir -p ${directory}`, ...writes].join('\n');
}

/** Starts a script in a cgroup; it is there when its pid is known. */
async function pidOf(guest: Guest, path: string, script: string): Promise<number> {
  return numberIn(await starting(guest, path, script).line());
}

/** As {@link pidOf}, for what prints numbers when it is in place. */
async function pidAndLine(guest: Guest, path: string, script: string): Promise<[number, number[]]> {
  const child = starting(guest, path, script);
  const pid = numberIn(await child.line());
  return [pid, (await child.line()).trim().split(' ').map(Number)];
}

function starting(guest: Guest, path: string, script: string): GuestProcess {
  return guest.start(['sh', '-e', '-c', `echo 0 > '${CGROUPS}${path}/cgroup.procs'; echo $$; ${script}`]);
}

/** A process whose parent never asks how it ended; the parent is elsewhere, so that the cgroup can be removed. */
async function zombieOf(guest: Guest): Promise<number> {
  const child = `echo 0 > ${CGROUPS}/removed/cgroup.procs; echo $$`;
  const pid = numberIn(await guest.start(['sh', '-c', `sh -e -c '${child}' & exec sleep 1000000`]).line());
  await guest.script(`while ! grep -q '^State:.Z' /proc/${pid}/status; do usleep 10000; done`);
  return pid;
}

function numberIn(line: string): number {
  const number = Number(line);
  if (!Number.isInteger(number) || line === '') throw new Error(`not a number: ${line}`);
  return number;
}

async function readTruth(guest: Guest): Promise<Truth> {
  const { status, stdout, stderr } = await guest.run([GUEST_NODE, '/opt/truth.mjs']);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Truth;
}
