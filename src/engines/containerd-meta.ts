import { Buffer } from 'node:buffer';

import type { Name } from '../schema/name.ts';
import type { ByteString } from '../text/bytes.ts';
import { openBolt, type Bucket } from './bolt.ts';

/** What containerd wrote down of a container. */
export interface ContainerdContainer {
  readonly id: string;
  readonly image: Name | null;
  readonly createdAt: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is asked of a metadata database. */
export interface ContainerdMeta {
  container(namespace: string, id: string): ContainerdContainer | null;
}

/**
 * Opens `<root>/io.containerd.metadata.v1.bolt/meta.db` (containerd, metadata/buckets.go): buckets
 * `v1 / NAMESPACE / containers / ID` with the keys `image`, `createdat` and the bucket `labels`. Null: malformed.
 */
export function parseContainerdMeta(file: ByteString): ContainerdMeta | null {
  const root = openBolt(Buffer.from(file, 'latin1'));
  if (root === null) return null;
  const namespaces = root.bucket('v1');
  return {
    container(namespace, id) {
      const container = namespaces?.bucket(namespace)?.bucket('containers')?.bucket(id);
      if (container === undefined) return null;
      const image = container.value('image')?.toString('utf8');
      return {
        id,
        image: image === undefined || image === '' ? null : image,
        createdAt: goTime(container.value('createdat')),
        labels: labelsOf(container.bucket('labels')),
      };
    },
  };
}

function labelsOf(bucket: Bucket | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((bucket?.entries() ?? []).map(([key, value]) => [key, value.toString('utf8')]));
}

/** Seconds from the year 1, in which Go counts, to 1970. */
const UNIX_EPOCH = 62_135_596_800n;

/** Go's binary form of a time (time/time.go, MarshalBinary): version, seconds since the year 1, nanoseconds, offset in minutes. */
export function goTime(bytes: Buffer | undefined): string | null {
  if (bytes === undefined || bytes.length < 15 || (bytes[0] !== 1 && bytes[0] !== 2)) return null;
  const seconds = Number(bytes.readBigInt64BE(1) - UNIX_EPOCH);
  const nanoseconds = bytes.readUInt32BE(9);
  if (seconds <= 0 || seconds > 253_402_300_799 || nanoseconds > 999_999_999) return null;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanoseconds).padStart(9, '0')}Z`;
}
