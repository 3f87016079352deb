import type { ByteString } from '../text/bytes.ts';

const FIELD = /^Cpus_allowed_list:\t([0-9,-]*)$/m;

/**
 * The CPUs that a task may run on, as the kernel lists them (`0-3,8`): `Cpus_allowed_list` of `/proc/PID/status`
 * (proc_pid_status(5); written by `task_cpus_allowed` in fs/proc/array.c). Null: this kernel does not say.
 */
export function parseCpusAllowed(text: ByteString): string | null {
  return FIELD.exec(text)?.[1] ?? null;
}
