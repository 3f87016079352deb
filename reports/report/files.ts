/** The pictures of a report as files that stand alone. */
import { picturesOf } from './document.ts';
import type { Report } from './document.ts';
import { Studio } from './picture.ts';
import type { Picture } from './section.ts';

/** A picture and how it is called: `<section>-<name>`, the name of its file without `.svg`. */
export interface NamedPicture {
  readonly name: string;
  readonly picture: Picture;
}

/** All pictures of a report, in its order; none of them is drawn yet. */
export function namedPictures({ sections }: Report): NamedPicture[] {
  return sections.flatMap(({ id, blocks }) =>
    picturesOf(blocks).map((picture) => ({ name: `${id}-${picture.name}`, picture })),
  );
}

/** Draws pictures, each a whole SVG document with its own style. */
export function drawFiles(pictures: readonly NamedPicture[]): { readonly name: string; readonly svg: string }[] {
  const studio = new Studio();
  return pictures.map(({ name, picture }) => ({ name, svg: studio.drawFile(picture, name) }));
}
