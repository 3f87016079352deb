/** The facts that `layers` and its relatives need, and how a TARGET is found among them. */
import { Buffer } from 'node:buffer';

import type { CaptureWants, Tool } from '../capture/capture.ts';
import { containersOf } from '../model/containers.ts';
import { layersSubject, recordedSubject, storesOf } from '../model/layers.ts';
import type { LayersFacts, LayersSubject } from '../model/layers.ts';
import { resolveTarget } from '../model/targets.ts';
import type { Target } from '../model/targets.ts';
import type { Container } from '../model/containers.ts';
import type { Capture } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';
import { isStored, obtain } from './source.ts';
import type { SourceFlagValues } from './source.ts';
import { required } from './view.ts';

/** Values of `--state` and of the flags that say what to read. */
export interface LayersFlagValues extends SourceFlagValues {
  readonly state?: readonly string[] | undefined;
}

/** A capture with what layers are told from. */
export interface LayersView extends LayersFacts {
  readonly capture: Capture;
  readonly containers: readonly Container[];
}

/** Gets the facts. They are the same for one target and for all: who shares a layer is known by looking at everybody. */
export async function obtainLayers(flags: LayersFlagValues, tool: Tool): Promise<LayersView> {
  if (isStored(flags) && flags.state !== undefined) {
    const other = flags.from === undefined ? '--snapshot at the history' : '--from at a capture';
    throw new NsinspectError(`--state looks at this host, and ${other}`, { code: 'usage' });
  }
  const wants: CaptureWants = {
    facets: ['tasks', 'mounts', 'engines', 'layers'],
    tasks: { detail: 'none', cgroups: true, root: true, threadCgroups: false },
    layers: { state: (flags.state ?? []).map((path) => Buffer.from(path, 'utf8').toString('latin1')) },
  };
  const capture = await obtain(flags, wants, tool);
  const tasks = required(capture.tasks, 'tasks');
  const layers = required(capture.layers, 'layers');
  const mounts = required(capture.mounts, 'mounts');
  return {
    capture,
    tasks,
    mounts,
    layers,
    stores: storesOf(layers),
    ...containersOf(tasks, capture.engines, capture.host),
  };
}

/** The subject that a TARGET names: what runs, else a container that an engine has a record of. */
export function subjectNamed(text: string, view: LayersView): LayersSubject {
  const { tasks, containers, mounts } = view;
  let target: Target;
  try {
    target = resolveTarget(text, { tasks, containers, mounts });
  } catch (error) {
    const recorded =
      error instanceof NsinspectError && error.code === 'no-such-target' ? recordedSubject(text, view) : null;
    if (recorded !== null) return recorded;
    throw error;
  }
  return layersSubject(target, view);
}

/** The TARGET, or null for `--all`; one of the two must be given. */
export function usage(target: string | undefined, all: boolean): string | null {
  if (all === (target === undefined)) return target ?? null;
  throw new NsinspectError(all ? '--all takes no TARGET' : 'a TARGET or --all is missing', {
    code: 'usage',
    hint: 'try --help',
  });
}
