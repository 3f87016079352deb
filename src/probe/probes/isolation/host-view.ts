/** What probes of isolation ask the host itself: the other side of what is seen from inside. */
import { liveHost } from '../../../host/live.ts';
import { Failure, type Dir, type Read } from '../../../host/port.ts';
import { isMalformed, type Malformed } from '../../../parse/malformed.ts';
import { parseMountinfo } from '../../../parse/mountinfo.ts';
import { parseUptime } from '../../../parse/uptime.ts';
import type { MountFacts } from '../../../schema/mounts.ts';
import { NsinspectError } from '../../../text/error.ts';
import type { OwnNamespace } from '../../launch/launcher.ts';

function asked<T>(what: string, question: (proc: Dir) => Read<T>): T {
  const proc = openProc();
  const answer = proc instanceof Failure ? proc : question(proc);
  if (!(proc instanceof Failure)) proc.close();
  if (!(answer instanceof Failure)) return answer;
  throw new NsinspectError(`/proc/${what} cannot be read: ${answer.errno}`, { code: 'probe-failed' });
}

function openProc() {
  return liveHost().open('/proc');
}

/** Content of a file of /proc. Error where it cannot be read. */
export function readProc(name: string): string {
  return asked(name, (proc) => proc.read(name));
}

/** As {@link readProc}; null where it is not there or not for this user to read. */
export function tryProc(name: string): string | null {
  const proc = openProc();
  const text = proc instanceof Failure ? proc : proc.read(name);
  if (!(proc instanceof Failure)) proc.close();
  return text instanceof Failure ? null : text;
}

/** The namespace of a process, as `/proc/PID/ns` links to it: `uts:[4026531838]`. */
export function namespaceOf(pid: number | 'self', kind: OwnNamespace): string {
  return asked(`${pid}/ns/${kind}`, (proc) => proc.readlink(`${pid}/ns/${kind}`));
}

/** As {@link namespaceOf}; null where the process is gone or does not let this user see it. */
export function tryNamespaceOf(pid: number, kind: OwnNamespace): string | null {
  const proc = openProc();
  const link = proc instanceof Failure ? proc : proc.readlink(`${pid}/ns/${kind}`);
  if (!(proc instanceof Failure)) proc.close();
  return link instanceof Failure ? null : link;
}

/** Mounts in the mount namespace of a process. */
export function mountsOf(pid: number | 'self'): readonly MountFacts[] {
  return parsed(`${pid}/mountinfo`, parseMountinfo(readProc(`${pid}/mountinfo`)));
}

/** Seconds since the host started. */
export function hostUptime(): number {
  return parsed('uptime', parseUptime(readProc('uptime')));
}

/** What a parser made of a file; error where it made nothing of it. */
function parsed<T>(what: string, value: T | Malformed): T {
  if (!isMalformed(value)) return value;
  throw new NsinspectError(`/proc/${what} is malformed`, { code: 'probe-failed' });
}
