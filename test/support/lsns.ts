/** What lsns(8) of util-linux lists, to hold ours against it. */
import type { Planted } from './plant.ts';
import { jsonOf, run, type Result } from './cli.ts';
import { rowKey } from './namespaces-document.ts';

/** The namespaces that lsns lists, as `type:inum`; null: it gave up, as for a line feed in the name of a process. */
export async function lsns(): Promise<ReadonlySet<string> | null> {
  // The names of the columns stand in the JSON in lower case.
  const result = await runLsns();
  if (result.status !== 0) return null;
  const { namespaces } = jsonOf<{ namespaces: { ns: number | string; type: string }[] }>(result);
  return new Set(namespaces.map(({ ns, type }) => rowKey({ type, inum: Number(ns) })));
}

/** It also gives up, without a word, when a process ends at the wrong moment. */
async function runLsns(attempts = 5): Promise<Result> {
  const result = await run(['lsns', '--json', '--output', 'NS,TYPE']);
  return result.status !== 0 && attempts > 1 ? runLsns(attempts - 1) : result;
}

/** One line of the table of who sees what: planted namespaces of a scenario that are held in the same way. */
export interface Comparison {
  readonly scenario: string;
  readonly types: string;
  readonly holders: string;
  readonly ours: boolean;
  readonly lsns: boolean;
}

/** Who lists the planted namespaces, those alike together. */
export function compare(
  { scenario, namespaces }: Pick<Planted, 'scenario' | 'namespaces'>,
  ours: ReadonlySet<string>,
  theirs: ReadonlySet<string>,
): Comparison[] {
  const lines = namespaces.map((ns) => ({
    scenario,
    types: ns.type,
    holders: [...new Set(ns.holders.map(({ kind }) => kind))].join(', '),
    ours: ours.has(rowKey(ns)),
    lsns: theirs.has(rowKey(ns)),
  }));
  const groups = Map.groupBy(lines, ({ holders, ours: isOurs, lsns: isTheirs }) =>
    [holders, isOurs, isTheirs].join('|'),
  );
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    types: [...new Set(group.map(({ types }) => types))].join(', '),
  }));
}
