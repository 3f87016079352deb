/** Bytes written to a disk, as a cgroup is charged and as the whole machine counts them. */
import type { Probe } from '../../launch/launcher.ts';
import { tryProc } from './host-view.ts';

/** Bytes of a sector in the kernel's counters, whatever the disk's own size is (Documentation/admin-guide/iostats.rst). */
const SECTOR = 512;

/** What the payload's cgroup wrote; 0 where it wrote nothing yet, and has no line for the disk. */
export function writtenBy(probe: Probe, dev: string): number {
  if (probe.scope.version('io') === 2) {
    const line = lineOf(probe.read('io', 'io.stat'), `${dev} `);
    return Number(/\bwbytes=(\d+)/.exec(line)?.[1] ?? 0);
  }
  const line = lineOf(probe.read('blkio', 'blkio.throttle.io_service_bytes'), `${dev} Write `);
  return Number(line.split(' ')[2] ?? 0);
}

/** What the whole machine wrote (`/proc/diskstats`, tenth field); null where the disk is not listed. */
export function writtenByAll(dev: string): number | null {
  const [major, minor] = dev.split(':');
  for (const line of (tryProc('diskstats') ?? '').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === major && fields[1] === minor) return Number(fields[9]) * SECTOR;
  }
  return null;
}

function lineOf(text: string | null, start: string): string {
  return (text ?? '').split('\n').find((line) => line.startsWith(start)) ?? '';
}
