import { Failure } from '../host/port.ts';
import type { Dir } from '../host/port.ts';
import { parseCmdline } from '../parse/cmdline.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseTaskStatus } from '../parse/task-status.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { ProcessDetail } from '../schema/tasks.ts';
import { nameOf } from '../text/bytes.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What procfs calls a kernel without a security module that labels tasks: EINVAL on `attr/current` (security_getprocattr). */
const NO_LSM = 'EINVAL';

/** Reads rights, command line, executable and label of the task whose directory is `dir`. `bare`: it has no memory of its own. */
export function readDetail(dir: Dir, bare: boolean): ProcessDetail {
  const detail: Writable<ProcessDetail> = {};
  const unknown: Record<string, Outcome> = {};

  const status = dir.read('status');
  if (status instanceof Failure) unknown['status'] = status.asOutcome;
  else {
    const parsed = parseTaskStatus(status);
    if (isMalformed(parsed)) unknown['status'] = 'malformed';
    else detail.status = parsed;
  }
  const cmdline = bare ? '' : dir.read('cmdline');
  if (cmdline instanceof Failure) unknown['argv'] = cmdline.asOutcome;
  else detail.argv = parseCmdline(cmdline);
  if (!bare) {
    const exe = dir.readlink('exe');
    if (exe instanceof Failure) unknown['exe'] = exe.asOutcome;
    else detail.exe = nameOf(exe);
  }
  const label = dir.read('attr/current');
  if (!(label instanceof Failure)) detail.label = nameOf(label.replace(/[\0\n]+$/, ''));
  else if (label.errno === NO_LSM || label.outcome === 'unsupported') detail.label = null;
  else unknown['label'] = label.asOutcome;

  if (Object.keys(unknown).length > 0) detail.unknown = unknown;
  return detail;
}
