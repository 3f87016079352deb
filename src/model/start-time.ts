import type { HostFacet } from '../schema/host.ts';

/** Milliseconds from 1970 on, either way, that a date can be at most (ECMA-262, "Time Values and Time Range"). */
const LAST_DATE = 8.64e15;

/**
 * When a task started, as ISO 8601 to the second; null where the start of the machine is not known. From the machine's
 * start and not from the clock of the look, so that one task has one start time in every look.
 */
export function startTimeOf({ start }: { readonly start: number }, host: HostFacet | undefined): string | null {
  if (host?.bootTime === undefined || host.ticksPerSecond <= 0) return null;
  const milliseconds = (host.bootTime + Math.floor(start / host.ticksPerSecond)) * 1000;
  // A forged capture may hold any number.
  if (!(Math.abs(milliseconds) <= LAST_DATE)) return null;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
