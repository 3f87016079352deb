/** Words that the reports of layers share. */
import type { ImageId } from '../src/schema/layers-document.ts';
import { nameText } from '../src/text/bytes.ts';

/** As much of a digest as tells it from others. */
export function shortDigest(digest: string | null): string {
  return digest === null ? '' : digest.replace(/^sha256:/, '').slice(0, 12);
}

/** An image by its tags, and its id where it has none or to tell it from what the tag was before. */
export function tagsText({ id, tags }: ImageId): string {
  const short = shortDigest(id);
  if (tags.length === 0) return `${short} (no tag)`;
  const [first = '', ...more] = tags.map(nameText);
  return `${first}${more.length === 0 ? '' : ` and ${String(more.length)} more`} (${short})`;
}
