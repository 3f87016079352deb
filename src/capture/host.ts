import { Failure } from '../host/port.ts';
import type { Host } from '../host/port.ts';
import { parseBootTime } from '../parse/proc-stat.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseUptime } from '../parse/uptime.ts';
import type { HostFacet } from '../schema/host.ts';
import type { Outcome } from '../schema/outcome.ts';
import { nameOf } from '../text/bytes.ts';

/** USER_HZ, the unit of times in `/proc/PID/stat`: 100 on every architecture that is supported (include/asm-generic/param.h). */
const TICKS_PER_SECOND = 100;

/** Reads what machine this is. */
export function captureHost(host: Host): HostFacet {
  const proc = host.open('/proc');
  const unknown: Record<string, Outcome> = {};
  const read = (path: string): string | null => {
    const text = proc instanceof Failure ? proc : proc.read(path);
    return text instanceof Failure ? null : text;
  };
  const bootId = read('sys/kernel/random/boot_id')?.trim() ?? null;
  if (bootId === null) unknown['bootId'] = 'denied';
  const bootTime = parsed(read('stat'), parseBootTime);
  if (bootTime === null) unknown['bootTime'] = 'malformed';
  const uptime = parsed(read('uptime'), parseUptime);
  if (uptime === null) unknown['uptime'] = 'malformed';
  const facet: HostFacet = {
    version: 1,
    bootId,
    hostname: nameOf(hostname(host, read)),
    kernel: read('sys/kernel/osrelease')?.trim() ?? '',
    bootTime,
    uptime,
    ticksPerSecond: TICKS_PER_SECOND,
    reader: host.reader(),
  };
  if (!(proc instanceof Failure)) proc.close();
  return Object.keys(unknown).length > 0 ? { ...facet, unknown } : facet;
}

/**
 * The sysctl answers with the name in the reader's UTS namespace, which is not the host's where the reader sits in a
 * container and reads the host's /proc: there the host's own file is asked first.
 */
function hostname(host: Host, read: (path: string) => string | null): string {
  if (host.kind === 'host-root') {
    const etc = host.open('/etc');
    const text = etc instanceof Failure ? etc : etc.read('hostname');
    if (!(etc instanceof Failure)) etc.close();
    if (!(text instanceof Failure) && text.trim() !== '') return text.trim();
  }
  return read('sys/kernel/hostname')?.trim() ?? '';
}

function parsed<T>(text: string | null, parse: (text: string) => T): Exclude<T, object> | null {
  if (text === null) return null;
  const value = parse(text);
  return isMalformed(value) || typeof value === 'object' ? null : (value as Exclude<T, object>);
}
