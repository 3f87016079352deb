/** The report that the gallery's pictures are of. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { buildReport } from '../../reports/report/document.ts';
import type { Report } from '../../reports/report/document.ts';
import { loadSections } from '../../reports/report/sections.ts';
import { World } from '../../reports/report/world.ts';
import { decodeCapture } from '../../src/capture/file.ts';
import type { BenchDocument } from '../../src/schema/bench.ts';

/** Where its facts and its pictures are. */
export const GALLERY = path.join(path.dirname(path.dirname(import.meta.dirname)), 'docs/gallery');

/** The report of the shop: after what was changed, compared with before, and with what was measured there. */
export async function galleryReport(): Promise<Report> {
  const side = (name: string) => {
    const file = `${name}.nsc`;
    return { name: file, capture: decodeCapture(readFileSync(path.join(GALLERY, file)), file), snapshot: null };
  };
  const runs = ['bench-1.json', 'bench-2.json', 'bench-3.json']
    .map((name) => path.join(GALLERY, name))
    .filter((file) => existsSync(file));
  const world = new World({
    side: side('after'),
    before: side('before'),
    timeline: [],
    bench: runs.map((file) => JSON.parse(readFileSync(file, 'utf8')) as BenchDocument),
    redacted: false,
  });
  return buildReport(world, await loadSections());
}
