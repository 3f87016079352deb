/** What bounds a target, as a document. */
import type { ResourceLimit, Subject } from '../src/model/limits.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { EffectiveLimit, LimitReport, LimitsDocument, LimitValue } from '../src/schema/limits-document.ts';
import { documentHead } from './head.ts';

/** The document of `limits`. */
export function limitsDocument(capture: Capture, subject: Subject, limits: readonly ResourceLimit[]): LimitsDocument {
  const { kind, text, pids, notes } = subject;
  return {
    ...documentHead('nsinspect/limits/1', capture, ['engines']),
    target: { kind, text, pid: pids[0] ?? null },
    resources: limits.map(reportOf),
    notes,
  };
}

/** What bounds one resource, as documents have it. */
export function reportOf(limit: ResourceLimit): LimitReport {
  const { resource, device, pageSize, name, unit, effective, imposedBy, chain, outside, usage, headRoom, notes } =
    limit;
  return {
    resource,
    ...(device !== undefined && { device }),
    ...(pageSize !== undefined && { pageSize }),
    ...(name !== undefined && { name }),
    unit,
    effective: limitOf(effective),
    imposedBy,
    chain: chain.map(({ key, path, file, limit: said }) => ({ key, path, file, limit: limitOf(said) })),
    outside: outside.map(({ by, limit: said }) => ({ ...by, limit: limitOf(said) })),
    ...(usage.kind === 'value' && { usage: String(usage.value) }),
    ...(usage.kind === 'none' && { usage: null }),
    headRoom: headRoom === null ? null : String(headRoom),
    notes,
    ...(usage.kind === 'unknown' && { unknown: { usage: usage.outcome } }),
  };
}

/** Amounts as decimal strings, CPU numbers as numbers. */
function limitOf(limit: ResourceLimit['effective']): EffectiveLimit {
  if (limit.kind !== 'value') return limit;
  const value: LimitValue = typeof limit.value === 'bigint' ? String(limit.value) : limit.value;
  return { ...limit, value };
}
