/**
 * Draws the pictures of docs/gallery anew: `npm run gallery`. They are of captures and benchmark results that lie beside them; the
 * same facts give the same bytes. Anyone can run it; scripts/gallery-host.ts takes the captures anew.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { drawFiles, namedPictures } from '../reports/report/files.ts';
import { GALLERY, galleryReport } from './gallery/world.ts';

const report = await galleryReport();
const pictures = namedPictures(report);
for (const old of readdirSync(GALLERY).filter((name) => name.endsWith('.svg'))) rmSync(path.join(GALLERY, old));
for (const { name, svg } of drawFiles(pictures)) writeFileSync(path.join(GALLERY, `${name}.svg`), svg);
const parts = pictures.map(
  ({ name, picture: { title, description } }) => `## ${title}\n\n![${title}](${name}.svg)\n\n${description}\n`,
);
const intro = [
  '# Gallery\n',
  'Pictures of a small shop in containers of a real Docker engine, before and after somebody changed something on a Friday',
  'afternoon. `nsinspect report --svg DIR` draws the same of your host, and `nsinspect report -o report.html` puts them into a page. Made by',
  '`npm run gallery` from the captures beside them.\n',
];
writeFileSync(path.join(GALLERY, 'README.md'), `${intro.join('\n')}\n${parts.join('\n')}`);
console.log(`${pictures.length} pictures in docs/gallery`);
