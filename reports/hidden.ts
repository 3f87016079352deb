/** Namespaces that no process list shows, and what keeps them. */
import type { Namespace } from '../src/model/namespaces.ts';
import { holdersOf } from '../src/model/namespaces.ts';
import { refText } from '../src/text/ns-ref.ts';
import { holderText } from './why.ts';
import type { Surroundings } from './why.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

/** A namespace in which no process is as a whole: at most single threads are. */
export function isOutOfSight(ns: Namespace): boolean {
  return ns.processes.length === 0 && ns.facts.initial !== true;
}

/** The section of hidden namespaces; no lines where there are none. */
export function hiddenLines(namespaces: readonly Namespace[], around: Surroundings, style: Style): string[] {
  if (namespaces.length === 0) return [];
  const columns: Column<Namespace>[] = [
    { name: 'namespace', help: '', text: ({ facts }) => refText(facts), value: ({ facts }) => facts.inum },
    {
      name: 'owner',
      help: '',
      text: ({ facts }) =>
        typeof facts.owner === 'number' ? `user:[${String(facts.owner)}]` : facts.owner === null ? '-' : '?',
      value: ({ facts }) => facts.owner ?? null,
    },
    {
      name: 'keptBy',
      header: 'KEPT BY',
      help: '',
      shrink: true,
      text: (ns) => keptBy(ns, around),
      value: (ns) => keptBy(ns, around),
    },
  ];
  const table = tableLines(namespaces, columns, style);
  return [
    '',
    style.bold('Hidden namespaces: no process is in them'),
    ...table.map((line, i) => (i === 0 ? style.dim(line) : line)),
  ];
}

/** What keeps a namespace alive, in words; processes that are in it left out. */
export function keptBy(ns: Namespace, around: Surroundings): string {
  const kinds = holdersOf(ns).filter(({ kind }) => kind !== 'process');
  const texts = kinds.flatMap((kind) =>
    kind.sample(2).map((holder) => holderText(kind.kind, holder, ns.facts.type, around)),
  );
  const count = kinds.reduce((sum, kind) => sum + kind.count, 0);
  if (texts.length === 0) return 'nothing that a file system shows';
  const rest = count - texts.length;
  return texts.join('; ') + (rest > 0 ? `; ${String(rest)} more` : '');
}
