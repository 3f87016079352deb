import type { StoredLayer } from '../../schema/layers.ts';
import type { Image, Store } from './world.ts';

/** An image that may be the one that a stack was made from. */
export interface Candidate {
  readonly image: Image;
  readonly exact: boolean;
  readonly layers: number;
}

/** More tell a reader nothing. */
const MOST = 16;

/**
 * The images whose layers are the lowest of these, likeliest first: those with exactly these layers, of them those that have a
 * name, of them the newest (the others are steps of its build); then those that the image was built on, the nearest first.
 */
export function candidatesFor(store: Store, layers: readonly StoredLayer[]): Candidate[] {
  const candidates: Candidate[] = [];
  for (const image of store.images) {
    const length = image.stack.length;
    if (length === 0 || length > layers.length) continue;
    if (!image.stack.every(({ key }, i) => key === layers[i]?.key)) continue;
    candidates.push({ image, exact: length === layers.length, layers: length });
  }
  const named = ({ image }: Candidate): number => (image.facts.tags.length > 0 ? 0 : 1);
  const created = ({ image }: Candidate): string => image.facts.createdAt ?? '';
  candidates.sort(
    (a, b) =>
      b.layers - a.layers ||
      named(a) - named(b) ||
      (created(a) < created(b) ? 1 : created(a) > created(b) ? -1 : 0) ||
      (a.image.facts.id < b.image.facts.id ? -1 : 1),
  );
  return candidates.slice(0, MOST);
}
