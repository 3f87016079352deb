/** From the content of cgroup files to limits and counts. */
import type { CgroupFacts, FileValue } from '../../schema/cgroups.ts';
import { nameText } from '../../text/bytes.ts';
import { MAX, NO_USAGE, valueOf } from './types.ts';
import type { Limit, Usage } from './types.ts';

/** The content of a file; undefined: the cgroup has no such file, so that nothing is limited there. */
export function fileOf(cgroup: CgroupFacts, name: string): FileValue | undefined {
  const outcome = cgroup.unknown?.files;
  return cgroup.files[name] ?? (outcome === undefined ? undefined : { kind: 'unknown', outcome });
}

/** A decimal number of the kernel; null where it is none. */
export function numberOf(text: string): bigint | null {
  return /^-?\d{1,20}$/.test(text) ? BigInt(text) : null;
}

/** The limit that a file of one number states; null where the cgroup has no such file. `isNone`: values that mean no limit. */
export function amountIn(
  cgroup: CgroupFacts,
  name: string,
  isNone: (value: bigint) => boolean = (value) => value < 0n,
): Limit | null {
  const file = fileOf(cgroup, name);
  if (file === undefined) return null;
  if (file.kind === 'max') return MAX;
  if (file.kind === 'number') return limitOf(file.value, isNone) ?? unreadable(cgroup, name, 'malformed');
  return unreadable(cgroup, name, file.kind === 'unknown' ? file.outcome : 'malformed');
}

/** The limit that a number or `max` within a file states; null where it is neither. */
export function limitOf(text: string, isNone: (value: bigint) => boolean = () => false): Limit | null {
  if (text === 'max') return MAX;
  const value = numberOf(text);
  if (value === null) return null;
  return isNone(value) ? MAX : valueOf(value);
}

/** A limit that a file should state and that could not be had from it. */
export function unreadable(cgroup: CgroupFacts, name: string, outcome: string): Extract<Limit, { kind: 'unknown' }> {
  return { kind: 'unknown', reason: `${name} of ${nameText(cgroup.path)}: ${outcome}` };
}

/** The count in a file of one number. */
export function usageIn(cgroup: CgroupFacts, name: string): Usage {
  const file = fileOf(cgroup, name);
  if (file === undefined) return NO_USAGE;
  if (file.kind === 'unknown') return file;
  const value = file.kind === 'number' ? numberOf(file.value) : null;
  return value === null ? { kind: 'unknown', outcome: 'malformed' } : valueOf(value);
}

/** The number beside a key of a keyed file, such as `memory.stat`; null where there is none. */
export function entryOf(cgroup: CgroupFacts, name: string, key: string): bigint | null {
  const file = fileOf(cgroup, name);
  const entry = file?.kind === 'keyed' ? file.entries.find(([one]) => one === key) : undefined;
  return entry === undefined ? null : numberOf(entry[1]);
}
