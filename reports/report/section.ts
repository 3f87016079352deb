/** What a section of the report is: one file in `sections/`, which is found there by its name; nothing else names it. */
import type { FacetName } from '../../src/schema/capture.ts';
import type {
  ReportChoice,
  ReportFinding,
  ReportPicture,
  ReportTable,
  ReportText,
  ReportTree,
} from '../../src/schema/report.ts';
import type { Canvas } from './picture.ts';
import type { World } from './world.ts';

/** A picture and how it is drawn. Its size is fixed before, in CSS pixels. */
export interface Picture extends ReportPicture {
  readonly width: number;
  readonly height: number;
  readonly draw: (canvas: Canvas) => void;
}

/** As {@link ReportChoice}, with pictures that can be drawn. */
export interface Choice extends Omit<ReportChoice, 'options'> {
  readonly options: readonly { readonly title: string; readonly blocks: readonly Block[] }[];
}

/** What a section is made of. */
export type Block = ReportTable | ReportTree | ReportText | Picture | Choice;

/** A finding; which section it came from is known. */
export type Finding = Omit<ReportFinding, 'section'>;

/** What a section says of a host. */
export interface Content {
  /** One sentence of what is to be seen. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly blocks: readonly Block[];
}

/** Why a section has nothing to say: one sentence, which names what is missing and how to get it. */
export interface Missing {
  readonly missing: string;
}

/** A section: the default export of its file. */
export interface Section {
  /** Stable: part of links and of the names of picture files. */
  readonly id: string;
  /** Sections are shown by it, ascending. */
  readonly order: number;
  readonly title: string;
  /** The question it answers. */
  readonly question: string;
  /** Facets without which it has nothing to say; that they are missing is said for it. */
  readonly needs: readonly FacetName[];
  readonly contentOf: (world: World) => Content | Missing;
}
