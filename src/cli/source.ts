/** Where an analysis command takes its facts from: the live host, another root, a capture file, or the history. */
import { string } from '@oclif/core/flags';
import type { CaptureWants, Tool } from '../capture/capture.ts';
import type { Capture } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';
import { dbFlag } from './history.ts';
import { MOMENT_HELP } from './moment.ts';

/** Flags of every command that analyses a host. */
export const sourceFlags = {
  from: string({
    helpGroup: 'SOURCE',
    helpValue: 'FILE',
    summary: 'Read a capture (nsinspect capture -o FILE) instead of this host.',
    exclusive: ['host-root'],
  }),
  'host-root': string({
    helpGroup: 'SOURCE',
    helpValue: 'DIR',
    summary: "Read the /proc and /sys below DIR, as when a container has the host's mounted there.",
  }),
  snapshot: string({
    helpGroup: 'SOURCE',
    helpValue: 'MOMENT',
    summary: `Read the history (nsinspect snapshot take) instead of this host: ${MOMENT_HELP}.`,
    exclusive: ['from', 'host-root'],
  }),
  db: { ...dbFlag, helpGroup: 'SOURCE', dependsOn: ['snapshot'] },
};

/** Values of {@link sourceFlags} after parsing. */
export interface SourceFlagValues {
  readonly from?: string | undefined;
  readonly 'host-root'?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly db?: string | undefined;
}

/** Whether the facts were collected before: what is not among them cannot be looked for any more. */
export function isStored({ from, snapshot }: SourceFlagValues): boolean {
  return from !== undefined || snapshot !== undefined;
}

/** Gets the facts. From a capture file or the history all facets that were stored; a wanted one that is missing is an error. */
export async function obtain(flags: SourceFlagValues, wants: CaptureWants, tool: Tool): Promise<Capture> {
  if (flags.from !== undefined) return withFacets(await captureOfFile(flags.from), wants, flags.from);
  if (flags.snapshot !== undefined) {
    const { captureAt } = await import('./history.ts');
    return withFacets(await captureAt(flags.db, flags.snapshot), wants, `snapshot ${flags.snapshot}`);
  }
  // The live host needs koffi, which a capture file does not.
  const [{ liveHost }, { capture }] = await Promise.all([import('../host/live.ts'), import('../capture/capture.ts')]);
  return capture(liveHost(flags['host-root']), wants, tool);
}

/** The capture in a file. A NsinspectError says what is wrong with it. */
export async function captureOfFile(path: string): Promise<Capture> {
  const [{ decodeCapture }, { readCaptureFile }] = await Promise.all([
    import('../capture/file.ts'),
    import('./read-capture.ts'),
  ]);
  return decodeCapture(readCaptureFile(path), path);
}

function withFacets(capture: Capture, wants: CaptureWants, name: string): Capture {
  const missing = wants.facets.filter((facet) => capture[facet] === undefined);
  if (missing.length === 0) return capture;
  throw new NsinspectError(`${name} lacks what this needs: ${missing.join(', ')} not collected`, {
    code: 'not-collected',
  });
}
