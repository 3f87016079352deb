/** Runs a command in a target's namespaces: which ones, how to get hold of them, and nsenter(1) to do it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { closeSync } from 'node:fs';
import { idMapsOf, openNamespace, openOwner, openRoot, ownNamespaces, pathOfDescriptor } from '../host/live-enter.ts';
import type { IdMaps } from '../host/live-enter.ts';
import { Failure } from '../host/port.ts';
import { capabilityNames } from '../model/capabilities.ts';
import { entrancesOf } from '../model/entrances.ts';
import { describeTarget } from '../model/targets.ts';
import type { Target } from '../model/targets.ts';
import type { Credentials, EnterDocument } from '../schema/enter.ts';
import type { Entrance, ProcessRef } from '../schema/entrance.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { NsRef, NsType } from '../schema/namespace.ts';
import type { ProcessFacts, ThreadFacts } from '../schema/tasks.ts';
import { NsinspectError } from '../text/error.ts';
import { refText } from '../text/ns-ref.ts';
import type { View } from './view.ts';

/** What the user asked for. */
export interface EnterWishes {
  /** Types of namespaces; null: all in which the target is not where we are. */
  readonly types: readonly NsType[] | null;
  /** Take over the target's root directory, too. */
  readonly root: boolean;
  readonly keepCredentials: boolean;
}

/** A target that can be entered: its namespaces are held open, so that neither they nor their numbers can pass to others. */
export interface Entry extends Omit<EnterDocument, 'schema' | 'tool'> {
  /** Options of nsenter(1). Their paths lead through this process: it has to live until nsenter has opened them. */
  readonly options: readonly string[];
  /** A pid namespace that no process is in: where its first one has ended the kernel lets no other in. */
  readonly isEmptyPidNamespace: boolean;
  readonly close: () => void;
}

/** A namespace of the target and the ways to it. */
interface Goal {
  readonly ref: NsRef;
  readonly ways: readonly Entrance[];
}

interface Opened {
  readonly ref: NsRef;
  readonly fd: number;
}

/** Gets hold of what is to be entered. Throws a NsinspectError where the target or one of its namespaces cannot be. */
export function openEntry(text: string, view: View, wishes: EnterWishes): Entry {
  const target = view.resolve(text);
  const process = processOf(target, view);
  const own = ownNamespaces();
  const wanted = goalsOf(target, process, text, view, wishes.types).filter(
    ({ ref }) => wishes.types === null || wishes.types.includes(ref.type),
  );
  const isShared = ({ ref }: Goal): boolean => own.get(ref.type) === ref.inum;
  const fds: number[] = [];
  try {
    const opened = wanted.filter((goal) => !isShared(goal)).map((goal) => open(goal, target));
    fds.push(...opened.map(({ fd }) => fd));
    const owner = process === null ? ownerNeeded(opened, own, view) : null;
    if (owner !== null) fds.push(owner.fd);
    const all = owner === null ? opened : [owner, ...opened];
    const root = wishes.root ? rootOf(process, target) : null;
    if (root !== null) fds.push(root);
    const user = all.find(({ ref }) => ref.type === 'user');
    const credentials = user === undefined ? null : credentialsIn(user.ref, process, view, wishes.keepCredentials);
    return {
      target: describeTarget(target),
      namespaces: all.map(({ ref }) => ref),
      shared: wanted.filter(isShared).map(({ ref }) => ref.type),
      credentials,
      root: root !== null,
      options: [
        ...all.map(({ ref, fd }) => `${OPTION_OF[ref.type]}=${pathOfDescriptor(fd)}`),
        ...(root === null ? [] : [`--root=${pathOfDescriptor(root)}`]),
        ...(credentials === null ? [] : CREDENTIAL_OPTIONS[credentials]),
      ],
      isEmptyPidNamespace:
        target.kind === 'namespace' && target.namespace.facts.type === 'pid' && target.namespace.taskCount === 0,
      close: () => fds.forEach((fd) => closeSync(fd)),
    };
  } catch (error) {
    for (const fd of fds) closeSync(fd);
    throw error;
  }
}

