/** What containerd's two databases say of snapshots, images and containers. */
import { Buffer } from 'node:buffer';

import type { LayerContainer } from '../schema/layers.ts';
import type { Name } from '../schema/name.ts';
import type { ByteString } from '../text/bytes.ts';
import { openBolt, type Bucket } from './bolt.ts';
import { goTime } from './containerd-meta.ts';
import { digestOf } from './digest.ts';
import { isDockerId } from './docker.ts';

/** A snapshot of a snapshotter. */
export interface Snapshot {
  /** `<namespace>/<name>`: the name of a committed one is its chainID. */
  readonly key: string;
  readonly parent: string | null;
  /** Number of its directory. */
  readonly id: string;
  readonly kind: 'view' | 'active' | 'committed';
  readonly bytes: string | null;
  readonly createdAt: string | null;
}

const KINDS: readonly (Snapshot['kind'] | undefined)[] = [undefined, 'view', 'active', 'committed'];

/**
 * Parses `<root>/io.containerd.snapshotter.v1.<name>/metadata.db` (containerd, snapshots/storage/bolt.go): buckets
 * `v1 / snapshots / KEY` with `id`, `kind`, `parent`, `size`. The keys are `<namespace>/<number>/<name>` (metadata/snapshot.go,
 * createKey), of which the number says nothing. Null: malformed.
 */
export function parseSnapshots(file: ByteString): Snapshot[] | null {
  const root = openBolt(Buffer.from(file, 'latin1'));
  if (root === null) return null;
  return (root.bucket('v1')?.bucket('snapshots')?.buckets() ?? []).flatMap(([key, bucket]) => {
    const kind = KINDS[bucket.value('kind')?.[0] ?? 0];
    const id = uvarint(bucket.value('id'));
    if (kind === undefined || id === null) return [];
    const parent = bucket.value('parent')?.toString('utf8') ?? '';
    return [
      {
        key: withoutNumber(key),
        parent: parent === '' ? null : withoutNumber(parent),
        id: String(id),
        kind,
        bytes: varint(bucket.value('size')),
        createdAt: goTime(bucket.value('createdat')),
      },
    ];
  });
}

function withoutNumber(key: string): string {
  return key.replace(/^([^/]*)\/\d+\//, '$1/');
}

/** An image's configuration among containerd's blobs. */
export interface ConfigBlob {
  readonly namespace: string;
  /** Its digest. */
  readonly digest: string;
  /** ChainID of its highest snapshot. */
  readonly top: string;
  readonly tags: readonly Name[];
}

/** What {@link parseContainerdImages} finds. */
export interface ContainerdImages {
  readonly configs: readonly ConfigBlob[];
  readonly containers: readonly LayerContainer[];
}

const CONTENT = 'containerd.io/gc.ref.content.';

/**
 * Parses `meta.db` (containerd, metadata/buckets.go) for images that this snapshotter has unpacked: a configuration's blob
 * carries `containerd.io/gc.ref.snapshot.<snapshotter>`, the chainID (unpacker.go), and labels `containerd.io/gc.ref.content.*`
 * lead to it from what the image's name stands for, a manifest or an index of several. Null: malformed.
 */
export function parseContainerdImages(file: ByteString, snapshotter: string): ContainerdImages | null {
  const root = openBolt(Buffer.from(file, 'latin1'));
  if (root === null) return null;
  const configs: ConfigBlob[] = [];
  const containers: LayerContainer[] = [];
  for (const [namespace, bucket] of root.bucket('v1')?.buckets() ?? []) {
    configs.push(...configsOf(namespace, bucket, snapshotter));
    for (const [id, container] of bucket.bucket('containers')?.buckets() ?? []) {
      if (text(container, 'snapshotter') !== snapshotter) continue;
      const key = text(container, 'snapshotKey');
      containers.push({
        engine: namespace === 'k8s.io' ? 'cri' : namespace === 'moby' ? 'docker' : 'containerd',
        id,
        name: text(container.bucket('labels'), 'nerdctl/name'),
        image: text(container, 'image'),
        layer: key === null ? null : `${namespace}/${key}`,
        namespace,
        createdAt: goTime(container.value('createdat')),
      });
    }
  }
  return { configs, containers };
}

function configsOf(namespace: string, bucket: Bucket, snapshotter: string): ConfigBlob[] {
  const blobs = new Map<string, { readonly refs: readonly string[]; readonly top: string | null }>();
  for (const [digest, blob] of bucket.bucket('content')?.bucket('blob')?.buckets() ?? []) {
    const labels = blob.bucket('labels');
    const refs = (labels?.entries() ?? []).flatMap(([key, value]) =>
      key.startsWith(CONTENT) ? [value.toString('utf8')] : [],
    );
    blobs.set(digest, { refs, top: digestOf(text(labels, `containerd.io/gc.ref.snapshot.${snapshotter}`)) });
  }
  const tags = new Map<string, Set<string>>();
  for (const [name, image] of bucket.bucket('images')?.buckets() ?? []) {
    const seen = new Set<string>();
    const todo = [text(image.bucket('target'), 'digest') ?? ''];
    for (let digest = todo.pop(); digest !== undefined; digest = todo.pop()) {
      if (seen.has(digest)) continue;
      seen.add(digest);
      const blob = blobs.get(digest);
      if (typeof blob?.top === 'string') tags.set(digest, (tags.get(digest) ?? new Set()).add(name));
      todo.push(...(blob?.refs ?? []));
    }
  }
  return [...blobs].flatMap(([digest, { top }]) =>
    top === null || digestOf(digest) === null
      ? []
      : [{ namespace, digest, top, tags: namesOf([...(tags.get(digest) ?? [])], digest) }],
  );
}

/** CRI names each image by its id and by its digest, too (pkg/cri/store/image): they are no tags. */
function namesOf(names: readonly string[], digest: string): string[] {
  return names.filter((name) => name !== digest && !name.includes('@')).sort();
}

/** Whether a snapshot with this name was made by dockerd for a container, and in its namespace. */
export function isDockerSnapshot(key: string): boolean {
  return key.startsWith('moby/') && isDockerId(key.slice('moby/'.length));
}

function text(bucket: Bucket | undefined, key: string): string | null {
  const value = bucket?.value(key)?.toString('utf8') ?? '';
  return value === '' ? null : value;
}

/** encoding/binary, Uvarint: seven bits a byte, lowest first. */
function uvarint(bytes: Buffer | undefined): bigint | null {
  if (bytes === undefined || bytes.length === 0 || bytes.length > 10) return null;
  let value = 0n;
  for (const [at, byte] of bytes.entries()) value |= BigInt(byte & 0x7f) << BigInt(7 * at);
  return value;
}

/** encoding/binary, Varint: the sign in the lowest bit. */
function varint(bytes: Buffer | undefined): string | null {
  const value = uvarint(bytes);
  return value === null || (value & 1n) === 1n ? null : String(value >> 1n);
}
