/** What the entries of an upper directory mean, read as changes of what lies below. */
import type { Change, ChangeFacts, ChangeKind } from '../schema/changes.ts';
import type { Name } from '../schema/name.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { FileFacts } from '../schema/tree.ts';
import { bytesOf, nameKey, sameName } from '../text/bytes.ts';
import { byText } from '../text/order.ts';

/**
 * The changes, sorted by the bytes of their paths. A directory that is only there because something in it changed is none, nor is a
 * file that was copied up and is what it was, nor the deletion of what no layer has. A file that overlayfs copied up under
 * a new name is told from a new one by the handle of the lower file that it came from, whose own name is deleted.
 */
export function changesOf(entries: Iterable<ChangeFacts>): Change[] {
  const changes: Change[] = [];
  const deleted: ChangeFacts[] = [];
  const copies: ChangeFacts[] = [];
  const movedFrom = new Set<string>();
  for (const entry of entries) {
    if (entry.whiteout !== undefined) {
      if (entry.lower !== null || entry.unknown?.lower !== undefined) deleted.push(entry);
      continue;
    }
    // Copied up under another name: whether the old one is gone is known at the end.
    if (entry.lower === null && isCopy(entry)) copies.push(entry);
    else {
      const change = changeOf(entry);
      if (change === null) continue;
      if (change.from !== null) movedFrom.add(nameKey(change.from));
      changes.push(change);
    }
  }
  const old = new OldNames(deleted);
  for (const copy of copies) {
    const entry = old.of(copy);
    if (entry !== null) movedFrom.add(nameKey(lowerPathOf(entry)));
    changes.push(
      entry === null
        ? made(copy, 'added', null)
        : { ...made(copy, 'renamed', lowerPathOf(entry)), layer: entry.lower?.layer ?? null },
    );
  }
  for (const entry of deleted) {
    if (!movedFrom.has(nameKey(lowerPathOf(entry)))) changes.push(deletion(entry));
  }
  return inOrder(changes);
}

/** Whether a file that is no directory came from a lower file, by overlayfs's own word. */
function isCopy({ upper, redirect, origin }: ChangeFacts): boolean {
  return upper.type !== 'directory' && (redirect !== undefined || origin !== undefined);
}

function lowerPathOf({ path, lowerPath }: ChangeFacts): Name {
  return lowerPath ?? path;
}

/** The deleted names, by where they were and by what file they were of. Each is the old name of one copy at most. */
class OldNames {
  readonly #byPath = new Map<string, ChangeFacts>();
  readonly #byHandle = new Map<string, ChangeFacts>();

  constructor(deleted: readonly ChangeFacts[]) {
    for (const entry of deleted) {
      this.#byPath.set(nameKey(lowerPathOf(entry)), entry);
      const { lower } = entry;
      if (lower?.handle !== undefined) this.#byHandle.set(handleKey(lower.handle, lower.facts), entry);
    }
  }

  of({ redirect, origin, upper }: ChangeFacts): ChangeFacts | null {
    const entry =
      redirect === undefined ? this.#byHandle.get(handleKey(origin ?? '', upper)) : this.#byPath.get(nameKey(redirect));
    if (entry === undefined) return null;
    this.#byPath.delete(nameKey(lowerPathOf(entry)));
    if (entry.lower?.handle !== undefined) this.#byHandle.delete(handleKey(entry.lower.handle, entry.lower.facts));
    return entry;
  }
}

/** A handle names a file within its file system; a copy is of the same type as what it was made from. */
function handleKey(handle: string, { type }: FileFacts): string {
  return `${type} ${handle}`;
}

/** One entry that is no whiteout; null: nothing changed. */
function changeOf(entry: ChangeFacts): Change | null {
  // A metacopy with several names has the redirect also where it always was.
  if (entry.redirect !== undefined && !sameName(entry.redirect, lowerPathOf(entry))) {
    return { ...made(entry, 'renamed', entry.redirect), layer: entry.source?.layer ?? null };
  }
  const { upper, lower, unknown } = entry;
  if (lower === null) {
    return made(entry, 'added', null, unknown?.lower === undefined ? undefined : { kind: unknown.lower });
  }
  if (lower.facts.type !== upper.type) return made(entry, 'modified', null);
  if (entry.opaque === true) return made(entry, 'opaque', null);
  if (entry.metacopy === true) return made(entry, 'metadata', null);
  if (unknown?.sameContent !== undefined) {
    // It may be the same: what cannot be compared is taken for changed, and says so.
    return made(entry, 'modified', null, { content: unknown.sameContent });
  }
  if (entry.sameContent === false) return made(entry, 'modified', null);
  return isSameMetadata(entry, upper, lower.facts) ? null : made(entry, 'metadata', null);
}

function isSameMetadata({ sameXattrs }: ChangeFacts, upper: FileFacts, lower: FileFacts): boolean {
  const isSame = upper.mode === lower.mode && upper.uid === lower.uid && upper.gid === lower.gid;
  // The time of a directory is that of its entries, which are changes of their own.
  const isSameTime = upper.type === 'directory' || upper.mtime === lower.mtime;
  return isSame && isSameTime && sameXattrs !== false;
}

function made(
  { path, upper, lower }: ChangeFacts,
  kind: ChangeKind,
  from: Name | null,
  unknown?: Partial<Record<'kind' | 'content', Outcome>>,
): Change {
  return {
    path,
    kind,
    from,
    bytes: bytesIn(upper),
    type: upper.type,
    layer: lower?.layer ?? null,
    ...(unknown !== undefined && { unknown }),
  };
}

function deletion({ path, lower, unknown }: ChangeFacts): Change {
  return {
    path,
    kind: 'deleted',
    from: null,
    bytes: lower === null ? null : bytesIn(lower.facts),
    type: lower?.facts.type ?? 'unknown',
    layer: lower?.layer ?? null,
    ...(unknown?.lower !== undefined && { unknown: { kind: unknown.lower } }),
  };
}

function bytesIn({ type, bytes }: FileFacts): string | null {
  return type === 'file' ? bytes : null;
}

function inOrder(changes: readonly Change[]): Change[] {
  return changes
    .map((change) => ({ change, key: bytesOf(change.path) }))
    .sort((a, b) => byText(a.key, b.key))
    .map(({ change }) => change);
}
