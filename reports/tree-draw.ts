import type { Style } from './style.ts';

/** A node on its line. */
export interface Drawn<T> {
  readonly value: T;
  /** The lines that lead to it. */
  readonly prefix: string;
  /** Index of the line of its parent; null for a root. */
  readonly parent: number | null;
}

/**
 * Levels that are drawn by indenting. What is deeper says how deep: whoever may fork can make a chain of thousands, each line
 * of which would be longer than the one before.
 */
const DEEPEST = 60;

/** Lays a forest out line by line, parents before their children. Works without recursion: process trees can be very deep. */
export function drawTree<T>(roots: readonly T[], childrenOf: (node: T) => readonly T[], style: Style): Drawn<T>[] {
  const lines: Drawn<T>[] = [];
  interface Pending {
    readonly value: T;
    readonly parent: number | null;
    readonly level: number;
    /** What its own line begins with, and what those below it begin with. */
    readonly prefix: string;
    readonly below: string;
  }
  const stack: Pending[] = [...roots]
    .reverse()
    .map((value) => ({ value, parent: null, level: 0, prefix: '', below: '' }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, parent, level, prefix, below } = next;
    const index = lines.push({ value, prefix, parent }) - 1;
    const children = childrenOf(value);
    for (let i = children.length - 1; i >= 0; i--) {
      const isLast = i === children.length - 1;
      if (level >= DEEPEST) {
        const deep = `(level ${String(level + 1)}) `;
        stack.push({ value: children[i] as T, parent: index, level: level + 1, prefix: deep, below: '' });
        continue;
      }
      stack.push({
        value: children[i] as T,
        parent: index,
        level: level + 1,
        prefix: below + (isLast ? style.lastBranch : style.branch),
        below: below + (isLast ? style.blank : style.trunk),
      });
    }
  }
  return lines;
}
