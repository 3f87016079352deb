/** What the layers of a target hold in vain. */
import { Digests } from '../capture/waste/digest.ts';
import { StackWalk } from '../capture/waste/stack-walk.ts';
import type { FileAt } from '../capture/waste/stack-walk.ts';
import { Failure } from '../host/port.ts';
import type { Host } from '../host/port.ts';
import { WasteSum } from '../model/waste.ts';
import type { ChangesCoverage } from '../schema/changes.ts';
import type { Waste } from '../schema/waste.ts';
import { NsinspectError } from '../text/error.ts';
import { LayerDirs } from './layer-dirs.ts';
import { styleOf } from './layer-files.ts';
import type { FileSubject } from './layer-files.ts';
import { LayerProof } from './layer-proof.ts';

/** Walks all layers of a target. Throws a NsinspectError where there is none, or one cannot be opened. */
export function wasteOfSubject(
  host: Host,
  subject: FileSubject,
): { readonly waste: Waste; readonly coverage: ChangesCoverage } {
  const { layers } = subject.lineage;
  if (layers.length === 0) {
    throw new NsinspectError(`${subject.text} has no layers that could hide anything`, { code: 'no-layers' });
  }
  const dirs = new LayerDirs(host, subject.lineage);
  const proof = new LayerProof(host, subject, dirs);
  const digests = new Digests(host.tree);
  try {
    const stack = layers
      .map((layer, index) => ({ layer, index }))
      .reverse()
      .map(({ layer, index }) => ({ layer: index, dir: proof.either(layer) }));
    const walk = new StackWalk(host, styleOf(subject), stack);
    const sum = new WasteSum<FileAt>(layers.length);
    for (const file of walk.files()) {
      if (sum.add(file)) continue;
      walk.coverage.stopped = true;
      break;
    }
    const digest = (file: FileAt) => {
      const read = digests.of(file);
      return read instanceof Failure ? { outcome: read.asOutcome } : read;
    };
    return { waste: sum.result(digest), coverage: walk.coverage };
  } finally {
    digests.close();
    proof.close();
    dirs.close();
  }
}
