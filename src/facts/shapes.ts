/**
 * The files of a cgroup whose numbers move, taken apart: into a shape (the files with their numbers cut out, the same for most
 * cgroups and for a long time) and the numbers themselves.
 */
import { cgroupFile } from '../parse/cgroup-files.ts';
import type { FileValue } from '../schema/cgroups.ts';
import { digestKey } from '../text/digest.ts';
import { Cutting, fillSkeleton, skeletonOf, slotNames, type Kept, type Skeleton } from './cut.ts';

type Files = Readonly<Record<string, FileValue>>;

/** Roles of files whose numbers are measurements (parse/cgroup-files/file.ts). */
const MOVING: ReadonlySet<string> = new Set(['usage', 'peak', 'event', 'stat', 'pressure']);

/** `cgroup.stat` counts descendants, dying ones too; `memory.oom_control` says whether the OOM killer is off: a setting. */
const EXCEPTIONS: ReadonlyMap<string, boolean> = new Map([
  ['cgroup.stat', true],
  ['memory.oom_control', false],
]);

const known: Readonly<Record<1 | 2, Map<string, boolean>>> = { 1: new Map(), 2: new Map() };

/** A forged capture can name any number of files. */
const MOST_KNOWN = 4096;

function isMoving(name: string, version: 1 | 2): boolean {
  const names = known[version];
  let moves = names.get(name);
  if (moves === undefined) {
    const file = cgroupFile(name, version);
    moves = EXCEPTIONS.get(name) ?? (file === null || MOVING.has(file.role));
    if (names.size < MOST_KNOWN) names.set(name, moves);
  }
  return moves;
}

/** What the files of a cgroup are taken apart into. */
export interface CutFiles {
  /** Files that are facts. */
  readonly still: Files;
  /** Key of the shape; null: nothing moves. */
  readonly shape: string | null;
  /** A JSON array. */
  readonly numbers: string;
}

/** Takes files apart, for one capture. */
export class FileCutter {
  /** The shapes that were met: skeletons, as JSON, by key. */
  readonly shapes = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  cut(files: Files, version: 1 | 2): CutFiles {
    const still: [string, FileValue][] = [];
    const moving: [string, FileValue][] = [];
    const cutting = new Cutting();
    for (const name in files) {
      const value = files[name];
      if (value === undefined) continue;
      (isMoving(name, version) && cutting.file(name, value) ? moving : still).push([name, value]);
    }
    if (moving.length === 0) return { still: files, shape: null, numbers: '' };
    let shape = this.#keys.get(cutting.signature);
    if (shape === undefined) {
      const skeleton = JSON.stringify(moving.map(([name, value]) => [name, skeletonOf(value)]));
      shape = digestKey(skeleton);
      this.#keys.set(cutting.signature, shape);
      this.shapes.set(shape, skeleton);
    }
    return { still: Object.fromEntries(still), shape, numbers: `[${cutting.numbers}]` };
  }
}

/** A shape that was read. */
export class Shape {
  readonly #files: readonly (readonly [name: string, skeleton: Skeleton])[];

  constructor(json: string) {
    this.#files = JSON.parse(json) as readonly (readonly [string, Skeleton])[];
  }

  /** The files again. `numbers`: the JSON array; null: they are no longer kept. */
  files(numbers: string | null): [name: string, value: FileValue][] {
    if (numbers === null) return this.#files.map(([name]) => [name, { kind: 'unknown', outcome: 'not collected' }]);
    const values = (JSON.parse(numbers) as readonly Kept[]).values();
    const next = (): Kept => values.next().value ?? '';
    return this.#files.map(([name, skeleton]) => [name, fillSkeleton(skeleton, next)]);
  }

  /** A name for each number, in order, each once: `memory.current`, `cpu.stat usage_usec`, `cpu.pressure some avg10`. */
  names(): string[] {
    const met = new Map<string, number>();
    return this.#files.flatMap(([file, skeleton]) =>
      slotNames(file, skeleton).map((name) => {
        const count = (met.get(name) ?? 0) + 1;
        met.set(name, count);
        return count === 1 ? name : `${name} ${count}`;
      }),
    );
  }
}
