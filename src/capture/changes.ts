/** What a container changed: its upper directory, held against the layers below. On demand, for one target, as a stream. */
import { Failure } from '../host/port.ts';
import type { Host, TreeQueries } from '../host/port.ts';
import { parseIdMap } from '../parse/id-map.ts';
import { isMalformed } from '../parse/malformed.ts';
import type { ChangeFacts, ChangesCoverage, ChangesFacet, LowerFacts } from '../schema/changes.ts';
import type { Outcome } from '../schema/outcome.ts';
import { nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { sameContent } from './changes/content.ts';
import { Lowers } from './changes/lowers.ts';
import type { Found, Lookup, LowerDir } from './changes/lowers.ts';
import { directoryMarks, marksOf, PRIVATE_PREFIX, UNMARKED, WHITEOUT_PREFIX, whiteoutForm } from './changes/marks.ts';
import type { Marks } from './changes/marks.ts';
import { DirPool, rootPlace } from './tree/pool.ts';
import { walkTree } from './tree/walk.ts';
import type { Stack } from './changes/stack.ts';
import type { Visit, Visited } from './tree/walk.ts';

/** More is not kept: somebody makes files faster than they can be read, or to exhaust the reader. */
const MOST_ENTRIES = 2_000_000;
const MOST_PATH_BYTES = 512 * 1024 * 1024;

/** So many of the things that could not be read are named. */
const MOST_NAMED = 100;

/** All of it as a facet, as much as there is room for. */
export function captureChanges(host: Host, stack: Stack): ChangesFacet {
  const walk = new ChangesWalk(host, stack);
  const entries: ChangeFacts[] = [];
  let pathBytes = 0;
  for (const entry of walk.entries()) {
    pathBytes += typeof entry.path === 'string' ? entry.path.length : entry.path.text.length;
    if (entries.length >= MOST_ENTRIES || pathBytes > MOST_PATH_BYTES) {
      walk.coverage.stopped = true;
      break;
    }
    entries.push(entry);
  }
  return { version: 1, entries, coverage: walk.coverage };
}

/** Of the directory whose entries are visited. */
interface Context {
  readonly lowers: readonly LowerDir[];
  /** Where it is in the layers below, if it was renamed. */
  readonly lowerPath: ByteString;
  readonly hasXattrWhiteouts: boolean;
}

/** One look at an upper directory. */
export class ChangesWalk {
  readonly coverage: ChangesCoverage;
  readonly #tree: TreeQueries;
  readonly #pool: DirPool;
  readonly #stack: Stack;
  readonly #lowers: Lowers;

  constructor(host: Host, stack: Stack) {
    this.#tree = host.tree;
    this.#pool = new DirPool(host.tree);
    this.#stack = stack;
    this.#lowers = new Lowers(host.tree, this.#pool, stack);
    this.coverage = {
      entries: 0,
      unread: [],
      unreadCount: 0,
      mounts: 0,
      marks: stack.style === 'overlay' ? seesTrusted(host) : 'read',
      stopped: false,
    };
  }

  /** The entries of the upper directory, parents first, siblings in the order of their bytes. */
  *entries(): Generator<ChangeFacts> {
    const top = marksOf(this.#tree, this.#stack.upper, '.', this.#stack.style);
    if (top instanceof Failure) this.#failed('/', top);
    const context: Context = {
      lowers: this.#lowers.roots,
      lowerPath: '',
      hasXattrWhiteouts: !(top instanceof Failure) && top.hasXattrWhiteouts,
    };
    try {
      yield* walkTree<Context, ChangeFacts>(this.#pool, rootPlace(this.#stack.upper), context, {
        visit: (visit) => this.#visit(visit),
        failed: (path, failure) => this.#failed(path, failure),
        facts: (dir, name) => this.#tree.facts(dir, name),
      });
    } finally {
      this.#pool.close();
    }
  }

  #visit(visit: Visit<Context>): Visited<Context, ChangeFacts> {
    const { name, path, facts, context } = visit;
    this.coverage.entries++;
    if (facts.isMountRoot) {
      this.coverage.mounts++;
      return { give: null };
    }
    if (this.#stack.style !== 'overlay' && name.startsWith(PRIVATE_PREFIX)) return { give: null };
    const form = whiteoutForm(name, facts, this.#stack.style, () =>
      context.hasXattrWhiteouts ? orNull(this.#marks(visit)) : null,
    );
    if (form !== null) {
      const deleted = form === 'name' ? name.slice(WHITEOUT_PREFIX.length) : name;
      const at = path.slice(0, -name.length) + deleted;
      const lower = this.#lowers.find(context.lowers, deleted);
      const where = pathsOf(at, deleted, context);
      return { give: { ...where, upper: facts, whiteout: form, ...this.#lowerFacts(lower, true) } };
    }
    const marks = this.#marks(visit);
    return facts.type === 'directory'
      ? this.#directory(visit, orUnmarked(marks), marks)
      : { give: this.#file(visit, orUnmarked(marks), marks) };
  }

  #directory(visit: Visit<Context>, marks: Marks, read: Marks | Failure): Visited<Context, ChangeFacts> {
    const { name, path, context } = visit;
    const { lowers } = context;
    const there = this.#lowers.find(lowers, name);
    const redirect = redirectOf(marks, context);
    const merged = marks.redirect?.startsWith('/')
      ? this.#lowers.mergedAt(marks.redirect)
      : this.#lowers.merged(lowers, marks.redirect ?? name);
    return {
      give: {
        ...pathsOf(path, name, context),
        upper: visit.facts,
        ...(marks.opaque && { opaque: true }),
        ...this.#lowerFacts(there, false),
        ...this.#source(redirect, marks, context),
        ...this.#comparison(visit, there, marks, read),
      },
      into: {
        lowers: marks.opaque ? [] : merged,
        lowerPath: redirect ?? `${context.lowerPath}/${name}`,
        hasXattrWhiteouts: marks.hasXattrWhiteouts,
      },
    };
  }

  #file(visit: Visit<Context>, marks: Marks, read: Marks | Failure): ChangeFacts {
    const { name, path, facts, context } = visit;
    const there = this.#lowers.find(context.lowers, name);
    const redirect = redirectOf(marks, context);
    return {
      ...pathsOf(path, name, context),
      upper: facts,
      ...(marks.metacopy && { metacopy: true }),
      ...(marks.origin !== null && { origin: marks.origin }),
      ...this.#lowerFacts(there, marks.origin !== null),
      ...this.#source(redirect, marks, context),
      ...this.#comparison(visit, there, marks, read),
    };
  }

  #marks({ place, name, facts }: Visit<Context>): Marks | Failure {
    const dir = this.#pool.open(place);
    if (dir instanceof Failure) return dir;
    const read = facts.type === 'directory' ? directoryMarks : marksOf;
    return read(this.#tree, dir, name, this.#stack.style);
  }

  #lowerFacts(there: Lookup, withHandle: boolean): Pick<ChangeFacts, 'lower' | 'unknown'> {
    if (there instanceof Failure) return { lower: null, unknown: { lower: there.asOutcome } };
    return { lower: there === null ? null : this.#factsOf(there, withHandle) };
  }

  #factsOf(found: Found, withHandle: boolean): LowerFacts {
    const handle = withHandle ? this.#lowers.handle(found) : null;
    return { layer: found.layer, facts: found.facts, ...(handle !== null && { handle }) };
  }

  #source(redirect: ByteString | null, marks: Marks, context: Context): Pick<ChangeFacts, 'redirect' | 'source'> {
    if (redirect === null || marks.redirect === null) return {};
    const source = marks.redirect.startsWith('/')
      ? this.#lowers.findAt(marks.redirect)
      : this.#lowers.find(context.lowers, marks.redirect);
    const isThere = source !== null && !(source instanceof Failure);
    return { redirect: nameOf(redirect), source: isThere ? this.#factsOf(source, false) : null };
  }

  /** How the entry compares with what is below it. */
  #comparison(visit: Visit<Context>, there: Lookup, marks: Marks, read: Marks | Failure): Partial<ChangeFacts> {
    const unknown: Partial<Record<'marks' | 'lower' | 'sameContent' | 'sameXattrs', Outcome>> = {};
    if (read instanceof Failure) unknown.marks = read.asOutcome;
    if (there instanceof Failure) unknown.lower = there.asOutcome;
    const found: { sameContent?: boolean; sameXattrs?: boolean } = {};
    if (there !== null && !(there instanceof Failure) && there.facts.type === visit.facts.type) {
      if (!marks.metacopy) {
        const below = { place: there.dir.place, name: there.name, facts: there.facts };
        const same = sameContent(this.#tree, this.#pool, visit, below);
        if (same instanceof Failure) unknown.sameContent = same.asOutcome;
        else found.sameContent = same;
      }
      const dir = this.#pool.open(there.dir.place);
      const other = dir instanceof Failure ? dir : marksOf(this.#tree, dir, there.name, this.#stack.style);
      if (other instanceof Failure) unknown.sameXattrs = other.asOutcome;
      else if (read instanceof Failure) unknown.sameXattrs = read.asOutcome;
      else found.sameXattrs = sameXattrs(marks, other);
    }
    return { ...found, ...(Object.keys(unknown).length > 0 && { unknown }) };
  }

  #failed(path: ByteString, failure: Failure): void {
    // What was deleted while it was looked at is no gap.
    if (failure.outcome === 'vanished' || failure.errno === 'ENOENT') return;
    this.coverage.unreadCount++;
    if (this.coverage.unread.length < MOST_NAMED) {
      this.coverage.unread.push({ path: nameOf(path), outcome: failure.asOutcome });
    }
  }
}

function pathsOf(path: ByteString, name: ByteString, { lowerPath }: Context): Pick<ChangeFacts, 'path' | 'lowerPath'> {
  const below = `${lowerPath}/${name}`;
  return { path: nameOf(path), ...(below !== path && { lowerPath: nameOf(below) }) };
}

/** Where the entry's content was, as a path from the root. */
function redirectOf({ redirect }: Marks, { lowerPath }: Context): ByteString | null {
  if (redirect === null || redirect.startsWith('/')) return redirect;
  return `${lowerPath}/${redirect}`;
}

function sameXattrs({ others: a }: Marks, { others: b }: Marks): boolean {
  return a.length === b.length && a.every(({ name, value }, i) => name === b[i]?.name && value === b[i].value);
}

function orNull<T>(read: T | Failure): T | null {
  return read instanceof Failure ? null : read;
}

function orUnmarked(read: Marks | Failure): Marks {
  return read instanceof Failure ? UNMARKED : read;
}

const CAP_SYS_ADMIN = 21n;
/** The initial user namespace's map has them all (user_namespaces(7)). */
const ALL_IDS = 4294967295;

/** Whether the reader sees `trusted.*`: it needs CAP_SYS_ADMIN in the initial user namespace (xattr_permission, fs/xattr.c). */
export function seesTrusted(host: Host): 'read' | Outcome {
  const { capEff } = host.reader();
  if (capEff === null) return 'not collected';
  if (((BigInt(`0x${capEff}`) >> CAP_SYS_ADMIN) & 1n) === 0n) return 'denied';
  const self = host.open('/proc');
  if (self instanceof Failure) return self.asOutcome;
  const text = self.read('self/uid_map');
  self.close();
  if (text instanceof Failure) return text.asOutcome;
  const map = parseIdMap(text);
  return !isMalformed(map) && map.length === 1 && map[0]?.count === ALL_IDS ? 'read' : 'denied';
}
