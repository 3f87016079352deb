/** What of one capture's facts another one has otherwise: all of it, so that the one and the patch give the other. */
import type { Capture } from '../schema/capture.ts';
import type { FactsPatch, FactPatch, PlacedFact } from '../schema/diff-document.ts';
import { isSame } from '../text/same.ts';
import type { CgroupSample, Fact, Meta } from './fact.ts';
import { ranksFor } from './ranks.ts';
import { captureOf, factsOf } from './shred.ts';

/** The patch that makes the second capture of the first. */
export function patchOf(a: Capture, b: Capture): FactsPatch {
  const [was, is] = [factsOf(a), factsOf(b)];
  const facts: Record<string, FactPatch> = {};
  for (const kind of new Set([...was.facts.keys(), ...is.facts.keys()])) {
    const patch = patchOfList(was.facts.get(kind), is.facts.get(kind));
    if (patch !== null) facts[kind] = patch;
  }
  const before = new Map(was.samples.map((sample) => [sample.key, sample]));
  const after = new Set(is.samples.map(({ key }) => key));
  return {
    meta: isSame(was.meta, is.meta) ? null : is.meta,
    frame: isSame(was.frame, is.frame) ? null : (is.frame ?? {}),
    facts,
    shapes: [...is.shapes].filter(([key]) => !was.shapes.has(key)),
    samples: {
      removed: was.samples.flatMap(({ key }) => (after.has(key) ? [] : [key])),
      set: is.samples.filter((sample) => !isSame(before.get(sample.key), sample)),
    },
  };
}

/** Null: nothing differs. */
function patchOfList(was: readonly Fact[] | undefined, is: readonly Fact[] | undefined): FactPatch | null {
  if (is === undefined) return { removed: null, changed: [], added: [] };
  const places = new Map((was ?? []).map(({ key }, at) => [key, at]));
  const held = is.map(({ key }) => {
    const at = places.get(key);
    // Room between neighbours, so that what stays in its order keeps its number.
    return at === undefined ? null : (at + 1) * 2 ** 32;
  });
  const ranks = ranksFor(held);
  const changed: { key: string; body: object }[] = [];
  const added: PlacedFact[] = [];
  const kept = new Set<string>();
  for (const [at, { key, body }] of is.entries()) {
    if (held[at] === null || held[at] !== ranks[at]) {
      added.push({ key, body, after: is[at - 1]?.key ?? null });
      continue;
    }
    kept.add(key);
    if (!isSame(was?.[places.get(key) ?? -1]?.body, body)) changed.push({ key, body });
  }
  const removed = (was ?? []).flatMap(({ key }) => (kept.has(key) ? [] : [key]));
  const isNothing = was !== undefined && removed.length + changed.length + added.length === 0;
  return isNothing ? null : { removed, changed, added };
}

/** The capture that a patch makes of this one; `patch` must be one of {@link patchOf} for it. */
export function applyPatch(a: Capture, patch: FactsPatch): Capture {
  const was = factsOf(a);
  const facts = new Map(was.facts);
  for (const [kind, list] of Object.entries(patch.facts)) {
    if (list.removed === null) facts.delete(kind);
    else facts.set(kind, patched(was.facts.get(kind) ?? [], list));
  }
  const samples = new Map<string, CgroupSample>(was.samples.map((sample) => [sample.key, sample]));
  for (const key of patch.samples.removed) samples.delete(key);
  for (const sample of patch.samples.set) samples.set(sample.key, sample);
  return captureOf({
    meta: (patch.meta as Meta | null) ?? was.meta,
    frame: patch.frame ?? was.frame,
    facts,
    samples: [...samples.values()],
    shapes: new Map([...was.shapes, ...patch.shapes]),
  });
}

function patched(was: readonly Fact[], { removed, changed, added }: FactPatch): Fact[] {
  const gone = new Set(removed);
  const bodies = new Map(changed.map(({ key, body }) => [key, body]));
  const followers = new Map<string | null, PlacedFact>();
  for (const fact of added) followers.set(fact.after, fact);
  const list: Fact[] = [];
  const follow = (key: string | null): void => {
    for (let next = followers.get(key); next !== undefined; next = followers.get(next.key)) {
      list.push({ key: next.key, body: next.body });
    }
  };
  follow(null);
  for (const { key, body } of was) {
    if (gone.has(key)) continue;
    list.push({ key, body: bodies.get(key) ?? body });
    follow(key);
  }
  return list;
}
