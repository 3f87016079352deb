/**
 * The document of `report`; its JSON Schema is docs/schema/report-1.json. Every section is made of the same few blocks, so that
 * pages, Markdown and JSON can show a section that they do not know.
 */
import type { Coverage, HostId } from './documents.ts';

/** Schema of the document. */
export const REPORT_SCHEMA = 'nsinspect/report/1';

/**
 * What a cell, a row or a node is to be marked as: by a sign and a word, never by colour alone. `own`, `shared` and `host` say
 * whose a namespace is; `near` and `over` how much of a limit is used; `loosened` and `tightened` that less or more is forbidden than was.
 */
export const MARKS = [
  'own',
  'shared',
  'host',
  'hidden',
  'near',
  'over',
  'absent',
  'added',
  'removed',
  'altered',
  'loosened',
  'tightened',
  'pass',
  'fail',
  'unsure',
  'unknown',
] as const;

/** One of {@link MARKS}. */
export type Mark = (typeof MARKS)[number];

/**
 * Names one item of the report for good, so that a link to it still leads there in the report of next week:
 * `container:docker:web`, `net:[4026532184]`, `cgroup:memory:812`, `task:812:5541`.
 */
export type ItemId = string;

/** One cell of a table. */
export interface ReportCell {
  /** For reading. */
  readonly text: string;
  /** The exact value in the column's unit, decimal, where `text` is rounded or has a unit; rows are sorted by it. */
  readonly value?: string;
  /** The item that it names: a link. */
  readonly item?: ItemId;
  readonly mark?: Mark;
  /** More words, shown on demand. */
  readonly note?: string;
}

/** One column. */
export interface ReportColumn {
  readonly key: string;
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Unit of `value`: `bytes`, `usec`, `ratio`, `count` …; null: text. */
  readonly unit: string | null;
}

/** One row; as many cells as the table has columns. */
export interface ReportRow {
  /** The item that the row tells of, where this table is its home: links lead here. Once in a report. */
  readonly item: ItemId | null;
  readonly cells: readonly ReportCell[];
  readonly mark?: Mark;
}

/** A table. */
export interface ReportTable {
  readonly kind: 'table';
  /** Stable within its section. */
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly ReportRow[];
  /** Rows that are shown at once; the rest on demand. */
  readonly shown: number;
}

/** One node of a tree. */
export interface ReportNode {
  /** As {@link ReportRow.item}; a node in a second tree has none. */
  readonly item: ItemId | null;
  readonly text: string;
  /** The item that its text names, where that has its home elsewhere: a link. */
  readonly link?: ItemId;
  /** What follows the text, such as changed namespaces and counts. */
  readonly cells: readonly ReportCell[];
  readonly mark?: Mark;
  readonly children: readonly ReportNode[];
  /** Whether its children are shown at once. */
  readonly open: boolean;
}

/** A tree. */
export interface ReportTree {
  readonly kind: 'tree';
  readonly name: string;
  readonly caption: string;
  readonly nodes: readonly ReportNode[];
}

/** A picture; its file is `<section>-<name>.svg`. What it shows stands in a table or tree of the section, too. */
export interface ReportPicture {
  readonly kind: 'picture';
  readonly name: string;
  readonly title: string;
  /** What is to be seen, in words: for those who cannot see it. */
  readonly description: string;
}

/** A paragraph. */
export interface ReportText {
  readonly kind: 'text';
  readonly text: string;
}

/** Several views of one thing, of which one is looked at. */
export interface ReportChoice {
  readonly kind: 'choice';
  readonly name: string;
  readonly options: readonly { readonly title: string; readonly blocks: readonly ReportBlock[] }[];
}

/** What a section is made of. */
export type ReportBlock = ReportTable | ReportTree | ReportPicture | ReportText | ReportChoice;

/** How much a finding matters: `high` is what somebody should look at today. */
export const SEVERITIES = ['high', 'medium', 'low'] as const;

/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number];

/** Something that a reader should know. */
export interface ReportFinding {
  /** What kind of finding, stable: `namespace-shared-with-host`, `limit-absent` … */
  readonly kind: string;
  readonly severity: Severity;
  /** One sentence. */
  readonly text: string;
  /** How many things it is about; more come first within a severity. */
  readonly count: number;
  /** Where to look: an item, or null for the section itself. */
  readonly item: ItemId | null;
  /** The section that found it. */
  readonly section: string;
}

/** One section of the document. */
export interface ReportSection {
  readonly id: string;
  readonly title: string;
  /** The question it answers. */
  readonly question: string;
  /** One sentence of what is to be seen; why there is nothing to be seen where `blocks` is empty. */
  readonly summary: string;
  /** False: its facts are missing, and `summary` says which and why. */
  readonly available: boolean;
  readonly blocks: readonly ReportBlock[];
}

/** Which capture a report is about. */
export interface ReportSide {
  /** As the user named it: `live`, a file, a moment of the history. */
  readonly name: string;
  readonly takenAt: string;
  readonly host: HostId;
  /** Id in the history; null: not from there. */
  readonly snapshot: number | null;
}

/** The document. */
export interface ReportDocument {
  readonly schema: typeof REPORT_SCHEMA;
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  readonly takenAt: string;
  readonly host: HostId;
  readonly coverage: Coverage;
  readonly side: ReportSide;
  /** The earlier capture that it is compared with; null: none. */
  readonly before: ReportSide | null;
  readonly redacted: boolean;
  readonly counts: {
    readonly containers: number;
    readonly processes: number;
    readonly namespaces: number;
    readonly cgroups: number;
  };
  /** What matters most first. */
  readonly findings: readonly ReportFinding[];
  readonly sections: readonly ReportSection[];
}
