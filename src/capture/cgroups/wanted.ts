import type { ByteString } from '../../text/bytes.ts';

/** The children of a cgroup that are walked, each with the wanted ones among its own. */
export interface Branch {
  readonly children: ReadonlyMap<ByteString, Branch>;
}

/** What is walked below a cgroup; null: all. */
export type Wanted = Branch | null;

interface Growing extends Branch {
  readonly children: Map<ByteString, Growing>;
}

/** Only these cgroups, each given by its names below the beginning of the walk, and their ancestors. */
export function onlyThese(paths: Iterable<readonly ByteString[]>): Branch {
  const top: Growing = { children: new Map() };
  for (const path of paths) {
    let branch = top;
    for (const name of path) {
      const next: Growing = branch.children.get(name) ?? { children: new Map() };
      branch.children.set(name, next);
      branch = next;
    }
  }
  return top;
}
