/** The facts that a report is made from. */
import { World } from '../../reports/report/world.ts';
import type { Tool } from '../capture/capture.ts';
import { redact } from '../capture/redact.ts';
import type { Capture } from '../schema/capture.ts';
import { captureOfFile, obtain } from './source.ts';
import type { SourceFlagValues } from './source.ts';

/** Values of the flags that say what to look at. */
export interface ReportSourceFlags extends SourceFlagValues {
  readonly redact: boolean;
}

/** Gets them. From a capture file or the history whatever is there: a section whose facts are missing says so. */
export async function obtainWorld(flags: ReportSourceFlags, tool: Tool): Promise<World> {
  const whole = await captureOf(flags, tool);
  const capture = flags.redact ? redact(whole) : whole;
  const name = flags.from ?? flags.snapshot ?? 'live';
  const side = { name, capture, snapshot: null };
  return new World({ side, before: null, timeline: [], bench: [], redacted: capture.redacted });
}

async function captureOf(flags: SourceFlagValues, tool: Tool): Promise<Capture> {
  if (flags.from !== undefined) return captureOfFile(flags.from);
  const { EVERYTHING } = await import('../capture/capture.ts');
  return obtain(flags, EVERYTHING, tool);
}
