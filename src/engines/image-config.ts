import type { HistoryStep } from '../schema/layers.ts';
import type { ByteString } from '../text/bytes.ts';
import { digestOf } from './digest.ts';
import { arrayOf, isObject, objectOf, parseJson, textOf, timeOf } from './json.ts';

/** What is used of an image's configuration. */
export interface ImageConfig {
  /** Lowest first. */
  readonly diffIds: readonly string[];
  readonly history: readonly HistoryStep[];
  readonly createdAt: string | null;
}

/**
 * Parses an image's configuration (OCI image-spec, config.md; Docker's is the same in these parts): dockerd keeps it in
 * `image/<driver>/imagedb/content`, containerd among its blobs, containers-storage as big data. Null: malformed, or a
 * configuration of something else, such as an artifact.
 */
export function parseImageConfig(text: ByteString): ImageConfig | null {
  const config = parseJson(text);
  if (!isObject(config)) return null;
  const rootfs = objectOf(config['rootfs']);
  if (rootfs['type'] !== 'layers') return null;
  const diffIds: string[] = [];
  for (const value of arrayOf(rootfs['diff_ids'])) {
    const diffId = digestOf(value);
    if (diffId === null) return null;
    diffIds.push(diffId);
  }
  const history = arrayOf(config['history'])
    .map(objectOf)
    .map((step) => ({
      createdAt: timeOf(step['created']),
      createdBy: textOf(step['created_by']),
      comment: textOf(step['comment']),
      empty: step['empty_layer'] === true,
    }));
  return { diffIds, history, createdAt: timeOf(config['created']) };
}
