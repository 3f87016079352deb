import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { reportDocument } from '../../reports/report/document.ts';
import { drawFiles, namedPictures } from '../../reports/report/files.ts';
import { GALLERY, galleryReport } from '../../scripts/gallery/world.ts';
import { toJson } from '../../src/text/json.ts';
import { expectDocument } from '../support/schema.ts';
import { expectDrawable } from './pictures.ts';

describe('the gallery', async () => {
  const report = await galleryReport();
  const drawn = drawFiles(namedPictures(report));

  it('has every section, in a document that is what its schema says', () => {
    const document = JSON.parse(toJson(reportDocument(report))) as {
      readonly sections: { readonly available: boolean }[];
    };
    expectDocument(document);
    expect(document.sections.every(({ available }) => available)).toBe(true);
  });

  it('has every picture, and no other', () => {
    const files = readdirSync(GALLERY).filter((name) => name.endsWith('.svg'));
    expect(files.sort()).toEqual(drawn.map(({ name }) => `${name}.svg`).sort());
  });

  it.each(drawn)('has no path that a browser would leave half drawn: $name', ({ svg }) => {
    expectDrawable(svg);
  });

  // `npm run gallery` draws them anew: look at what changed before it is committed.
  it.each(drawn)('is what the report draws: $name', ({ name, svg }) => {
    expect(svg).toBe(readFileSync(path.join(GALLERY, `${name}.svg`), 'utf8'));
  });
});
