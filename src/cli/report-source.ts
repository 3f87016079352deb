/** The facts that a report is made from. */
import { World } from '../../reports/report/world.ts';
import type { Tool } from '../capture/capture.ts';
import type { Capture } from '../schema/capture.ts';
import { captureOfFile, obtain } from './source.ts';
import type { SourceFlagValues } from './source.ts';

/** Gets them. From a capture file or the history whatever is there: a section whose facts are missing says so. */
export async function obtainWorld(flags: SourceFlagValues, tool: Tool): Promise<World> {
  const capture = await captureOf(flags, tool);
  const name = flags.from ?? flags.snapshot ?? 'live';
  const side = { name, capture, snapshot: null };
  return new World({ side, before: null, timeline: [], bench: [], redacted: capture.redacted });
}

async function captureOf(flags: SourceFlagValues, tool: Tool): Promise<Capture> {
  if (flags.from !== undefined) return captureOfFile(flags.from);
  const { EVERYTHING } = await import('../capture/capture.ts');
  return obtain(flags, EVERYTHING, tool);
}
