import type { ConmonArgs } from '../../engines/conmon.ts';
import { parseStoredContainers } from '../../engines/containers-storage.ts';
import type { StoredContainer } from '../../engines/containers-storage.ts';
import { parseOciConfig, podOf } from '../../engines/oci-config.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from './reader.ts';

/** Reads what podman or CRI-O wrote down of the container that a conmon minds. */
export function readConmonContainer(reader: EngineReader, view: View, args: ConmonArgs): void {
  const { containersJson, bundle, engine, id } = args;
  if (containersJson === null) return;
  const stored = storedContainers(reader, view, containersJson).get(id);
  // Only Kubernetes has more to say in the bundle.
  const config =
    engine === 'cri-o' && bundle !== null ? reader.parsed(view, `${bundle}/config.json`, parseOciConfig) : null;
  const pod = config === null ? null : podOf(config.annotations);
  if (stored === undefined && pod === null) return;
  const cgroupPath = config?.cgroupsPath ?? null;
  reader.containers.push({
    engine,
    id,
    name: pod === null ? (stored?.name ?? null) : pod.container,
    image: pod?.image ?? stored?.image ?? null,
    createdAt: stored?.createdAt ?? null,
    startedAt: null,
    pid: null,
    ...(pod === null ? {} : { pod: { namespace: pod.namespace, name: pod.pod, container: pod.container } }),
    ...(cgroupPath === null ? {} : { cgroupPath }),
    source: nameOf(containersJson),
    via: view.via,
  });
}

/** The store's containers by id. */
export function storedContainers(
  reader: EngineReader,
  view: View,
  path: ByteString,
): ReadonlyMap<string, StoredContainer> {
  return reader.once(view, path, () => {
    const list = reader.parsed(view, path, parseStoredContainers) ?? [];
    return new Map(list.map((container) => [container.id, container]));
  });
}
