/** Writes a report in the formats that were asked for. */
import { Buffer } from 'node:buffer';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import type { Report } from '../../reports/report/document.ts';
import { NsinspectError } from '../text/error.ts';
import type { ReportFormat, ReportOutput } from './report-flags.ts';
import { writeWhole } from './write.ts';

/** A file that was written. */
export interface WrittenFile {
  readonly file: string;
  readonly bytes: number;
}

/** Writes it, each file whole or not at all. A NsinspectError says what cannot be written. */
export async function writeReport(report: Report, output: ReportOutput): Promise<WrittenFile[]> {
  const { main, svgDirectory } = output;
  const files = [
    ...(main === null ? [] : [{ file: main.file, bytes: Buffer.from(await mainText(report, output, main.format)) }]),
    ...(svgDirectory === null ? [] : await pictureFiles(report, svgDirectory)),
  ];
  for (const { file, bytes } of files) writeWhole(file, bytes);
  return files.map(({ file, bytes }) => ({ file, bytes: bytes.length }));
}

async function mainText(report: Report, { raw, picture }: ReportOutput, format: ReportFormat): Promise<string> {
  switch (format) {
    case 'html': {
      const [{ reportPage }, { encodeCapture }] = await Promise.all([
        import('../../reports/report/page.ts'),
        import('../capture/file.ts'),
      ]);
      return reportPage(report, { raw: raw ? encodeCapture(report.world.capture) : null });
    }
    case 'md': {
      const { reportMarkdown } = await import('../../reports/report/markdown.ts');
      return reportMarkdown(report);
    }
    case 'json': {
      const [{ reportDocument }, { toJson }] = await Promise.all([
        import('../../reports/report/document.ts'),
        import('../text/json.ts'),
      ]);
      return `${toJson(reportDocument(report), { indent: 2 })}\n`;
    }
    case 'svg':
      return onePicture(report, picture);
  }
}

async function onePicture(report: Report, wanted: string | undefined): Promise<string> {
  const { drawFiles, namedPictures } = await import('../../reports/report/files.ts');
  const pictures = namedPictures(report);
  const found = wanted === undefined ? pictures : pictures.filter(({ name }) => name === wanted);
  const [one] = found;
  if (one === undefined || found.length > 1) {
    const problem =
      pictures.length === 0
        ? 'there is no picture in these sections'
        : wanted === undefined
          ? 'an SVG is one picture, and nothing says which'
          : `there is no picture ${wanted}`;
    const names = pictures.map(({ name }) => name).join(', ');
    const hint =
      pictures.length === 0 ? 'Ask for other sections.' : `--picture one of: ${names}; or --svg DIR for all.`;
    throw new NsinspectError(problem, { code: 'no-such-picture', hint });
  }
  return drawFiles([one])[0]?.svg ?? '';
}

async function pictureFiles(report: Report, directory: string): Promise<{ file: string; bytes: Buffer }[]> {
  const { drawFiles, namedPictures } = await import('../../reports/report/files.ts');
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new NsinspectError(`cannot make ${directory}: ${code ?? String(cause)}`, { code: 'cannot-write', cause });
  }
  return drawFiles(namedPictures(report)).map(({ name, svg }) => ({
    file: path.join(directory, `${name}.svg`),
    bytes: Buffer.from(svg),
  }));
}
