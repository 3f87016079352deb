/** Places of facts in their lists as numbers, so that a list keeps its order without a row of its own. */

/** Between neighbours that are new together. */
const GAP = 2 ** 32;

/**
 * From a neighbour on its left, where there is room: lists grow at the ends of their groups (a cgroup after its last sibling), so
 * that room is kept on the right.
 */
const STEP = 2 ** 20;

/**
 * Ascending ranks for a list. `held`: the rank that each item has; null for new ones. As many as can keep theirs do. `hint` is
 * what an item would like (a pid, in lists that are sorted by it).
 */
export function ranksFor(held: readonly (number | null)[], hint?: (at: number) => number): number[] {
  const kept = keeping(held);
  const ranks: number[] = new Array<number>(held.length);
  let left: number | null = null;
  for (let at = 0; at < held.length;) {
    const own = kept[at] ?? null;
    if (own !== null) {
      ranks[at++] = left = own;
      continue;
    }
    let end = at;
    while (end < held.length && kept[end] === null) end++;
    if (!fill(ranks, at, end, left, kept[end] ?? null, hint)) return held.map((_, place) => (place + 1) * GAP);
    left = ranks[end - 1] ?? null;
    at = end;
  }
  return ranks;
}

/** Ranks of the places from `at` to before `end`, between two neighbours. False: there is no room. */
function fill(
  ranks: number[],
  at: number,
  end: number,
  left: number | null,
  right: number | null,
  hint: ((at: number) => number) | undefined,
): boolean {
  if (hint !== undefined && fillHinted(ranks, at, end, left ?? -Infinity, right ?? Infinity, hint)) return true;
  const count = end - at;
  let from = left ?? 0;
  let step = GAP;
  if (right !== null) {
    if (left === null) from = right - (count + 1) * GAP;
    else step = Math.min(STEP, Math.floor((right - left) / (count + 1)));
  }
  for (let place = at; place < end; place++) ranks[place] = from + (place - at + 1) * step;
  return step >= 1 && Number.isSafeInteger(from) && Number.isSafeInteger(from + (count + 1) * step);
}

function fillHinted(
  ranks: number[],
  at: number,
  end: number,
  left: number,
  right: number,
  hint: (at: number) => number,
): boolean {
  let last = left;
  for (let place = at; place < end; place++) {
    const wish = hint(place);
    if (!(wish > last && wish < right)) return false;
    ranks[place] = last = wish;
  }
  return true;
}

/** Null for those that cannot keep their rank: all but a longest ascending subsequence. */
function keeping(held: readonly (number | null)[]): readonly (number | null)[] {
  let last = -Infinity;
  let ascending = true;
  for (const rank of held) {
    if (rank === null) continue;
    if (rank <= last) {
      ascending = false;
      break;
    }
    last = rank;
  }
  return ascending ? held : longestAscending(held);
}

/** Patience sorting: `ends[n]` is where the subsequence of n + 1 ranks ends that ends lowest. */
function longestAscending(held: readonly (number | null)[]): (number | null)[] {
  const ends: number[] = [];
  const before: number[] = new Array<number>(held.length).fill(-1);
  const rankAt = (place: number | undefined): number => (place === undefined ? Infinity : (held[place] ?? Infinity));
  for (const [at, rank] of held.entries()) {
    if (rank === null) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rankAt(ends[middle]) < rank) low = middle + 1;
      else high = middle;
    }
    before[at] = ends[low - 1] ?? -1;
    ends[low] = at;
  }
  const kept: (number | null)[] = new Array<number | null>(held.length).fill(null);
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) kept[at] = held[at] ?? null;
  return kept;
}
