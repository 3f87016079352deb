/** What `layers` looks up in the directories of the layers themselves: changes, and whether each is what its digest says. */
import { captureChanges } from '../capture/changes.ts';
import { unverifiable, verifyLayer } from '../capture/verify.ts';
import { Failure } from '../host/port.ts';
import type { Host } from '../host/port.ts';
import { changesOf } from '../model/changes.ts';
import type { Change, ChangesFacet, MarkStyle } from '../schema/changes.ts';
import type { Name } from '../schema/name.ts';
import type { LayerVerification } from '../schema/verify.ts';
import { nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { LayerDirs } from './layer-dirs.ts';
import { LayerProof } from './layer-proof.ts';
import type { ProvenSubject } from './layer-proof.ts';

/** One directory of a stack, as far as it matters here. */
interface FileLayer {
  readonly kind: 'image' | 'init' | 'writable';
  /** As the engine sees it. */
  readonly path: Name;
  /** The engine's record; null: none. */
  readonly stored: { readonly key: string; readonly diffId: string | null } | null;
  readonly digests: { readonly diffId: string } | null;
}

/** What a target is stacked from. */
interface FileLineage {
  readonly store: {
    readonly facts: {
      readonly kind: string;
      readonly driver: string;
      readonly root: Name;
      readonly via: number | null;
    };
  } | null;
  /** Lowest first. */
  readonly layers: readonly FileLayer[];
}

/** A target with its lineage (src/model/layers). */
export interface FileSubject extends ProvenSubject {
  readonly lineage: FileLineage;
}

/** What a target changed, and how completely that was seen. */
export interface SubjectChanges {
  readonly changes: readonly Change[];
  readonly coverage: ChangesFacet['coverage'];
}

/** The verdict on one layer of a stack. */
export interface VerifiedLayer {
  /** 0 is the lowest. */
  readonly index: number;
  readonly verification: LayerVerification;
}

/**
 * The changes in the writable layer. `against`: the index of the layer to compare with alone, or the beginning of its diffID; null: all
 * below. Throws a NsinspectError where there is no writable layer, no such layer, or a directory that cannot be opened.
 */
export function changesOfSubject(host: Host, subject: FileSubject, against: string | null): SubjectChanges {
  const { lineage } = subject;
  const top = lineage.layers.length - 1;
  const upper = lineage.layers[top];
  if (upper?.kind !== 'writable') {
    throw new NsinspectError(`${subject.text} has no layer that it writes to`, { code: 'no-changes' });
  }
  const only = against === null ? null : layerNamed(against, lineage.layers);
  const dirs = new LayerDirs(host, lineage);
  const proof = new LayerProof(host, subject, dirs);
  try {
    const upperDir = proof.either(upper);
    const lowers = lineage.layers
      .map((layer, index) => ({ layer, index }))
      .filter(({ index }) => index < top && (only === null || index === only))
      .reverse()
      .map(({ layer, index }) => ({ layer: index, dir: proof.either(layer) }));
    const facet = captureChanges(host, { style: styleOf(subject), upper: upperDir, lowers });
    return { changes: changesOf(facet.entries), coverage: facet.coverage };
  } finally {
    proof.close();
    dirs.close();
  }
}

/** Verifies the image's layers one after the other, lowest first; `done` is told after each. */
export async function verifySubject(
  host: Host,
  subject: FileSubject,
  done: (layer: VerifiedLayer) => void = () => undefined,
): Promise<VerifiedLayer[]> {
  const { lineage } = subject;
  const dirs = new LayerDirs(host, lineage);
  const proof = new LayerProof(host, subject, dirs);
  const verified: VerifiedLayer[] = [];
  try {
    const top = lineage.layers.at(-1);
    if (top?.kind === 'writable') proof.checkUpper(top);
    for (const [index, layer] of lineage.layers.entries()) {
      const diffId = layer.digests?.diffId ?? layer.stored?.diffId ?? null;
      if (layer.kind !== 'image' || diffId === null) continue;
      const dir = proof.lower(layer);
      const style = lineage.store?.facts.driver === 'aufs' ? 'aufs' : 'overlay';
      const verification =
        dir instanceof Failure
          ? unverifiable(diffId, dir)
          : await verifyLayer(host, { dir, style, diffId, tarSplit: dirs.tarSplit(layer) });
      const one = { index, verification };
      verified.push(one);
      done(one);
    }
    return verified;
  } finally {
    proof.close();
    dirs.close();
  }
}

function layerNamed(text: string, layers: readonly FileLayer[]): number {
  // So few digits are always an index: whether some diffID begins with them is chance.
  const found = /^\d{1,4}$/.test(text)
    ? [Number(text)].filter((index) => index < layers.length - 1)
    : layers.flatMap(({ digests, stored }, index) => {
        const diffId = digests?.diffId ?? stored?.diffId ?? '';
        return text !== '' && (diffId.startsWith(text) || diffId.startsWith(`sha256:${text}`)) ? [index] : [];
      });
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new NsinspectError(`${text} is ${found.length > 1 ? 'more than one' : 'no'} layer below the writable one`, {
      code: found.length > 1 ? 'ambiguous-layer' : 'no-such-layer',
      hint: 'Name it by its index (# in the list, 0 the lowest) or the beginning of its diffID.',
    });
  }
  return only;
}

/** In which way the mount, or the engine's driver where nothing is mounted, marks what is deleted. */
export function styleOf({ mount, lineage }: FileSubject): MarkStyle {
  const driver = mount === null ? (lineage.store?.facts.driver ?? '') : nameText(mount.fsType);
  if (driver === 'aufs') return 'aufs';
  if (driver.includes('fuse-overlayfs')) return 'fuse-overlayfs';
  return mount?.superOptions.includes('userxattr') === true ? 'overlay-userxattr' : 'overlay';
}