const OPTION_OF: Readonly<Record<NsType, string>> = {
  user: '--user',
  mnt: '--mount',
  pid: '--pid',
  net: '--net',
  ipc: '--ipc',
  uts: '--uts',
  cgroup: '--cgroup',
  time: '--time',
};

/** Without options nsenter takes uid 0, gid 0 and no further groups in a user namespace that it enters. */
const CREDENTIAL_OPTIONS: Readonly<Record<Credentials, readonly string[]>> = {
  root: [],
  setuid: ['--preserve-credentials', '--setuid=0'],
  keep: ['--preserve-credentials'],
};

/** The process whose namespaces are meant; null where the target is one namespace. */
function processOf(target: Target, { tasks }: View): ProcessFacts | null {
  switch (target.kind) {
    case 'namespace':
      return null;
    case 'process':
      return target.process;
    case 'container': {
      const { leader } = target.container;
      const process = tasks.processes.find(({ pid }) => pid === leader);
      if (process === undefined) throw new NsinspectError(`${describeTarget(target)} has ended`, { code: 'vanished' });
      return process;
    }
    case 'cgroup':
    case 'mount':
      throw new NsinspectError(`${describeTarget(target)} cannot be entered`, {
        code: 'no-such-target',
        hint: 'enter takes a process, a container or a namespace',
      });
  }
}

function goalsOf(
  target: Target,
  process: ProcessFacts | null,
  text: string,
  view: View,
  types: readonly NsType[] | null,
): Goal[] {
  if (process !== null) return goalsOfTask(process, taskOf(process, text), types);
  if (target.kind !== 'namespace') return [];
  const { type, inum } = target.namespace.facts;
  if (types !== null && !types.includes(type)) {
    throw new NsinspectError(`${refText({ type, inum })} is not of type ${types.join(' or ')}`, { code: 'usage' });
  }
  return [{ ref: { type, inum }, ways: entrancesOf(target.namespace, view.namespaces, view.tasks) }];
}

/** The thread of the process that is meant: the leader, unless the target is the number of another one. */
function taskOf(process: ProcessFacts, text: string): Pick<ThreadFacts, 'tid' | 'ns' | 'unknownNs'> {
  const { pid, ns, unknownNs, state, tids = [], differing = [] } = process;
  const tid = Number(text.replace(/^pid:/, ''));
  if (tids.includes(tid)) {
    return differing.find((thread) => thread.tid === tid) ?? { tid, ns, ...(unknownNs && { unknownNs }) };
  }
  if (state !== 'Z' && state !== 'X') return { tid: pid, ns, ...(unknownNs && { unknownNs }) };
  const [alive] = tids;
  throw new NsinspectError(`pid:${String(pid)} has ended`, {
    code: 'vanished',
    hint: alive === undefined ? null : `its thread ${String(alive)} lives on and can be entered`,
  });
}

function goalsOfTask(
  { pid, start }: ProcessFacts,
  { tid, ns, unknownNs }: Pick<ThreadFacts, 'tid' | 'ns' | 'unknownNs'>,
  types: readonly NsType[] | null,
): Goal[] {
  return NS_TYPES.flatMap((type, i): Goal[] => {
    const inum = ns[i] ?? null;
    if (inum !== null) {
      const path = tid === pid ? `ns/${type}` : `task/${String(tid)}/ns/${type}`;
      return [{ ref: { type, inum }, ways: [{ kind: 'link', process: { pid, start }, path }] }];
    }
    const outcome = unknownNs?.[type] ?? 'absent';
    // A type that this kernel lacks is missing everywhere.
    if (types === null ? outcome === 'absent' : !types.includes(type)) return [];
    throw new NsinspectError(`the ${type} namespace of pid:${String(tid)} cannot be read: ${outcome}`, {
      code: outcome === 'denied' ? 'denied' : 'cannot-enter',
      hint: outcome === 'denied' ? 'it takes CAP_SYS_PTRACE' : null,
    });
  });
}

