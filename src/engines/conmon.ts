import { nameOf, type ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { baseName, dirName, firstValue, readFlags } from './flags.ts';

/** What the command line of conmon says, the monitor of podman and CRI-O. */
export interface ConmonArgs {
  readonly id: string;
  readonly name: Name | null;
  /** Directory with the container's config.json: `<graph root>/<driver>-containers/<id>/userdata`. */
  readonly bundle: ByteString | null;
  /** The list of containers of containers-storage, which lies two directories above the bundle. */
  readonly containersJson: ByteString | null;
  /** The OCI runtime. */
  readonly runtime: Name | null;
  readonly engine: 'podman' | 'cri-o';
  /** Minds a command that was started inside a running container, not the container itself. */
  readonly exec: boolean;
}

const VALUED = new Set(
  (
    'c cid u cuuid r runtime b bundle p pidfile container-pidfile n name l log-path P conmon-pidfile runtime-arg runtime-opt ' +
    'exit-command exit-command-arg exit-dir persist-dir log-level log-size-max log-size-global-max log-tag socket-dir-path ' +
    'timeout T api-version exec-process-spec restore sdnotify-socket full-attach-path exit-delay log-rotate'
  ).split(' '),
);

/**
 * Parses the command line of `conmon` or `conmonrs` (conmon(8); containers/conmon, src/cli.c). CRI-O is told from podman
 * by the directory for exit files and by the name that the kubelet's containers have there (`k8s_…`). Null: no conmon
 * that minds a container.
 */
export function parseConmonArgs(argv: readonly ByteString[]): ConmonArgs | null {
  if (!/^conmon(rs)?$/.test(baseName(argv[0] ?? ''))) return null;
  const flags = readFlags(argv.slice(1), { valued: VALUED });
  const id = firstValue(flags, 'c', 'cid');
  if (id === undefined || !/^[0-9a-f]{12,128}$/.test(id)) return null;
  const name = firstValue(flags, 'n', 'name');
  const bundle = firstValue(flags, 'b', 'bundle') ?? null;
  const runtime = firstValue(flags, 'r', 'runtime');
  const exitDir = firstValue(flags, 'exit-dir') ?? '';
  const containers = bundle === null ? '' : dirName(dirName(bundle));
  return {
    id,
    name: name === undefined || name === '' ? null : nameOf(name),
    bundle,
    containersJson: containers.endsWith('-containers') ? `${containers}/containers.json` : null,
    runtime: runtime === undefined ? null : nameOf(runtime),
    engine: exitDir.includes('/crio/') || name?.startsWith('k8s_') === true ? 'cri-o' : 'podman',
    exec: flags.given.has('e') || flags.given.has('exec') || flags.values.has('exec-process-spec'),
  };
}
