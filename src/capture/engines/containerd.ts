import { parseContainerdMeta } from '../../engines/containerd-meta.ts';
import type { ContainerdContainer, ContainerdMeta } from '../../engines/containerd-meta.ts';
import { dirName } from '../../engines/flags.ts';
import { parseOciConfig, podOf } from '../../engines/oci-config.ts';
import { isContainerdId } from '../../engines/shim.ts';
import { Failure } from '../../host/port.ts';
import type { EngineContainer } from '../../schema/engines.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from './reader.ts';

/** The database of a host with thousands of images is larger; it is only read for what nothing else says. */
const META_LIMIT = 16 << 20;

/** A bundle that was read, and which pod's sandbox the container belongs to: its shim minds it. */
export interface BundleRecord {
  readonly container: EngineContainer;
  readonly sandboxId: string | null;
}

/** Reads what containerd wrote into a container's bundle. Null: there is nothing to read. */
export function readBundle(
  reader: EngineReader,
  view: View,
  namespace: string,
  id: string,
  bundle: ByteString,
): BundleRecord | null {
  const path = `${bundle}/config.json`;
  const config = reader.parsed(view, path, parseOciConfig);
  if (config === null) return null;
  const pod = namespace === 'k8s.io' ? podOf(config.annotations) : null;
  const meta = pod?.image === null || pod === null ? fromMeta(reader, view, namespace, id, bundle) : null;
  const pid = reader.optional(view, `${bundle}/init.pid`, pidOf);
  const container: EngineContainer = {
    engine: namespace === 'k8s.io' ? 'cri' : 'containerd',
    id,
    // containerd itself knows ids only; nerdctl keeps the name as a label.
    name: pod?.container ?? meta?.labels['nerdctl/name'] ?? null,
    image: pod?.image ?? meta?.image ?? null,
    createdAt: meta?.createdAt ?? null,
    startedAt: null,
    pid,
    namespace,
    ...(pod === null ? {} : { pod: { namespace: pod.namespace, name: pod.pod, container: pod.container } }),
    ...(meta === null ? {} : { labels: meta.labels }),
    ...(config.cgroupsPath === null ? {} : { cgroupPath: config.cgroupsPath }),
    source: nameOf(path),
    via: view.via,
  };
  return { container, sandboxId: pod?.sandboxId ?? null };
}

/**
 * The containers whose bundles lie beside this one, it included: with CRI one shim minds all containers of a pod. Only the
 * first who asks about a directory is told.
 */
export function neighbours(reader: EngineReader, view: View, bundle: ByteString): readonly string[] {
  const directory = dirName(bundle);
  const todo = reader.once(view, `bundles\0${directory}`, () => ({
    ids: reader.list(view, directory).filter(isContainerdId),
  }));
  const { ids } = todo;
  todo.ids = [];
  return ids;
}

function fromMeta(
  reader: EngineReader,
  view: View,
  namespace: string,
  id: string,
  bundle: ByteString,
): ContainerdContainer | null {
  const meta = reader.once<ContainerdMeta | null>(view, `meta\0${dirName(dirName(bundle))}`, () =>
    openMeta(reader, view, bundle),
  );
  return meta?.container(namespace, id) ?? null;
}

/** containerd's root directory is not in its state directory, but the bundle links to the container's part of it. */
function openMeta(reader: EngineReader, view: View, bundle: ByteString): ContainerdMeta | null {
  const dir = reader.open(view, bundle);
  if (dir instanceof Failure) return null;
  const work = dir.readlink('work');
  dir.close();
  // <root>/io.containerd.runtime.v2.task/<namespace>/<id>
  const root = work instanceof Failure ? '' : dirName(dirName(dirName(work)));
  if (root === '') return null;
  const path = `${root}/io.containerd.metadata.v1.bolt/meta.db`;
  const file = reader.read(view, path, META_LIMIT);
  if (file instanceof Failure) {
    // What is too large was left, not found wrong.
    if (file.errno === 'EOVERFLOW') reader.note(path, 'not collected');
    else reader.noteFailure(path, file);
    return null;
  }
  const meta = parseContainerdMeta(file);
  if (meta === null) reader.note(path, 'malformed');
  return meta;
}

function pidOf(text: ByteString): number | null {
  return /^[1-9]\d{0,9}$/.test(text.trim()) ? Number(text.trim()) : null;
}
