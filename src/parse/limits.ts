import type { ProcessLimits } from '../schema/cgroups.ts';
import type { ByteString } from '../text/bytes.ts';
import { completeLines } from './lines.ts';
import { Malformed } from './malformed.ts';

/** `"%-25s %-20s %-20s %-10s"`: a name of several words, then two values, then a unit that some have not. */
const LINE = /^(\S+(?: \S+)*) +(unlimited|\d+) +(unlimited|\d+) +(\S*) *$/;

/**
 * Parses `/proc/PID/limits` (proc_pid_limits(5); written by `proc_pid_limits` in fs/proc/base.c): resource limits by the
 * kernel's names for them. A unit that is missing (nice and realtime priority) is empty.
 *
 * Malformed: no head, a line that is not of this form, or no newline at the end. An empty text, too: every process has limits.
 */
export function parseLimits(text: ByteString): ProcessLimits['rlimits'] | Malformed {
  const [head, ...lines] = completeLines(text) ?? [];
  if (head?.startsWith('Limit ') !== true) return new Malformed('/proc/PID/limits: head', text);
  const limits: Record<string, { soft: string; hard: string; unit: string }> = {};
  for (const line of lines) {
    const [, name, soft = '', hard = '', unit = ''] = LINE.exec(line) ?? [];
    if (name === undefined) return new Malformed('/proc/PID/limits: name, soft, hard, unit', line);
    limits[name] = { soft, hard, unit };
  }
  return limits;
}
