/** The flags of `layers` that look into the directories of layers: `--files`, `--tree`, `--against`, `--verify`, `--waste`. */
import { changeLines, changeNotes, changeTreeLines, verificationLines } from '../../reports/changes.ts';
import type { Style } from '../../reports/style.ts';
import { wasteLines, wasteNotes } from '../../reports/waste.ts';
import type { LayersDocument } from '../schema/layers-document.ts';
import { NsinspectError } from '../text/error.ts';
import type { FileSubject } from './layer-files.ts';
import { isStored } from './source.ts';
import type { SourceFlagValues } from './source.ts';

/** Values of these flags. */
interface LayerFlagValues extends SourceFlagValues {
  readonly files: boolean;
  readonly tree: boolean;
  readonly against?: string | undefined;
  readonly verify: boolean;
  readonly waste: boolean;
}

/**
 * The document with what the flags ask for, and the lines that show it; neither is touched without such a flag. Throws a
 * NsinspectError where a capture is read: it has no files.
 */
export async function lookInto(
  flags: LayerFlagValues,
  subject: FileSubject,
  document: LayersDocument,
  style: Style,
): Promise<{ readonly document: LayersDocument; readonly lines: readonly string[] }> {
  const wantsChanges = flags.files || flags.tree || flags.against !== undefined;
  if (!wantsChanges && !flags.verify && !flags.waste) return { document, lines: [] };
  if (isStored(flags)) {
    const what = flags.from === undefined ? 'a snapshot' : 'a capture';
    throw new NsinspectError(
      `${what} has no files: --files, --tree, --against, --verify and --waste look at the host itself`,
      { code: 'usage' },
    );
  }
  const [{ liveHost }, { changesOfSubject, verifySubject }] = await Promise.all([
    import('../host/live.ts'),
    import('./layer-files.ts'),
  ]);
  const host = liveHost(flags['host-root']);
  const lines: string[] = [];
  let whole = document;
  if (wantsChanges) {
    const { changes, coverage } = changesOfSubject(host, subject, flags.against ?? null);
    const { changes: _, ...unknown } = document.unknown ?? {};
    const { unknown: __, ...rest } = document;
    const notes = [...document.coverage.notes, ...changeNotes(coverage)];
    whole = {
      ...rest,
      changes,
      coverage: { ...document.coverage, notes },
      ...(Object.keys(unknown).length > 0 && { unknown }),
    };
    lines.push('', ...(flags.tree ? changeTreeLines(changes, style) : changeLines(changes, style)));
  }
  if (flags.verify) {
    const layers = await verifySubject(host, subject);
    whole = {
      ...whole,
      verified: layers.map(({ index, verification: { version: _, ...verdict } }) => ({ index, ...verdict })),
    };
    lines.push('', ...verificationLines(layers, style));
    if (layers.length === 0) lines.push('no layer of an image with a digest to verify');
  }
  if (flags.waste) {
    const { wasteOfSubject } = await import('./layer-waste.ts');
    const { waste, coverage } = wasteOfSubject(host, subject);
    const { waste: _, ...unknown } = whole.unknown ?? {};
    const { unknown: __, ...rest } = whole;
    const notes = [...new Set([...whole.coverage.notes, ...wasteNotes(waste, coverage)])];
    whole = {
      ...rest,
      waste,
      coverage: { ...whole.coverage, notes },
      ...(Object.keys(unknown).length > 0 && { unknown }),
    };
    lines.push('', ...wasteLines(waste, style));
  }
  return { document: whole, lines };
}
