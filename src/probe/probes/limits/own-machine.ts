/** What some probes take from the whole machine, and whether there is enough of it. Nothing is set up here: its owner does that. */
import { liveHost } from '../../../host/live.ts';
import { Failure } from '../../../host/port.ts';
import type { ProbeContext } from '../probe.ts';

/** Why a probe must not take it here: another may need it. Null: this machine is for probes alone. */
export function lackOfMachine({ ownMachine }: Pick<ProbeContext, 'ownMachine'>, what: string): string | null {
  return ownMachine ? null : `${what}: only with --own-machine, where nothing else needs it`;
}

/** Bytes of swap that there are (`SwapTotal` of proc_meminfo(5)), free or not; 0 where there is none. */
export function totalSwap(): number {
  return 1024 * numberIn('/proc', 'meminfo', /^SwapTotal: +(\d+) kB$/m);
}

/** Bytes of swap that are free (`SwapFree` of proc_meminfo(5)); 0 where there is none. */
export function freeSwap(): number {
  return 1024 * numberIn('/proc', 'meminfo', /^SwapFree: +(\d+) kB$/m);
}

/** Huge pages of 2 MiB that are neither used nor promised to anybody (Documentation/admin-guide/mm/hugetlbpage.rst). */
export function freeHugePages(): number {
  const of = (name: string) => numberIn('/sys/kernel/mm/hugepages', `hugepages-2048kB/${name}`, /^(\d+)$/m);
  return of('free_hugepages') - of('resv_hugepages');
}

function numberIn(directory: string, name: string, pattern: RegExp): number {
  const dir = liveHost().open(directory);
  const text = dir instanceof Failure ? dir : dir.read(name);
  if (!(dir instanceof Failure)) dir.close();
  return text instanceof Failure ? 0 : Number(pattern.exec(text)?.[1] ?? 0);
}
