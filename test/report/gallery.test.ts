import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { drawFiles, namedPictures } from '../../reports/report/files.ts';
import { GALLERY, galleryReport } from '../../scripts/gallery/world.ts';

describe('the gallery', async () => {
  const drawn = drawFiles(namedPictures(await galleryReport()));

  it('has every picture, and no other', () => {
    const files = readdirSync(GALLERY).filter((name) => name.endsWith('.svg'));
    expect(files.sort()).toEqual(drawn.map(({ name }) => `${name}.svg`).sort());
  });

  // `npm run gallery` draws them anew: look at what changed before it is committed.
  it.each(drawn)('is what the report draws: $name', ({ name, svg }) => {
    expect(svg).toBe(readFileSync(path.join(GALLERY, `${name}.svg`), 'utf8'));
  });
});
