/** Where an analysis command takes its facts from: the live host, another root, or a capture file. */
import { string } from '@oclif/core/flags';
import type { CaptureWants, Tool } from '../capture/capture.ts';
import type { Capture } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';

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
};

/** Values of {@link sourceFlags} after parsing. */
export interface SourceFlagValues {
  readonly from?: string | undefined;
  readonly 'host-root'?: string | undefined;
}

/** Gets the facts. From a capture file all facets that it has; a wanted one that it lacks is an error. */
export async function obtain(flags: SourceFlagValues, wants: CaptureWants, tool: Tool): Promise<Capture> {
  if (flags.from !== undefined) return fromFile(flags.from, wants);
  // The live host needs koffi, which a capture file does not.
  const [{ liveHost }, { capture }] = await Promise.all([import('../host/live.ts'), import('../capture/capture.ts')]);
  return capture(liveHost(flags['host-root']), wants, tool);
}

async function fromFile(path: string, wants: CaptureWants): Promise<Capture> {
  const [{ decodeCapture }, { readCaptureFile }] = await Promise.all([
    import('../capture/file.ts'),
    import('./read-capture.ts'),
  ]);
  const capture = decodeCapture(readCaptureFile(path), path);
  const missing = wants.facets.filter((facet) => capture[facet] === undefined);
  if (missing.length > 0) {
    throw new NsinspectError(`${path} lacks what this needs: ${missing.join(', ')} not collected`, {
      code: 'not-collected',
    });
  }
  return capture;
}
