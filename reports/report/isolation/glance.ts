/** Limits at a glance. */
import type { Container } from '../../../src/model/containers.ts';
import type { ResourceLimit } from '../../../src/model/limits.ts';
import type { Mark } from '../../../src/schema/report.ts';
import { formatPercent } from '../../../src/text/units.ts';
import { amountText } from '../../amounts.ts';
import type { World } from '../world.ts';

/** What the matrix shows of limits, and its titles. */
export const GLANCED = [
  { resource: 'memory', title: 'Memory' },
  { resource: 'cpu.time', title: 'CPU time' },
  { resource: 'pids', title: 'Tasks' },
] as const;

/** One limit. */
export interface Glance {
  /** The limit; `none`, or `?` where it is not known. */
  readonly text: string;
  /** The exact limit in its unit; null: none or unknown. */
  readonly value: string | null;
  /** How much of it is used; null: no limit, or not counted. */
  readonly ratio: number | null;
  readonly mark: Mark | null;
  /** More words. */
  readonly note: string | null;
}

/** From so much on, a limit is near. */
const NEAR = 0.8;

/** The limits of a container in the order of {@link GLANCED}; null where the capture lacks what they are told from. */
export function glancesOf(container: Container, world: World): readonly Glance[] | null {
  const { cgroups, limits } = world.capture;
  if (cgroups === undefined || limits === undefined) return null;
  const all = world.limitsOf(container);
  return GLANCED.map(({ resource }) => glanceOf(all.find((limit) => limit.resource === resource)));
}

function glanceOf(limit: ResourceLimit | undefined): Glance {
  if (limit === undefined) return unknown('no such controller was seen');
  const { effective, imposedBy, usage, unit } = limit;
  if (effective.kind === 'unknown') return unknown(effective.reason);
  // What the machine has is no limit that anybody set.
  if (effective.kind === 'max' || imposedBy?.kind === 'host' || typeof effective.value !== 'bigint') {
    return { text: 'none', value: null, ratio: null, mark: 'absent', note: null };
  }
  const text = amountText(String(effective.value), unit);
  const used = usage.kind === 'value' ? usage.value : null;
  const ratio = used === null || effective.value <= 0n ? null : Number(used) / Number(effective.value);
  const notes = [
    ...(used === null ? [] : [`${amountText(String(used), unit)} of it used`]),
    ...(effective.atMost === undefined ? [] : [`may be less: ${effective.atMost}`]),
  ];
  return {
    text: effective.atMost === undefined ? text : `≤ ${text}`,
    value: String(effective.value),
    ratio,
    mark: ratio === null || ratio < NEAR ? null : ratio < 1 ? 'near' : 'over',
    note: notes.length === 0 ? null : notes.join('; '),
  };
}

function unknown(why: string): Glance {
  return { text: '?', value: null, ratio: null, mark: 'unknown', note: why };
}

/** The limit and how much is used: `512 MiB, 48%`. */
export function glanceText({ text, ratio }: Glance): string {
  return ratio === null ? text : `${text}, ${formatPercent(ratio)}`;
}
