/** What this kernel, these rights and this place allow, asked of the kernel itself. */
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { testInterfaces } from '../kernel/feature-tests.ts';
import { parseIdMap } from '../parse/id-map.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseMountinfo } from '../parse/mountinfo.ts';
import { parseNsLink } from '../parse/ns-link.ts';
import { parseTaskStat } from '../parse/task-stat.ts';
import { parseTaskStatus } from '../parse/task-status.ts';
import type { DoctorFacts } from '../schema/doctor.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { NsType } from '../schema/namespace.ts';
import { nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { liveHost, pidsAreOwn } from './live.ts';
import { Failure } from './port.ts';
import type { Dir } from './port.ts';

/** The first id of an initial user namespace's map covers all that there are (user_namespaces(7)). */
const ALL_IDS = 4294967295;

/**
 * Asks for everything but the tools. `root`: the directory of `--host-root`. Throws a NsinspectError where there is no
 * /proc of the reader's own to start from.
 */
export function doctorFacts(root: string | null): Omit<DoctorFacts, 'tools'> {
  const types = NS_TYPES.filter((type) => ownInum(type) !== null);
  if (types.length === 0) {
    throw new NsinspectError('there is no procfs at /proc for the reader itself', { code: 'no-proc' });
  }
  const proc = liveHost(root ?? '/').open('/proc');
  const status = parseTaskStatus(readFileSync('/proc/self/status', 'latin1'));
  const known = isMalformed(status) ? null : status;
  const options = procOptions(root);
  const facts = {
    interfaces: testInterfaces(),
    types,
    uid: process.geteuid?.() ?? -1,
    capEff: known?.capEff ?? null,
    seccomp: known?.seccomp ?? null,
    ptraceScope: proc instanceof Failure ? null : ptraceScope(proc),
    hostRoot: root,
    ownPids: root === null && pidsAreOwn(),
    procOptions: options,
    inInitial:
      proc instanceof Failure
        ? { user: null, pid: null, cgroup: null }
        : inInitial(proc, hidesProcesses(options) && !traces(known?.capEff)),
  };
  if (!(proc instanceof Failure)) proc.close();
  return facts;
}

/** The reader's own namespace of that type; null where this kernel has none. */
function ownInum(type: NsType): number | null {
  try {
    return parseNsLink(readlinkSync(`/proc/self/ns/${type}`, 'latin1'))?.inum ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** kthreadd has all initial namespaces; only the procfs of the initial pid namespace shows it. */
function inInitial(proc: Dir, mayHide: boolean): DoctorFacts['inInitial'] {
  const stat = proc.read('2/stat');
  const task = stat instanceof Failure ? null : parseTaskStat(stat);
  const sees = task !== null && !isMalformed(task) && task.kthread && task.ppid === 0;
  const isSame = (type: NsType): boolean | null => {
    const link = sees ? proc.readlink(`2/ns/${type}`) : null;
    const inum = link === null || link instanceof Failure ? null : parseNsLink(link)?.inum;
    return typeof inum === 'number' ? inum === ownInum(type) : null;
  };
  return { user: isSame('user') ?? hasAllIds(), pid: sees ? true : mayHide ? null : false, cgroup: isSame('cgroup') };
}

/** As good as being in the initial user namespace: another one whose map covers all ids is possible, but nobody makes it. */
function hasAllIds(): boolean | null {
  const map = parseIdMap(readFileSync('/proc/self/uid_map', 'latin1'));
  if (isMalformed(map)) return null;
  return map.some(({ inside, outside, count }) => inside === 0 && outside === 0 && count === ALL_IDS);
}

/** Options of the superblock of the procfs that is read. */
function procOptions(root: string | null): string[] | null {
  const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'latin1'));
  if (isMalformed(mounts)) return null;
  const place = root === null ? '/proc' : path.join(realpathSync(root), 'proc');
  // The last one that is mounted at a place is the one on top.
  const mount = mounts.findLast((one) => nameText(one.path) === place && one.fsType === 'proc');
  return mount?.superOptions.map(nameText) ?? null;
}

/** Whether processes of others may be missing from the list of them (proc(5), hidepid=2 and 4; 1 hides no names). */
function hidesProcesses(options: readonly string[] | null): boolean {
  return options === null || options.some((option) => /^hidepid=(2|4|invisible|ptraceable)$/.test(option));
}

/** CAP_SYS_PTRACE: hidepid hides nothing from its holder (has_pid_permissions, fs/proc/base.c). */
function traces(capEff = '0'): boolean {
  return ((BigInt(`0x${capEff}`) >> 19n) & 1n) === 1n;
}

function ptraceScope(proc: Dir): number | null {
  const text = proc.read('sys/kernel/yama/ptrace_scope');
  return text instanceof Failure || !/^[0-9]+\n$/.test(text) ? null : Number(text);
}
