/** The picture of limits in words. */
import type { Resource } from '../../../src/schema/limits-document.ts';
import type { Bounded } from './bounded.ts';
import { gaugeName, gaugesOf, gaugeText } from './gauges.ts';
import type { Gauge } from './gauges.ts';

/** A column: one resource. */
export interface Column {
  readonly resource: Resource;
  readonly title: string;
  /** What its bars show. */
  readonly below: string;
  readonly width: number;
}

/** Resources of which the kernel tells how long tasks waited for them. */
export const STALLS = ['cpu', 'memory', 'io'] as const;

/** One cell. */
export function cellText(gauge: Gauge): string {
  const { limit, event, ancestor } = gauge;
  const parts = [`${gaugeName(gauge)}: ${gaugeText(gauge)}`];
  if (ancestor !== null) parts.push(`imposed by ${ancestor.path}`);
  if (event !== '') parts.push(event);
  if (limit.effective.kind === 'unknown') parts.push(limit.effective.reason);
  return parts.join('; ');
}

/** A whole row. */
export function rowText(bounded: Bounded, columns: readonly Column[]): string {
  const cells = columns.flatMap(({ resource }) => gaugesOf(bounded, resource).map(cellText));
  const stalls = STALLS.flatMap((one) => {
    const stall = bounded.pressure[one];
    return stall === undefined ? [] : [`${one} ${stall.some.toFixed(1)}%`];
  });
  if (stalls.length > 0) cells.push(`pressure: ${stalls.join(', ')}`);
  return `${bounded.label}: ${cells.join('. ')}.`;
}
