import type { Style } from './style.ts';

/** A node on its line. */
export interface Drawn<T> {
  readonly value: T;
  /** The lines that lead to it. */
  readonly prefix: string;
  /** Index of the line of its parent; null for a root. */
  readonly parent: number | null;
}

/** Lays a forest out line by line, parents before their children. Works without recursion: process trees can be very deep. */
export function drawTree<T>(roots: readonly T[], childrenOf: (node: T) => readonly T[], style: Style): Drawn<T>[] {
  const lines: Drawn<T>[] = [];
  interface Pending {
    readonly value: T;
    readonly parent: number | null;
    /** What its own line begins with, and what those below it begin with. */
    readonly prefix: string;
    readonly below: string;
  }
  const stack: Pending[] = [...roots].reverse().map((value) => ({ value, parent: null, prefix: '', below: '' }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, parent, prefix, below } = next;
    const index = lines.push({ value, prefix, parent }) - 1;
    const children = childrenOf(value);
    for (let i = children.length - 1; i >= 0; i--) {
      const isLast = i === children.length - 1;
      stack.push({
        value: children[i] as T,
        parent: index,
        prefix: below + (isLast ? style.lastBranch : style.branch),
        below: below + (isLast ? style.blank : style.trunk),
      });
    }
  }
  return lines;
}
