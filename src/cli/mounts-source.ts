/** The facts that `mounts` needs, and the mounts that its TARGET is about. */
import type { Tool } from '../capture/capture.ts';
import { mountAround, mountsSubjectOf, mountsViewOf } from '../model/mounts.ts';
import type { MountsSubject, MountsView } from '../model/mounts.ts';
import type { Target } from '../model/targets.ts';
import type { Capture } from '../schema/capture.ts';
import type { MountsFacet } from '../schema/mounts.ts';
import { NsinspectError } from '../text/error.ts';
import { obtain } from './source.ts';
import type { SourceFlagValues } from './source.ts';
import { required, viewOf } from './view.ts';
import type { View } from './view.ts';

/** Everything that the answer is made from. */
export interface MountsFacts {
  readonly capture: Capture;
  readonly subject: MountsSubject;
  readonly view: MountsView;
  readonly facet: MountsFacet;
}

/** Gets the mounts of what `text` names. Throws a NsinspectError where it names nothing that has mounts. */
export async function obtainMounts(flags: SourceFlagValues, text: string, tool: Tool): Promise<MountsFacts> {
  const capture = await obtain(
    flags,
    {
      facets: ['tasks', 'namespaces', 'mounts', 'engines'],
      tasks: { detail: 'none', cgroups: true, root: true, threadCgroups: false },
    },
    tool,
  );
  const view = viewOf(capture);
  const facet = required(capture.mounts, 'mounts');
  const subject = mountsSubjectOf(targetOf(text, view, facet), facet, view.tasks);
  return { capture, subject, view: mountsViewOf(subject, facet, view.tasks), facet };
}

/** By the grammar of all commands; a path of the host that is none of those is in some mount all the same. */
function targetOf(text: string, { resolve, tasks }: View, facet: MountsFacet): Target {
  try {
    return resolve(text);
  } catch (error) {
    const isUnknown = error instanceof NsinspectError && error.code === 'no-such-target';
    const around = isUnknown ? mountAround(text, facet, tasks) : null;
    if (around === null) throw error;
    return around;
  }
}
