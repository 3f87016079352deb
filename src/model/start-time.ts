import type { HostFacet } from '../schema/host.ts';

/**
 * When a task started, as ISO 8601 to the second; null where the start of the machine is not known. From the machine's
 * start and not from the clock of the look, so that one task has one start time in every look.
 */
export function startTimeOf({ start }: { readonly start: number }, host: HostFacet | undefined): string | null {
  if (host?.bootTime === undefined || host.ticksPerSecond <= 0) return null;
  const milliseconds = (host.bootTime + Math.floor(start / host.ticksPerSecond)) * 1000;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
