import { Failure } from '../host/port.ts';
import type { Dir, Host, Read } from '../host/port.ts';
import { isMalformed } from '../parse/malformed.ts';
import type { Malformed } from '../parse/malformed.ts';
import { parseBootTime } from '../parse/proc-stat.ts';
import { parseUptime } from '../parse/uptime.ts';
import type { HostFacet } from '../schema/host.ts';
import type { Name } from '../schema/name.ts';
import type { Outcome } from '../schema/outcome.ts';
import { nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';

/** USER_HZ, the unit of times in `/proc/PID/stat`: 100 on every architecture that is supported (include/asm-generic/param.h). */
const TICKS_PER_SECOND = 100;

/** Reads what machine this is. */
export function captureHost(host: Host): HostFacet {
  const proc = host.open('/proc');
  const unknown: Record<string, Outcome> = {};
  /** The fact as a member of that name, or why there is none. */
  const member = (
    name: string,
    text: Read<ByteString>,
    parse: (text: ByteString) => Name | number | Malformed,
  ): object => {
    const value = text instanceof Failure ? text : parse(text);
    if (!(value instanceof Failure) && !isMalformed(value)) return { [name]: value };
    unknown[name] = value instanceof Failure ? value.asOutcome : 'malformed';
    return {};
  };
  const read = (path: string): Read<ByteString> => (proc instanceof Failure ? proc : proc.read(path));
  const facet: HostFacet = {
    version: 1,
    ...member('bootId', read('sys/kernel/random/boot_id'), line),
    ...member('hostname', hostname(host, proc), (text) => nameOf(line(text))),
    ...member('kernel', read('sys/kernel/osrelease'), line),
    ...member('bootTime', read('stat'), parseBootTime),
    ...member('uptime', read('uptime'), parseUptime),
    ticksPerSecond: TICKS_PER_SECOND,
    reader: host.reader(),
  };
  if (!(proc instanceof Failure)) proc.close();
  return Object.keys(unknown).length > 0 ? { ...facet, unknown } : facet;
}

function line(text: ByteString): string {
  return text.trim();
}

/**
 * The sysctl answers with the name in the reader's UTS namespace, which is not the host's where the reader sits in a
 * container and reads the host's /proc: there the host's own file is asked first.
 */
function hostname(host: Host, proc: Read<Dir>): Read<ByteString> {
  if (host.kind !== 'live') {
    const etc = host.open('/etc');
    const text = etc instanceof Failure ? etc : etc.read('hostname');
    if (!(etc instanceof Failure)) etc.close();
    if (!(text instanceof Failure) && line(text) !== '') return text;
  }
  return proc instanceof Failure ? proc : proc.read('sys/kernel/hostname');
}
