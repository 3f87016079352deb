/**
 * Containers without a runtime: sh and util-linux. The way to the gate, each step in the words of a shell:
 *
 * 1. `sh` writes itself into the set-up group of the scope, which is bounded, and becomes `unshare`, then `timeout`.
 * 2. Its child, first process of the new pid namespace, mounts an overlay of empty directories, binds the host's programs
 *    onto it and pivots into it (in an initramfs: moves it over the root).
 * 3. It says that it is ready to join and sleeps in read(2); it is moved into the payload's group, which has all its
 *    settings. So the set-up, which would take seconds in a hundredth of a CPU and needs more tasks than a small limit
 *    leaves, is charged elsewhere, and from here on nothing is unlimited. `timeout` stays outside.
 * 4. It makes its cgroup namespace, whose root is thus the payload's group, drops rights, and waits at the gate.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { NsinspectError } from '../../text/error.ts';
import { isInitialRoot, ownMounts } from '../own-mounts.ts';
import { Container, type Place } from './container.ts';
import { Gated, payloadOf, waitFor } from './gated.ts';
import type { AppliedSetting, Bounds, IdRange, LaunchSpec, OwnNamespace, Probe } from './launcher.ts';
import { fstab, protectedHere } from './native-mounts.ts';
import { ProgramLauncher } from './program.ts';
import { makeRoot } from './root.ts';

/** What engines leave a container by default: root in it, over its own files and nothing else. */
export const CAPABILITIES = [
  ...['chown', 'dac_override', 'fsetid', 'fowner', 'mknod', 'net_raw', 'setgid', 'setuid', 'setfcap', 'setpcap'],
  ...['net_bind_service', 'sys_chroot', 'kill', 'audit_write'],
];

/** Namespaces of a container that says nothing of them. */
export const DEFAULT_NAMESPACES: readonly OwnNamespace[] = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];

/** Added to the clocks of a time namespace, so that it can be told from the host's: 100,000 s. */
export const BOOT_TIME_OFFSET = 100_000;

const OPTIONS: Readonly<Record<OwnNamespace, readonly string[]>> = {
  cgroup: ['--cgroup'],
  ipc: ['--ipc'],
  mnt: ['--mount', '--propagation', 'private'],
  net: ['--net'],
  pid: ['--pid'],
  time: ['--time', '--boottime', String(BOOT_TIME_OFFSET), '--monotonic', String(BOOT_TIME_OFFSET)],
  user: ['--user', '--map-root-user'],
  uts: ['--uts'],
};

/** Waits to be joined, and becomes what follows. */
const JOIN = `${waitFor('join', 'joined')}; exec "$@"`;

/** Leaves the old root behind: it is put over the new one, and taken away. */
const PIVOT = `
pivot_root . .
umount --lazy .
cd /
shift 2
${JOIN}
`;

/**
 * The same where there is nothing to pivot: pivot_root(2) refuses to leave the initial root, which an initramfs is. The new one
 * is moved over it, so that it is the root of the namespace as far as a path can lead, and chroot(2) follows.
 */
const MOVE = `
mount --move . /
shift 2
exec chroot . /bin/sh -c '${JOIN}' sh "$@"
`;

/**
 * `$1` the directory of the probe, `$2` the host name or nothing; the rest is what comes after the join. (The sysctl is the
 * host's root's alone to write, whoever owns the namespace.)
 */
const setUpBy = (changeRoot: string) => `
set -e
[ -z "$2" ] || { echo "$2" > /proc/sys/kernel/hostname; } 2>/dev/null || hostname "$2"
mount --all --fstab "$1/fstab"
cd "$1/root"
${changeRoot}`;

/** Leaves the payload no more rights than engines do, and no way to get others. */
const DROP = [
  ...['setpriv', '--no-new-privs', '--inh-caps=-all'],
  `--bounding-set=${['-all', ...CAPABILITIES.map((name) => `+${name}`)].join(',')}`,
];

/** Between the namespace of users and the payload, where ids are mapped: no program knows how, so that this is done from outside. */
const MAP = `${waitFor('map', 'mapped')}; exec "$@"`;

/** See the head of this file. */
export class NativeLauncher extends ProgramLauncher<'native'> {
  constructor() {
    super('native', 'unshare', 'unshare of util-linux');
  }

  protected start(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
    return launch(spec, place, began);
  }
}

