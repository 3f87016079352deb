import { nameOf, type ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { baseName, firstValue, readFlags } from './flags.ts';

/** What the command line of a containerd shim says. */
export interface ShimArgs {
  /** The container, or with CRI the pod's sandbox, whose other containers the same shim minds. */
  readonly id: string;
  /** containerd's namespace: `moby` for docker, `k8s.io` for CRI. */
  readonly namespace: string;
  /** containerd's socket. */
  readonly address: Name | null;
  /** The bundle; only the shim of runtime v1 names it. */
  readonly workdir: ByteString | null;
}

const VALUED = new Set([
  'namespace',
  'id',
  'address',
  'publish-binary',
  'socket',
  'bundle',
  'workdir',
  'containerd-binary',
  'runtime-root',
]);

/**
 * Parses the command line of `containerd-shim-runc-v2 -namespace NS -id ID -address SOCKET` (and of its kin for other
 * runtimes), and of the v1 shim `containerd-shim -namespace NS -workdir …/NS/ID -address …` (containerd,
 * runtime/v2/shim/shim.go, cmd/containerd-shim/main_unix.go). Null: no shim that minds a container, such as one that
 * was only asked to `start` or `delete`.
 */
export function parseShimArgs(argv: readonly ByteString[]): ShimArgs | null {
  if (!/^(docker-)?containerd-shim/.test(baseName(argv[0] ?? ''))) return null;
  const flags = readFlags(argv.slice(1), { valued: VALUED, stopAtFirst: true });
  if (flags.rest.some((word) => word === 'start' || word === 'delete')) return null;
  const workdir = flags.values.get('workdir') ?? null;
  const id = flags.values.get('id') ?? (workdir === null ? undefined : baseName(workdir));
  const namespace = flags.values.get('namespace');
  if (id === undefined || namespace === undefined || !isContainerdId(id) || !isContainerdId(namespace)) return null;
  const address = firstValue(flags, 'address');
  return { id, namespace, address: address === undefined ? null : nameOf(address), workdir };
}

/** Whether containerd allows this as an id or a namespace (identifiers/validate.go): also a safe component of a path. */
export function isContainerdId(text: string): boolean {
  return text.length <= 256 && /^[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*$/.test(text);
}
