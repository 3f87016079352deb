import type { HistoryStep } from '../../schema/layers.ts';
import type { Name } from '../../schema/name.ts';
import { nameText } from '../../text/bytes.ts';

/** A build step in its place. */
export interface PlacedStep {
  readonly step: HistoryStep;
  /** Index of the layer that it made, 0 the lowest; null: it made none. */
  readonly layer: number | null;
}

/**
 * Which step of an image's history made which of its layers: each step that is not marked as empty made the next one (OCI
 * image-spec, config.md). Null: the history does not fit the layers (an image need not have one), so that none can be placed.
 */
export function placeHistory(history: readonly HistoryStep[], layers: number): PlacedStep[] | null {
  let next = 0;
  const placed = history.map((step) => ({ step, layer: step.empty ? null : next++ }));
  return next === layers ? placed : null;
}

/**
 * A step as its author wrote it, from what the builder noted: the classic one marks instructions without a command by `#(nop)`
 * and runs the others by a shell, BuildKit notes the instruction with `# buildkit` behind it. The text itself where it is neither.
 */
export function instructionOf(createdBy: Name): string {
  const text = nameText(createdBy).trim();
  const [, nop] = /^\/bin\/sh -c #\(nop\)\s*(.*)$/s.exec(text) ?? [];
  if (nop !== undefined) return nop.trim();
  const step = text.replace(/\s*# buildkit$/, '');
  const isBuildKit = step !== text;
  const [, prefix, command] = /^(RUN )?(?:\|\d+ .*?)?\/bin\/sh -c (.*)$/s.exec(step) ?? [];
  if (command !== undefined && (prefix !== undefined || !isBuildKit)) return `RUN ${command.trim()}`;
  return step;
}
