import { createHash } from 'node:crypto';

/** A digest in its canonical form (OCI image-spec, descriptor.md); null for anything else. Nothing else may become part of a path. */
export function digestOf(value: unknown): string | null {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value) ? value : null;
}

/** The hexadecimal part of a digest. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The chainIDs of a stack of layers from their diffIDs, lowest first (OCI image-spec, config.md, "Layer ChainID"). */
export function chainIdsOf(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(
      below === undefined ? diffId : `sha256:${createHash('sha256').update(`${below} ${diffId}`).digest('hex')}`,
    );
  }
  return chain;
}
