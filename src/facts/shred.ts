/** A capture as facts, and back. */
import type { Capture, FacetName } from '../schema/capture.ts';
import { assembleCgroups, assembleLimits, shredCgroups, shredLimits } from './cgroups.ts';
import { addFacts, type CgroupSample, type FactLists, type Frame, type Meta, type Shredded } from './fact.ts';
import { assembleLayers, shredLayers } from './layers.ts';
import { assembleLists, shredLists } from './lists.ts';
import { expectedMembers } from './members.ts';
import { Shape } from './shapes.ts';
import { assembleTasks, shredTasks } from './tasks.ts';

/** Members of a capture that are no facets. */
const ITS_OWN: ReadonlySet<string> = new Set(['schema', 'tool', 'takenAt', 'durationMs', 'source', 'redacted', 'host']);

/** Takes a capture apart. {@link captureOf} is the inverse, but for the order of members. */
export function factsOf(capture: Capture): Shredded {
  const lists: FactLists = new Map();
  const own: Record<string, unknown> = {};
  const rests: [facet: string, rest: object][] = [];
  const counts: Record<string, Readonly<Record<string, unknown>>> = {};
  let frame: Frame = {};
  let samples: readonly CgroupSample[] = [];
  let shapes: ReadonlyMap<string, string> = new Map();
  for (const [name, facet] of Object.entries(capture) as [string, unknown][]) {
    if (ITS_OWN.has(name) || typeof facet !== 'object' || facet === null) {
      own[name] = facet;
      continue;
    }
    const plain = shredLists(name, facet, lists);
    let { rest } = plain;
    if (Object.keys(plain.counts).length > 0) counts[name] = plain.counts;
    if (name === 'tasks' && capture.tasks !== undefined) {
      const tasks = shredTasks(rest as typeof capture.tasks, lists);
      rest = tasks.rest;
      frame = { ...frame, ...tasks.frame };
    } else if (name === 'cgroups' && capture.cgroups !== undefined) {
      const cgroups = shredCgroups(capture.cgroups, lists, expectedMembers(capture.tasks));
      ({ rest, samples, shapes } = cgroups);
      counts[name] = cgroups.counts;
    } else if (name === 'limits' && capture.limits !== undefined) {
      const limits = shredLimits(capture.limits, lists);
      rest = limits.rest;
      frame = { ...frame, openFiles: limits.openFiles };
    } else if (name === 'layers' && capture.layers !== undefined) {
      rest = shredLayers(capture.layers, lists);
    }
    rests.push([name, rest]);
  }
  addFacts(
    lists,
    'rest',
    rests,
    ([name]) => name,
    ([, rest]) => rest,
  );
  return { meta: { capture: own as unknown as Meta['capture'], counts }, facts: lists, samples, shapes, frame };
}

/** Where shapes are read once for many captures. */
export type ShapeSource = (key: string) => Shape;

/** Puts a capture together. `shapes`: where the shapes of the cgroups are; those that it carries, unless said. */
export function captureOf(shredded: Omit<Shredded, 'shapes'>, shapes: ShapeSource): Capture;
export function captureOf(shredded: Shredded): Capture;
export function captureOf(shredded: Omit<Shredded, 'shapes'> & Partial<Shredded>, shapes?: ShapeSource): Capture {
  const { meta, facts, frame } = shredded;
  const rests = new Map((facts.get('rest') ?? []).map(({ key, body }) => [key, body]));
  const rest = rests.get('tasks');
  const tasks = rest === undefined ? undefined : assembleTasks({ ...rest, ...meta.counts['tasks'] }, facts, frame);
  const facets = [...rests].map(([name, body]): [string, unknown] => [
    name,
    name === 'tasks'
      ? tasks
      : assembleFacet(name, body, { ...shredded, shapes: shapes ?? shapesOf(shredded.shapes), tasks }),
  ]);
  return { ...meta.capture, ...Object.fromEntries(facets) };
}

interface Parts extends Pick<Shredded, 'meta' | 'facts' | 'samples' | 'frame'> {
  readonly shapes: ShapeSource;
  readonly tasks: Capture['tasks'];
}

function assembleFacet(name: string, rest: object, { meta, facts, samples, frame, shapes, tasks }: Parts): unknown {
  const counts = meta.counts[name] ?? {};
  switch (name as FacetName) {
    case 'cgroups': {
      const numbers = new Map(samples.map((sample) => [sample.key, sample.numbers]));
      return assembleCgroups(rest, counts, facts, expectedMembers(tasks), shapes, numbers);
    }
    case 'limits':
      return assembleLimits(rest, facts, frame === null ? null : (frame.openFiles ?? []));
    case 'layers':
      return assembleLayers(rest, facts);
    case 'host':
    case 'tasks':
    case 'namespaces':
    case 'mounts':
    case 'engines':
    default:
      return assembleLists(name, rest, counts, facts);
  }
}

function shapesOf(texts: ReadonlyMap<string, string> | undefined): ShapeSource {
  const read = new Map<string, Shape>();
  return (key) => {
    let shape = read.get(key);
    if (shape === undefined) read.set(key, (shape = new Shape(texts?.get(key) ?? '[]')));
    return shape;
  };
}
