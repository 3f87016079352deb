/** The mounts that a target sees, as a document. */
import type { MountsSubject, MountsView } from '../src/model/mounts.ts';
import { isReadOnly } from '../src/model/mounts/origin.ts';
import { overlayOf } from '../src/model/mounts/overlay.ts';
import { propagationOf, propagationText, spreadOf } from '../src/model/mounts/propagation.ts';
import type { PlacedMount } from '../src/model/mounts/propagation.ts';
import type { MountNode } from '../src/model/mounts/tree.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { MountFacts, MountsFacet } from '../src/schema/mounts.ts';
import type { MountRow, MountSample, MountsDocument } from '../src/schema/mounts-document.ts';
import { documentHead } from './head.ts';

/** How many mounts a list names. */
const SAMPLE = 8;

/** The document of `mounts`. */
export function mountsDocument(
  capture: Capture,
  subject: MountsSubject,
  view: MountsView,
  facet: MountsFacet,
): MountsDocument {
  const { kind, text, pid, table, notes } = subject;
  const listed = new Set(view.nodes);
  return {
    ...documentHead('nsinspect/mounts/1', capture, ['engines']),
    target: { kind, text, pid, mntns: table.mntns, root: table.root },
    mounts: view.nodes.map((node) => rowOf(node, table.mntns, view, facet, listed)),
    notes,
  };
}

function rowOf(
  node: MountNode,
  mntns: number,
  view: MountsView,
  facet: MountsFacet,
  listed: ReadonlySet<MountNode>,
): MountRow {
  const { facts, parent, coveredBy, unreachable } = node;
  const origin = view.origins.get(node);
  const overlay = overlayPart(facts, facet);
  const unknown = {
    ...(origin?.host === undefined && { host: 'not collected' as const }),
    ...overlay.unknown,
  };
  const others = view.bySuperblock(facts.dev).filter((one) => one.mntns !== mntns || one.facts.id !== facts.id);
  return {
    id: facts.id,
    ...(facts.uniqueId !== undefined && { uniqueId: facts.uniqueId }),
    parent: parent !== null && listed.has(parent) ? parent.facts.id : null,
    dev: facts.dev,
    root: facts.root,
    path: facts.path,
    fsType: facts.fsType,
    source: facts.source,
    options: facts.options,
    superOptions: facts.superOptions,
    kind: origin?.kind ?? 'filesystem',
    readOnly: isReadOnly(facts),
    coveredBy: coveredBy === null ? null : { id: coveredBy.facts.id, path: coveredBy.facts.path },
    unreachable,
    propagation: propagationPart(facts, mntns, view),
    elsewhere: sampleOf(others),
    ...(origin?.host !== undefined && { host: origin.host }),
    here: origin?.here ?? null,
    ...('overlay' in overlay && { overlay: overlay.overlay }),
    ...(Object.keys(unknown).length > 0 && { unknown }),
  };
}

function propagationPart(facts: MountFacts, mntns: number, { groups }: MountsView): MountRow['propagation'] {
  const propagation = propagationOf(facts);
  const { peers, receivesFrom, sendsTo } = spreadOf(mntns, facts, groups);
  return {
    text: propagationText(propagation),
    ...propagation,
    peers: sampleOf(peers),
    receivesFrom: sampleOf(receivesFrom),
    sendsTo: sampleOf(sendsTo),
  };
}

function overlayPart(facts: MountFacts, facet: MountsFacet): Pick<MountRow, 'overlay' | 'unknown'> {
  const overlay = overlayOf(facts, facet);
  if (overlay === null) return { overlay };
  if ('what' in overlay) return { unknown: { overlay: 'malformed' } };
  const { lower, upper, work, features, base } = overlay;
  return { overlay: { lower, upper, work, features, base } };
}

function sampleOf(mounts: readonly PlacedMount[]): MountSample {
  return {
    count: mounts.length,
    sample: mounts.slice(0, SAMPLE).map(({ mntns, facts }) => ({ mntns, id: facts.id, path: facts.path })),
  };
}
