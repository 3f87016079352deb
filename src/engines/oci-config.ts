import type { ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { arrayOf, isObject, objectOf, parseJson, stringsOf, textOf } from './json.ts';

/** What is used of an OCI bundle's `config.json`. */
export interface OciConfig {
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostname: string | null;
  /** Where the root file system is, as the runtime sees it. */
  readonly rootPath: string | null;
  /** As the engine asked for it: a path, or `slice:prefix:name` for the systemd driver. */
  readonly cgroupsPath: string | null;
  readonly mounts: readonly OciMount[];
}

/** A mount that the engine asked for. */
export interface OciMount {
  readonly destination: string;
  readonly source: string;
  readonly type: string | null;
}

/** Parses a bundle's `config.json` (OCI runtime-spec, config.md). Null: malformed. */
export function parseOciConfig(text: ByteString): OciConfig | null {
  const config = parseJson(text);
  if (!isObject(config)) return null;
  const mounts: OciMount[] = [];
  for (const mount of arrayOf(config['mounts']).map(objectOf)) {
    const destination = textOf(mount['destination']);
    const source = textOf(mount['source']);
    if (destination !== null && source !== null) mounts.push({ destination, source, type: textOf(mount['type']) });
  }
  return {
    annotations: stringsOf(config['annotations']),
    hostname: textOf(config['hostname']),
    rootPath: textOf(objectOf(config['root'])['path']),
    cgroupsPath: textOf(objectOf(config['linux'])['cgroupsPath']),
    mounts,
  };
}

/**
 * dockerd's data root, as the bundle it made for container `id` gives it away: the files that it mounts into every
 * container lie in `<data root>/containers/<id>/` (moby, container/container_unix.go, NetworkMounts), also when the data
 * root was moved or is a user's own. Null: none of the three is mounted from there.
 */
export function dockerDataRoot(config: OciConfig, id: string): string | null {
  for (const file of ['hostname', 'hosts', 'resolv.conf']) {
    const tail = `/containers/${id}/${file}`;
    const mount = config.mounts.find(
      ({ destination, source }) => destination === `/etc/${file}` && source.endsWith(tail),
    );
    if (mount !== undefined) return mount.source.slice(0, -tail.length);
  }
  return null;
}

/** A container of Kubernetes, as a CRI engine wrote it into the annotations. */
export interface PodContainer {
  readonly namespace: Name;
  readonly pod: Name;
  /** Null: the pod's sandbox. */
  readonly container: Name | null;
  readonly sandboxId: string | null;
  readonly image: Name | null;
}

/**
 * What the annotations say of the pod: containerd's (pkg/cri/annotations) under `io.kubernetes.cri.`, CRI-O's
 * (pkg/annotations) under `io.kubernetes.cri-o.` together with the kubelet's own labels. Null: no pod is named.
 */
export function podOf(annotations: Readonly<Record<string, string>>): PodContainer | null {
  const one = (...keys: readonly string[]): string | null => {
    for (const key of keys) {
      const value = annotations[key];
      if (value !== undefined && value !== '') return value;
    }
    return null;
  };
  const namespace = one(
    'io.kubernetes.cri.sandbox-namespace',
    'io.kubernetes.pod.namespace',
    'io.kubernetes.cri-o.Namespace',
  );
  const pod = one('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name', 'io.kubernetes.cri-o.KubeName');
  if (namespace === null || pod === null) return null;
  const type = one('io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType');
  return {
    namespace,
    pod,
    container: type === 'sandbox' ? null : one('io.kubernetes.cri.container-name', 'io.kubernetes.container.name'),
    sandboxId: one('io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'),
    image: one('io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName', 'io.kubernetes.cri-o.Image'),
  };
}
