/**
 * Containers by LXC, with configuration and state in the probe's own directory. Its cgroups, those of its monitor too, are below
 * the scope; settings are in its configuration by the names of the kernel's files.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { NsinspectError } from '../../text/error.ts';
import { MARK_VARIABLE } from '../mark.ts';
import { Container, ownGroup, type Place } from './container.ts';
import { Gated, PATH, supervised } from './gated.ts';
import type { AppliedSetting, Bind, Bounds, LaunchSpec, OwnNamespace, Probe } from './launcher.ts';
import { BOOT_TIME_OFFSET, CAPABILITIES, DEFAULT_NAMESPACES } from './native.ts';
import { ProgramLauncher } from './program.ts';
import { fstabField, makeRoot, programPath } from './root.ts';

/** What goes into a container's configuration. */
export interface LxcProbe {
  readonly spec: LaunchSpec;
  readonly bounds: Bounds;
  readonly mark: string;
  readonly root: string;
  readonly binds: readonly Bind[];
  /** Path of the scope from the root of each hierarchy, without a slash before it. */
  readonly scope: string;
  readonly group: string;
  readonly settings: readonly AppliedSetting[];
  readonly version: (controller: string) => 1 | 2 | null;
}

/** The configuration, lxc.container.conf(5). */
export function lxcConfig({ spec, bounds, mark, root, binds, scope, group, settings, version }: LxcProbe): string {
  const own = new Set<OwnNamespace>([...(spec.namespaces ?? DEFAULT_NAMESPACES), 'mnt', 'pid']);
  const { inside, outside, count } = spec.ids ?? { inside: 0, outside: process.geteuid?.() ?? 0, count: 1 };
  const entry = (source: string, target: string, type: string, options: string) => [
    'lxc.mount.entry',
    `${[source, target.slice(1), type, options].map(fstabField).join(' ')} 0 0`,
  ];
  const lines: (readonly string[])[] = [
    ...(own.has('uts') ? [['lxc.uts.name', spec.name]] : []),
    ['lxc.rootfs.path', `dir:${root}`],
    ['lxc.rootfs.options', 'ro'],
    ['lxc.namespace.clone', [...own].join(' ')],
    ...(own.has('net') ? [['lxc.net.0.type', 'empty']] : [['lxc.net.0.type', 'none']]),
    ...(own.has('user') ? ['u', 'g'].map((kind) => ['lxc.idmap', `${kind} ${inside} ${outside} ${count}`]) : []),
    ...(own.has('time')
      ? ['boot', 'monotonic'].map((name) => [`lxc.time.offset.${name}`, `${BOOT_TIME_OFFSET}s`])
      : []),
    ['lxc.mount.auto', 'proc:mixed sys:ro'],
    entry('tmpfs', '/dev/shm', 'tmpfs', 'nosuid,nodev,noexec,mode=1777,size=65536k,create=dir'),
    entry('mqueue', '/dev/mqueue', 'mqueue', 'nosuid,nodev,noexec,create=dir'),
    entry('tmpfs', '/tmp', 'tmpfs', `nosuid,mode=1777,size=${bounds.disk}`),
    ...binds.map(({ source, target, writable }) => entry(source, target, 'none', writable ? 'bind' : 'bind,ro')),
    // None is loaded on a machine without AppArmor, where LXC would refuse to start with its own.
    ['lxc.apparmor.profile', 'unconfined'],
    ['lxc.cap.keep', CAPABILITIES.join(' ')],
    ['lxc.no_new_privs', '1'],
    ['lxc.pty.max', '1'],
    ['lxc.tty.max', '0'],
    ['lxc.console.path', 'none'],
    ['lxc.environment', `PATH=${PATH}`],
    ['lxc.environment', `${MARK_VARIABLE}=${mark}`],
    ['lxc.cgroup.dir.container', `${scope}/${group}`],
    // Each its own, since several may share the scope.
    ['lxc.cgroup.dir.monitor', `${scope}/${ownGroup('monitor', mark)}`],
    // Where the monitor goes at the end, so that its own cgroup can be removed.
    ['lxc.cgroup.dir.monitor.pivot', `${scope}/${ownGroup('pivot', mark)}`],
    ...settings
      .filter(({ by }) => by === 'runtime')
      .map(({ controller, file, value }) => [`lxc.cgroup${version(controller) === 2 ? '2' : ''}.${file}`, value]),
  ];
  return lines.map(([name, value]) => `${name ?? ''} = ${value ?? ''}\n`).join('');
}

/** See the head of this file. */
export class LxcLauncher extends ProgramLauncher<'lxc'> {
  constructor() {
    super('lxc', 'lxc-start');
  }

  protected start(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
    return launch(spec, place, began);
  }
}

async function launch(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
  const { scope, bounds, mark, group } = place;
  if (place.bounding.length === 0) {
    throw new NsinspectError('no cgroup can be made to bound the container in', { code: 'probe-failed' });
  }
  const root = place.make('root');
  const binds = makeRoot(root, spec, place.scratch);
  const settings = (spec.settings ?? []).map((setting): AppliedSetting => ({
    ...setting,
    by: setting.group === undefined ? 'runtime' : 'nsinspect',
  }));
  const parent = group.split('/').slice(0, -1).join('/');
  if (parent !== '') scope.makeGroup(parent, place.controllers);
  place.set(settings.filter(({ by }) => by === 'nsinspect'));
  const file = path.join(place.directory, 'config');
  const version = (controller: string) => scope.version(controller);
  const facts = { spec, bounds, mark, root, binds, scope: scope.path.slice(1), group, settings, version };
  writeFileSync(file, lxcConfig(facts));
  const kill = () => place.kill();
  // Where it finds newuidmap it has that map ids, which even root may only map if they are listed in /etc/subuid
  // (LXC, lxc_map_ids). The ids of probes are nobody's.
  const env = spec.ids === undefined ? {} : { PATH: place.make('no-programs') };
  const gated = new Gated({
    command: [
      ...[
        programPath('lxc-start'),
        '--foreground',
        '--name',
        'probe',
        '--lxcpath',
        place.make('lxc'),
        '--rcfile',
        file,
      ],
      ...['--', ...supervised(spec, bounds)],
    ],
    ...{ mark, bounds, env, translate: true, kill, ended: kill },
    // What follows are the steps that failed in turn.
    reason: (errors) => errors.split('\n')[0]?.replace(/^.*?: \d+ /, '') ?? '',
  });
  place.before(() => {
    kill();
    place.killSetUp();
    gated.killGroup();
    gated.release();
  });
  const pid = gated.pidOf(await gated.stage('gate'));
  place.found(pid);
  const at = scope.groupOf(pid);
  if (at !== null) place.group = at;
  place.setApart(pid);
  place.verify(pid);
  return new Container('lxc', place, gated, { pid, settings, startMs: performance.now() - began, kill });
}
