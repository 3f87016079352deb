/** The sections that there are: the files of one folder. */
import { readdirSync } from 'node:fs';

import { builtFile } from '../../src/text/built-file.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { byText } from '../../src/text/order.ts';
import type { Section } from './section.ts';

// In the built program each section is a file of its own.
const FOLDER = builtFile(import.meta.url, './sections/', 'sections/');

/** All sections in their order; only those with these ids, where some are given: a NsinspectError names one that is not there. */
export async function loadSections(ids: readonly string[] = [], folder: URL = FOLDER): Promise<readonly Section[]> {
  const files = readdirSync(folder).filter((file) => /\.[jt]s$/.test(file));
  const modules = await Promise.all(
    files.map((file) => import(new URL(file, folder).href) as Promise<{ readonly default: Section }>),
  );
  const sections = modules.map((module) => module.default).sort((a, b) => a.order - b.order || byText(a.id, b.id));
  const unknown = ids.find((id) => !sections.some((section) => section.id === id));
  if (unknown !== undefined) {
    const known = sections.map(({ id }) => id).join(', ');
    throw new NsinspectError(`there is no section ${unknown}`, {
      code: 'no-such-section',
      hint: `There are: ${known}.`,
    });
  }
  return ids.length === 0 ? sections : sections.filter(({ id }) => ids.includes(id));
}
