/** The document of `diff`; its JSON Schema is docs/schema/diff-1.json. */
import type { FacetName } from './capture.ts';
import type { ContainerId, HostId } from './documents.ts';
import type { Name } from './name.ts';

/** Schema of the document. */
export const DIFF_SCHEMA = 'nsinspect/diff/1';

/** What a change is about, in the order in which views show them. One file of src/diff each. */
export const ASPECTS = [
  'host',
  'containers',
  'limits',
  'cgroups',
  'namespaces',
  'rights',
  'tasks',
  'mounts',
  'layers',
  'engines',
] as const;

/** One of {@link ASPECTS}. */
export type Aspect = (typeof ASPECTS)[number];

/**
 * What happened to the subject. `recreated`: the same name, another identity (DESIGN: identity is explicit). `moved`: the same
 * task in another cgroup or namespace. `loosened` and `tightened`: less or more is forbidden than was.
 */
export const DIFF_KINDS = [
  'created',
  'ended',
  'recreated',
  'renamed',
  'moved',
  'loosened',
  'tightened',
  'changed',
] as const;

/** One of {@link DIFF_KINDS}. */
export type DiffKind = (typeof DIFF_KINDS)[number];

/** `noise` is what every living host does all the time: shown with `--all` alone. */
export type Importance = 'high' | 'normal' | 'noise';

/** What changed. */
export interface DiffSubject {
  readonly type: 'host' | 'container' | 'task' | 'namespace' | 'cgroup' | 'mount' | 'layer' | 'image' | 'engine';
  /** Names it as other documents do: a container's key, `pid:start`, `net:[4026532184]`, `cpu,cpuacct:1234`, `<mntns>:<path>`, a diffID … */
  readonly key: string;
  /** For reading. */
  readonly name: Name;
}

/** One change. */
export interface DiffChange {
  readonly aspect: Aspect;
  readonly kind: DiffKind;
  readonly importance: Importance;
  readonly subject: DiffSubject;
  /** The container that it belongs to; null: the host itself. */
  readonly container: ContainerId | null;
  /** What of the subject: `memory`, `capEff`, `cgroup cpu`, `options` …; null: the subject as a whole. */
  readonly field: string | null;
  /** Before and after, as texts; null: there was or is none. `unit` says what a number counts. */
  readonly from: Name | null;
  readonly to: Name | null;
  readonly unit: string | null;
  /** Where the field is a set (capabilities, options): what joined and what left. */
  readonly added: readonly Name[];
  readonly removed: readonly Name[];
  /** What explains it, for reading: who imposes the limit, what a mount leads to, what went with a container. Null: nothing more. */
  readonly note: Name | null;
  /** False: the kernel gave no identity that is never reused, and nothing else decides whether both are one thing. */
  readonly certain: boolean;
  /** How many equal changes this line stands for, such as threads that moved together. */
  readonly count: number;
}

/** One side of a comparison. */
export interface DiffSide {
  /** As the user named it: an id, a time, a file, `live`. */
  readonly name: string;
  readonly takenAt: string;
  readonly host: HostId;
  /** Id in the store; null: not from there. */
  readonly snapshot: number | null;
  readonly redacted: boolean;
}

/** What two sides do not have both, so that nothing can be said of it. */
export interface NotCompared {
  readonly facet: FacetName;
  readonly why: string;
}

/** What changed between two captures. */
export interface Diff {
  /** False: another machine start, or another machine: tasks, namespaces and cgroups have no identity in common. */
  readonly sameBoot: boolean;
  readonly notCompared: readonly NotCompared[];
  /** Important first, noise included. */
  readonly changes: readonly DiffChange[];
}

/** A fact with its place: behind the one of that key; null: the first of its list. */
export interface PlacedFact {
  readonly key: string;
  readonly body: object;
  readonly after: string | null;
}

/** What becomes of one list of facts. */
export interface FactPatch {
  /** Keys of those that are taken out, also of those that are put in elsewhere; null: the list is none any more. */
  readonly removed: readonly string[] | null;
  readonly changed: readonly { readonly key: string; readonly body: object }[];
  /** In the order of the list: what each stands behind is there by then. */
  readonly added: readonly PlacedFact[];
}

/** All that differs between two captures, fact by fact (docs/history.md): the first and this give the second. */
export interface FactsPatch {
  /** When, where and how it was taken, and counts; null: as before. */
  readonly meta: object | null;
  /** States of tasks and the like; null: as before. */
  readonly frame: object | null;
  /** By kind of fact; without those that are as before. */
  readonly facts: Readonly<Record<string, FactPatch>>;
  /** Names for the numbers of samples that the first capture has not. */
  readonly shapes: readonly (readonly [key: string, skeleton: string])[];
  /** What moves all the time: usage, pressure, statistics of cgroups. */
  readonly samples: {
    readonly removed: readonly string[];
    readonly set: readonly { readonly key: string; readonly shape: string; readonly numbers: string }[];
  };
}

/** What `diff --json` prints. */
export interface DiffDocument extends Diff {
  readonly schema: typeof DIFF_SCHEMA;
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  readonly from: DiffSide;
  readonly to: DiffSide;
  /** Changes that are shown, those that `--only` and `--ignore` left out, and noise that only `--all` shows. */
  readonly count: number;
  readonly ignored: number;
  readonly noise: number;
  /** With `--facts`. */
  readonly facts?: FactsPatch;
}