function open({ ref, ways }: Goal, target: Target): Opened {
  const fd = openNamespace(ref, ways);
  if (!(fd instanceof Failure)) return { ref, fd };
  const whose = target.kind === 'namespace' ? '' : ` of ${describeTarget(target)}`;
  if (fd.outcome === 'vanished') {
    throw new NsinspectError(`${refText(ref)}${whose} has ended meanwhile`, { code: 'vanished' });
  }
  const isMountedOnly = ways.length > 0 && ways.every(({ kind }) => kind === 'mount');
  const [code, hint] =
    fd.outcome === 'denied'
      ? ['denied', 'nsinspect doctor says which rights are missing']
      : ['cannot-enter', isMountedOnly ? 'where it is mounted, something else may lie over it' : null];
  throw new NsinspectError(`cannot open ${refText(ref)}${whose}: ${fd.errno}`, { code, hint });
}

/** setns(2) asks for CAP_SYS_ADMIN over the namespace: who lacks it here may have it inside the user namespace that owns it. */
function ownerNeeded(opened: readonly Opened[], own: ReadonlyMap<NsType, number>, view: View): Opened | null {
  const [first] = opened;
  const { capEff } = view.capture.host.reader;
  const mayEnter = capEff !== null && capabilityNames(capEff).includes('sys_admin');
  if (first === undefined || first.ref.type === 'user' || mayEnter) return null;
  const owner = openOwner(first.fd);
  if (owner instanceof Failure) return null;
  if (own.get('user') !== owner.inum) return { ref: { type: 'user', inum: owner.inum }, fd: owner.fd };
  closeSync(owner.fd);
  return null;
}

function rootOf(process: ProcessFacts | null, target: Target): number {
  if (process === null) {
    throw new NsinspectError(`${describeTarget(target)} has no root directory of its own`, {
      code: 'usage',
      hint: '--root is for a process or a container',
    });
  }
  const fd = openRoot(process);
  if (!(fd instanceof Failure)) return fd;
  throw new NsinspectError(`cannot open the root of ${describeTarget(target)}: ${fd.errno}`, { code: 'cannot-enter' });
}

/** Who to be: root of the user namespace as far as its maps allow. */
function credentialsIn(user: NsRef, process: ProcessFacts | null, view: View, keep: boolean): Credentials {
  const member: ProcessRef | undefined = process ?? view.namespaces.get(user)?.processes[0];
  if (keep || member === undefined) return 'keep';
  const maps = idMapsOf(member);
  return maps instanceof Failure ? 'keep' : credentialsFor(maps);
}

/** `root` needs both ids mapped and setgroups(2) allowed, which an unprivileged creator had to give up (user_namespaces(7)). */
export function credentialsFor({ uids, gids, setgroups }: IdMaps): Credentials {
  const hasRoot = (map: IdMaps['uids']): boolean => map.some(({ inside, count }) => inside === 0 && count > 0);
  if (!hasRoot(uids)) return 'keep';
  return hasRoot(gids) && setgroups ? 'root' : 'setuid';
}

/** Runs `nsenter` with our stdin, stdout and stderr to its end. Gives the exit status of the command, 128+n where signal n ended it. */
export function runInside(nsenter: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    // Ready before the command runs. The terminal sends these to the command as well: it alone decides what they mean (as
    // system(3) does it).
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => undefined);
    // What comes while the command is being started is handed on as soon as it has been.
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    const child = spawn(nsenter, args, { stdio: 'inherit' });
    child.on('error', (cause) => {
      reject(new NsinspectError(`cannot run ${nsenter}: ${cause.message}`, { code: 'no-nsenter', cause }));
    });
    child.on('exit', (status, signal) => {
      resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
