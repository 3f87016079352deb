/** How the reader itself sees cgroups: whose mounts it has, how pids are counted, where in the hierarchies it is. */
import { Failure } from '../../host/port.ts';
import type { Dir } from '../../host/port.ts';
import { parseCgroup } from '../../parse/cgroup.ts';
import { isMalformed } from '../../parse/malformed.ts';
import { parseMountinfo } from '../../parse/mountinfo.ts';
import { parseNsLink } from '../../parse/ns-link.ts';
import { parseTaskStatus } from '../../parse/task-status.ts';
import type { MountFacts } from '../../schema/mounts.ts';
import type { CgroupLine } from '../../schema/tasks.ts';

/** What the procfs that is read says of the reader. All empty where the reader is in none of its pid namespaces. */
export interface Self {
  readonly mntns: number | null;
  readonly mounts: readonly MountFacts[];
  readonly cgroups: readonly CgroupLine[];
  /**
   * Whether the procfs counts pids as the reader does. Lists of members always do (task_pid_vnr of who reads), so that
   * otherwise their numbers mean other tasks.
   */
  readonly pidsAgree: boolean;
}

/** Reads what `/proc/self` says. */
export function readSelf(proc: Dir): Self {
  const self = proc.open('self');
  if (self instanceof Failure) return { mntns: null, mounts: [], cgroups: [], pidsAgree: false };
  const parsed = <T>(name: string, parse: (text: string) => T): T | null => {
    const text = self.read(name);
    const value = text instanceof Failure ? null : parse(text);
    return isMalformed(value) ? null : value;
  };
  const link = self.readlink('ns/mnt');
  const status = parsed('status', parseTaskStatus);
  const mounts = parsed('mountinfo', parseMountinfo);
  const cgroups = parsed('cgroup', parseCgroup);
  self.close();
  return {
    mntns: link instanceof Failure ? null : (parseNsLink(link)?.inum ?? null),
    mounts: mounts === null || isMalformed(mounts) ? [] : mounts,
    cgroups: cgroups === null || isMalformed(cgroups) ? [] : cgroups,
    // A number for each level of pid namespaces, from the one of this procfs down to the reader's (proc_pid_status(5)).
    pidsAgree: status !== null && !isMalformed(status) && status.nspid.length <= 1,
  };
}
