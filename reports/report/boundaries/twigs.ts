/** Trees of the section of boundaries: one shape for what is drawn, and for what is read. */
import type { ItemId, Mark, ReportCell, ReportNode, ReportTree } from '../../../src/schema/report.ts';
import { byText } from '../../../src/text/order.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { rangeOf, someOf } from '../names.ts';
import type { Sign } from '../signs.ts';

/** What stands in a column of the picture. */
export type TwigCell =
  | { readonly kind: 'sign'; readonly sign: Sign; readonly title: string }
  /** A number that adds up over alike ones. */
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'text'; readonly text: string };

/** A node with what is below it. */
export interface Twig {
  readonly label: string;
  /** What the label names. */
  readonly link: ItemId | null;
  /** Quiet words beside the label. */
  readonly detail: string;
  /** In the picture, by its columns. */
  readonly cells: readonly TwigCell[];
  /** In the tree that is read. */
  readonly words: readonly ReportCell[];
  readonly mark: Mark | null;
  readonly children: readonly Twig[];
  /** Siblings stand in this order, then in that of their labels. */
  readonly rank: number;
  /** From so many on, siblings that are alike stand as one. */
  readonly many: number;
  /** What one is called where many are alike. */
  readonly noun: string;
  /** Equal for those that are alike, with all below them that a picture shows. */
  readonly kind: number;
  /** Those that are alike, for which it stands; empty: it is one. */
  readonly members: readonly Twig[];
}

/** What a maker of twigs says of one; the rest follows from its children. */
export type TwigFacts = Omit<Twig, 'children' | 'kind' | 'members'> & {
  /** What makes it like others. */
  readonly likeness: string;
};

/** Characters of the first and the last name of many. */
const RANGE = 64;

/** What fits into a picture one by one is not put together. */
const FEW = 30;

/** Makes twigs, and tells which are alike. */
export class Twigs {
  readonly #kinds = new Map<string, number>();
  readonly #isBig: boolean;

  /** For a forest of so many. */
  constructor(count: number) {
    this.#isBig = count > FEW;
  }

  /** A twig with these below it. */
  make({ likeness, ...facts }: TwigFacts, children: readonly Twig[]): Twig {
    const below = this.bundled(children);
    const kinds = [...new Set(below.flatMap(({ kind, cells }) => (cells.length > 0 ? [kind] : [])))].sort(
      (a, b) => a - b,
    );
    return { ...facts, children: below, kind: this.#kindOf(`${likeness} ${kinds.join()}`), members: [] };
  }

  /** Siblings in their order, of which those that are alike stand as one where they are many. */
  bundled(siblings: readonly Twig[]): Twig[] {
    const sorted = [...siblings].sort((a, b) => a.rank - b.rank || byText(a.label, b.label));
    const byKind = Map.groupBy(sorted, ({ kind }) => kind);
    return sorted.flatMap((twig) => {
      const alike = byKind.get(twig.kind) ?? [];
      if (!this.#isBig || alike.length < twig.many) return [twig];
      return twig === alike[0] ? [this.#bundle(twig, alike)] : [];
    });
  }

  /** What a picture shows below it: of alike ones, that which is below all of them; nothing that has no columns. */
  drawnBelow({ children, members }: Twig): readonly Twig[] {
    const below = members.length === 0 ? children : this.bundled(members.flatMap((member) => this.drawnBelow(member)));
    return below.filter(({ cells }) => cells.length > 0);
  }

  #bundle(first: Twig, alike: readonly Twig[]): Twig {
    const below = this.bundled(alike.flatMap(({ children }) => children)).map(({ label }) => label);
    const words: ReportCell[] = [
      ...first.cells.flatMap((_, i): ReportCell[] => {
        const sum = sumAt(alike, i);
        return sum === null ? [] : [{ text: String(sum) }];
      }),
      ...(below.length === 0 ? [] : [{ text: `below them: ${someOf(below)}` }]),
    ];
    const labels = [...new Set(alike.map(({ label }) => label))];
    return {
      ...first,
      label: formatPlural(alike.length, first.noun),
      link: null,
      // Where all are called alike, what stands beside the label tells them apart.
      detail: rangeOf(labels.length > 1 ? labels : alike.map(({ detail }) => detail), RANGE),
      cells: first.cells.map((cell, i): TwigCell => {
        const sum = sumAt(alike, i);
        return sum === null ? cell : { kind: 'count', count: sum };
      }),
      words,
      children: alike,
      members: alike,
    };
  }

  #kindOf(signature: string): number {
    const known = this.#kinds.get(signature);
    if (known !== undefined) return known;
    this.#kinds.set(signature, this.#kinds.size);
    return this.#kinds.size - 1;
  }
}

function sumAt(alike: readonly Twig[], at: number): number | null {
  const counts = alike.flatMap(({ cells }) => {
    const cell = cells[at];
    return cell?.kind === 'count' ? [cell.count] : [];
  });
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

/** Levels that are open at once. */
const OPEN = 4;

/** The tree to read. Bundles are closed. */
export function treeOf(name: string, caption: string, roots: readonly Twig[]): ReportTree {
  const nodeOf = ({ label, link, detail, words, mark, children, members }: Twig, level: number): ReportNode => ({
    item: null,
    text: label,
    ...(link !== null && { link }),
    cells: [...(detail === '' || members.length === 0 ? [] : [{ text: detail }]), ...words],
    ...(mark !== null && { mark }),
    children: children.map((child) => nodeOf(child, level + 1)),
    open: members.length === 0 && level < OPEN,
  });
  return { kind: 'tree', name, caption, nodes: roots.map((root) => nodeOf(root, 0)) };
}
