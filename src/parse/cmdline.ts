import type { Name } from '../schema/name.ts';
import { nameOf, type ByteString } from '../text/bytes.ts';

/**
 * Parses `/proc/PID/cmdline` (proc_pid_cmdline(5); written by `get_mm_cmdline` in fs/proc/base.c): the arguments, each
 * ended by a NUL. Empty for kernel threads and zombies.
 *
 * It is the process's own memory, which the process may have overwritten (setproctitle): then it can be one argument
 * that holds the whole title, the NUL at its end may be missing, and where the title is shorter than the arguments
 * were, empty arguments follow it. They stay, since a process may as well have been started with them. So nothing is
 * malformed here, and nothing in it proves anything.
 */
export function parseCmdline(text: ByteString): readonly Name[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0').map(nameOf);
}
