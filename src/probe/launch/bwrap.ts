/**
 * Containers by bubblewrap, which knows nothing of cgroups: it is started in the payload's group before that has any settings,
 * bounded by the scope. When the payload is at the gate, what is left of bwrap is moved out and the settings are made.
 */
import { NsinspectError } from '../../text/error.ts';
import { descendantsOf } from '../tasks.ts';
import { Container, type Place } from './container.ts';
import { Gated, payloadOf } from './gated.ts';
import type { AppliedSetting, Bind, LaunchSpec, OwnNamespace, Probe } from './launcher.ts';
import { CAPABILITIES, DEFAULT_NAMESPACES, rlimits } from './native.ts';
import { ProgramLauncher } from './program.ts';
import { makeRoot } from './root.ts';

/** The arguments of bwrap up to the payload. */
export function bwrapArguments(
  spec: LaunchSpec,
  root: string,
  binds: readonly Bind[],
  disk: number,
  privileged: boolean,
): string[] {
  const own = new Set<OwnNamespace>([...(spec.namespaces ?? DEFAULT_NAMESPACES), 'mnt', 'pid']);
  if (own.has('time')) throw new NsinspectError('bwrap makes no namespaces of type time', { code: 'probe-failed' });
  if (spec.ids !== undefined) throw new NsinspectError('bwrap maps one id only, the own', { code: 'probe-failed' });
  if (!privileged) own.add('user');
  const unshare = (['cgroup', 'ipc', 'net', 'pid', 'user', 'uts'] as const).filter((name) => own.has(name));
  return [
    ...unshare.map((name) => `--unshare-${name}`),
    ...(own.has('user') ? ['--uid', '0', '--gid', '0'] : []),
    ...(own.has('uts') ? ['--hostname', spec.name] : []),
    // Otherwise its first process is one of bwrap's, and the payload the second.
    ...['--as-pid-1', '--die-with-parent', '--ro-bind', root, '/'],
    ...binds.flatMap(({ source, target, writable }) => [writable ? '--bind' : '--ro-bind', source, target]),
    ...['--proc', '/proc', '--dev', '/dev', '--ro-bind', '/sys', '/sys', '--size', String(disk), '--tmpfs', '/tmp'],
    ...['--cap-drop', 'ALL', ...CAPABILITIES.flatMap((name) => ['--cap-add', `cap_${name}`]), '--chdir', '/', '--'],
  ];
}

/** See the head of this file. */
export class BwrapLauncher extends ProgramLauncher<'bwrap'> {
  constructor() {
    super('bwrap');
  }

  protected start(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
    return launch(spec, place, began);
  }
}

async function launch(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
  const { scope, bounds, mark } = place;
  const root = place.make('root');
  const binds = makeRoot(root, spec, place.scratch);
  const options = bwrapArguments(spec, root, binds, bounds.disk, process.geteuid?.() === 0);
  place.makeGroup();
  const limits = scope.directory('memory', place.group) === null ? rlimits(bounds) : [];
  const kill = () => {
    place.kill();
    gated.killGroup();
  };
  const gated = new Gated({
    command: [
      ...['sh', '-c', `${scope.joinScript(place.group)}exec "$@"`, 'sh'],
      ...['bwrap', ...options, ...limits, ...payloadOf(spec, bounds)],
    ],
    ...{ mark, bounds, translate: true, kill },
  });
  place.before(() => {
    kill();
    place.killSetUp();
    gated.release();
  });
  const pid = gated.pidOf(await gated.stage('gate'));
  place.found(pid);
  place.setApart(pid, [gated.pid, ...descendantsOf(gated.pid)]);
  const settings = (spec.settings ?? []).map((setting): AppliedSetting => ({ ...setting, by: 'nsinspect' }));
  place.set(settings);
  place.verify(pid);
  return new Container('bwrap', place, gated, { pid, settings, startMs: performance.now() - began, kill });
}
