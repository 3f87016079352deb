/** How a report draws: what {@link Style} offers does nothing where colour or Unicode is not wanted. */

/** Colours, signs and width for one output. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly ellipsis: string;
  readonly dot: string;
  /** Lines of a tree: a branch, the last branch, what goes on below each. */
  readonly branch: string;
  readonly lastBranch: string;
  readonly trunk: string;
  readonly blank: string;
  /** Heights, the least first, for lines of numbers (sparklines). */
  readonly levels: string;
  /** Columns that a line may take; null: as many as it needs. */
  readonly columns: number | null;
}

/** The style for these wishes. */
export function makeStyle(wishes: { color: boolean; unicode: boolean; columns: number | null }): Style {
  const paint =
    (code: number) =>
    (text: string): string =>
      wishes.color && text !== '' ? `\u001b[${String(code)}m${text}\u001b[0m` : text;
  return {
    bold: paint(1),
    dim: paint(2),
    red: paint(31),
    green: paint(32),
    yellow: paint(33),
    cyan: paint(36),
    columns: wishes.columns,
    ...(wishes.unicode
      ? { ellipsis: '…', dot: '·', branch: '├─ ', lastBranch: '└─ ', trunk: '│  ', blank: '   ', levels: '▁▂▃▄▅▆▇█' }
      : {
          ellipsis: '...',
          dot: '.',
          branch: '|- ',
          lastBranch: '`- ',
          trunk: '|  ',
          blank: '   ',
          levels: '_.-=+*%#',
        }),
  };
}