async function launch(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
  const { scope, bounds, directory } = place;
  const privileged = process.geteuid?.() === 0;
  const own = new Set<OwnNamespace>([...(spec.namespaces ?? DEFAULT_NAMESPACES), 'mnt', 'pid']);
  if (!privileged) own.add('user');
  if (spec.ids !== undefined && !privileged) {
    throw new NsinspectError('ids other than the own cannot be mapped without rights', { code: 'probe-failed' });
  }
  if (/[\s,:\\]/.test(directory)) {
    throw new NsinspectError(`${directory} cannot be named in options of a mount`, { code: 'probe-failed' });
  }
  const lower = place.make('lower');
  for (const name of ['upper', 'work', 'root']) place.make(name);
  const mounts = fstab(
    directory,
    makeRoot(lower, spec, place.scratch),
    privileged ? without(own, 'user') : own,
    bounds.disk,
    protectedHere(),
  );
  writeFileSync(path.join(directory, 'fstab'), mounts);

  place.makeGroup();
  const settings = (spec.settings ?? []).map((setting): AppliedSetting => ({ ...setting, by: 'nsinspect' }));
  place.set(settings);
  const setUp = place.makeSetUp(place.bounding);

  // With rights the namespace of users comes last: the mounts are then made by the host's root, and those in it are locked.
  const outer = privileged ? without(own, 'user', 'cgroup') : without(own, 'cgroup');
  const unshare = [...outer]
    .sort((a, b) => Number(b === 'user') - Number(a === 'user'))
    .flatMap((name) => OPTIONS[name]);
  const payload = [
    ...(own.has('cgroup') ? ['unshare', ...OPTIONS.cgroup, '--'] : []),
    ...(privileged && own.has('user') ? innerUser(spec.ids) : []),
    ...(scope.directory('memory', place.group) === null ? rlimits(bounds) : []),
    ...DROP,
    ...payloadOf(spec, bounds),
  ];
  const join = scope.joinScript(setUp);
  const changeRoot = isInitialRoot(ownMounts()) ? MOVE : PIVOT;
  const gated = new Gated({
    // Should this process die, `timeout` ends what it started, and with it the pid namespace. It is the parent rather than
    // `unshare --fork`, which cannot hand on SIGKILL (sys-utils/unshare.c of 2.38 gives status 1).
    command: [
      ...['sh', '-c', `${join}exec "$@"`, 'sh', 'unshare', ...unshare, '--'],
      ...['timeout', '--signal=KILL', String(bounds.seconds + 1), 'sh', '-c', setUpBy(changeRoot), 'sh'],
      ...[directory, own.has('uts') ? spec.name : '', ...payload],
    ],
    mark: place.mark,
    bounds,
    translate: false,
    kill,
  });
  function kill(): void {
    place.kill();
    place.killSetUp();
    gated.killGroup();
  }
  place.before(() => {
    kill();
    gated.release();
  });

  const pid = gated.pidOf(await gated.stage('join'));
  place.found(pid);
  scope.join(place.group, pid);
  gated.answer('joined');
  if (spec.ids !== undefined && own.has('user')) await mapIds(gated, pid, spec.ids);
  await gated.stage('gate');
  place.verify(pid);
  return new Container('native', place, gated, { pid, settings, startMs: performance.now() - began, kill });
}

/** Where no cgroup bounds it: address space of each process, and tasks, which are counted in the user namespace (since 5.14). */
export function rlimits({ memory, tasks }: Bounds): string[] {
  return ['prlimit', `--as=${memory}`, `--nproc=${tasks}`, '--'];
}

/** Makes the namespace of users last. Nobody is root in it before ids are mapped: rights are kept over the exec instead. */
function innerUser(ids: IdRange | undefined): string[] {
  if (ids === undefined) return ['unshare', ...OPTIONS.user, '--'];
  return [
    ...['unshare', '--user', '--keep-caps', '--', 'sh', '-c', MAP, 'sh'],
    ...['setpriv', `--reuid=${ids.inside}`, `--regid=${ids.inside}`, '--clear-groups', '--'],
  ];
}

/** Writes the maps of the payload's user namespace (user_namespaces(7)). */
async function mapIds(gated: Gated, pid: number, { inside, outside, count }: IdRange): Promise<void> {
  await gated.stage('map');
  for (const file of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${file}`, `${inside} ${outside} ${count}`);
  gated.answer('mapped');
}

function without(names: ReadonlySet<OwnNamespace>, ...others: readonly OwnNamespace[]): Set<OwnNamespace> {
  return new Set([...names].filter((name) => !others.includes(name)));
}
