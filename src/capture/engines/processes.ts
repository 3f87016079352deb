import { isBubblewrap } from '../../engines/bwrap.ts';
import { parseConmonArgs } from '../../engines/conmon.ts';
import type { ConmonArgs } from '../../engines/conmon.ts';
import { parseContainerdConfig, parseDaemonArgs, parseDockerDaemonJson } from '../../engines/daemons.ts';
import type { DaemonArgs } from '../../engines/daemons.ts';
import { parseLxcConfig, parseLxcMonitorArgs } from '../../engines/lxc.ts';
import type { LxcMonitorArgs } from '../../engines/lxc.ts';
import { parseNspawnArgs } from '../../engines/nspawn.ts';
import { parseRuntimeArgs } from '../../engines/runtime.ts';
import type { RuntimeArgs } from '../../engines/runtime.ts';
import { parseShimArgs } from '../../engines/shim.ts';
import type { ShimArgs } from '../../engines/shim.ts';
import { Failure } from '../../host/port.ts';
import type { Dir } from '../../host/port.ts';
import type { EngineProcess } from '../../schema/engines.ts';
import type { Name } from '../../schema/name.ts';
import type { ProcessFacts } from '../../schema/tasks.ts';
import { nameOf, nameText } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from './reader.ts';

/** A process that makes or minds containers, with what its command line said. */
export type Minder = { readonly process: EngineProcess } & (
  | { readonly kind: 'shim'; readonly args: ShimArgs; readonly bundle: ByteString | null }
  | { readonly kind: 'conmon'; readonly args: ConmonArgs }
  | { readonly kind: 'runtime'; readonly args: RuntimeArgs }
  | { readonly kind: 'other' }
);

/**
 * Names of the programs that are looked at; the kernel keeps 15 bytes (TASK_COMM_LEN). An LXC monitor is `lxc-start`, or,
 * where the engine is LXD or Incus, a child of theirs that kept their name.
 */
const CANDIDATE =
  /^(?:(?:docker-)?containerd|dockerd|dockerd-rootless|conmon|conmonrs|crio|lxc-.*|\[lxc monitor\].*|lxd|incusd|systemd-nspawn|bwrap|runc|crun)$/;
const SHIM = /^(?:containerd-shim|docker-containe)/;

/** Whether the process is worth a look at its command line. */
export function isCandidate({ kthread, comm, state }: ProcessFacts): boolean {
  const name = nameText(comm);
  return !kthread && state !== 'Z' && state !== 'X' && (SHIM.test(name) || CANDIDATE.test(name));
}

/** What a candidate's command line makes of it. Null: it is something else. */
export function minderOf(
  facts: ProcessFacts,
  view: View,
  argv: readonly ByteString[],
  reader: EngineReader,
): Minder | null {
  const made = (rest: Omit<EngineProcess, 'pid' | 'start'>): EngineProcess => ({
    pid: facts.pid,
    start: facts.start,
    ...rest,
  });

  const shim = parseShimArgs(argv);
  if (shim !== null) return shimMinder(shim, made, view, reader);

  const conmon = parseConmonArgs(argv);
  if (conmon !== null) return conmonMinder(conmon, made);

  const lxc = parseLxcMonitorArgs(argv);
  if (lxc !== null) return { kind: 'other', process: made(lxcProcess(lxc, view, reader)) };

  const nspawn = parseNspawnArgs(argv);
  if (nspawn !== null) {
    const paths = withoutNull({ directory: nspawn.directory, image: nspawn.image });
    const id =
      nspawn.machine === null
        ? {}
        : { containerId: nameText(nameOf(nspawn.machine)), containerName: nameOf(nspawn.machine) };
    return { kind: 'other', process: made({ role: 'monitor', engine: 'nspawn', ...id, paths }) };
  }

  if (isBubblewrap(argv)) return { kind: 'other', process: made({ role: 'monitor', engine: 'bwrap', paths: {} }) };

  const runtime = parseRuntimeArgs(argv);
  if (runtime !== null) {
    const paths = runtime.root === null ? {} : { root: nameOf(runtime.root) };
    const process = made({ role: 'monitor', engine: runtime.engine, containerId: runtime.id, paths });
    return { kind: 'runtime', args: runtime, process };
  }

  const daemon = parseDaemonArgs(argv);
  if (daemon === null) return null;
  return {
    kind: 'other',
    process: made({ role: 'daemon', engine: daemon.engine, paths: daemonPaths(daemon, view, reader) }),
  };
}

type Make = (rest: Omit<EngineProcess, 'pid' | 'start'>) => EngineProcess;

/** A shim runs in its container's bundle (containerd, runtime/v2/binary.go: the command's directory). */
function shimMinder(args: ShimArgs, made: Make, view: View, reader: EngineReader): Minder {
  const cwd = workingDirectory(view.task);
  if (cwd instanceof Failure) reader.note(`${view.task.path}/cwd`, cwd.asOutcome);
  const bundle = cwd instanceof Failure ? null : cwd;
  const process = made({
    role: 'shim',
    engine: args.namespace === 'moby' ? 'docker' : args.namespace === 'k8s.io' ? 'cri' : 'containerd',
    containerId: args.id,
    namespace: args.namespace,
    paths: withoutNull({ bundle: bundle === null ? null : nameOf(bundle), address: args.address }),
  });
  return { kind: 'shim', args, bundle, process };
}

function conmonMinder(args: ConmonArgs, made: Make): Minder {
  const process = made({
    role: 'monitor',
    engine: args.engine,
    containerId: args.id,
    ...(args.name === null ? {} : { containerName: args.name }),
    paths: withoutNull({ bundle: args.bundle === null ? null : nameOf(args.bundle), runtime: args.runtime }),
  });
  return { kind: 'conmon', args, process };
}

function lxcProcess(
  { name, lxcPath }: LxcMonitorArgs,
  view: View,
  reader: EngineReader,
): Omit<EngineProcess, 'pid' | 'start'> {
  const config = `${lxcPath}/${name}/config`;
  // lxc-execute needs none.
  const rootfs = reader.optional(view, config, parseLxcConfig)?.rootfs ?? null;
  const paths = withoutNull({ lxcPath: nameOf(lxcPath), config: nameOf(config), rootfs });
  return { role: 'monitor', engine: 'lxc', containerId: nameText(nameOf(name)), containerName: nameOf(name), paths };
}

/** What the command line leaves open is in the configuration file. */
function daemonPaths(
  { engine, config, paths }: DaemonArgs,
  view: View,
  reader: EngineReader,
): Readonly<Record<string, Name>> {
  if (engine === 'docker') {
    return { ...reader.optional(view, config ?? '/etc/docker/daemon.json', parseDockerDaemonJson), ...paths };
  }
  if (engine === 'containerd') {
    return { ...reader.optional(view, config ?? '/etc/containerd/config.toml', parseContainerdConfig), ...paths };
  }
  return paths;
}

/** The task's working directory inside its own root. procfs shows it from the reader's. */
function workingDirectory(task: Dir): ByteString | Failure {
  const cwd = task.readlink('cwd');
  if (cwd instanceof Failure) return cwd;
  const root = task.readlink('root');
  if (root instanceof Failure || root === '/') return cwd;
  return cwd.startsWith(`${root}/`) ? cwd.slice(root.length) : cwd;
}

function withoutNull(values: Readonly<Record<string, Name | null>>): Readonly<Record<string, Name>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Name] => entry[1] !== null));
}
