/** What the facts about kernel, rights and surroundings mean for the answers of nsinspect. */
import { INTERFACES } from '../schema/doctor.ts';
import type { Check, DoctorFacts, Interface } from '../schema/doctor.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import { capabilityNames } from './capabilities.ts';

/** What one thing is good for. */
interface Purpose {
  readonly use: string;
  readonly lost: string;
  readonly remedy: string | null;
}

/** `since` says which kernels have it, where that is documented; `right`: what the kernel asks of its caller. */
type InterfacePurpose = Omit<Purpose, 'remedy'> & { readonly since?: string; readonly right?: string };

const BY_INTERFACE: Readonly<Record<Interface, InterfacePurpose>> = {
  NS_GET_USERNS: {
    use: 'owners and parents of namespaces',
    lost: 'owners and parents, and namespaces that nothing but those keep alive',
    since: '4.9',
  },
  NS_GET_OWNER_UID: { use: "a user namespace's owner", lost: 'the uid that owns a user namespace', since: '4.11' },
  NS_GET_ID: {
    use: 'ids that are never given twice',
    lost: 'a namespace is known by its inode number alone, which the kernel gives to another one when it has ended',
  },
  NS_GET_MNTNS_ID: {
    use: 'ids of mount namespaces, by which their mounts are asked for',
    lost: 'mounts are read through a process of the mount namespace, and not at all where there is none',
  },
  NS_MNT_GET_NEXT: {
    use: 'the list of all mount namespaces',
    lost: 'mount namespaces that no process and no file leads to, and namespaces mounted inside those',
    since: '6.12',
    right: 'CAP_SYS_ADMIN, and on newer kernels the initial pid namespace (docker run --pid=host)',
  },
  listmount: {
    use: 'the mounts of any mount namespace',
    lost: 'mounts are read through a process of the mount namespace, and not at all where there is none',
    since: '6.8',
  },
  statmount: {
    use: 'which of the mounts are namespaces',
    lost: 'mounts are read through a process of the mount namespace, and not at all where there is none',
    since: '6.8',
  },
  setns: {
    use: 'to look at namespaces that are mounted where no process is',
    lost: 'of a namespace that is mounted only where no process is, its number and nothing more is known',
    right: 'CAP_SYS_ADMIN and CAP_SYS_CHROOT',
  },
  openat2: {
    use: "to open files below a container's root without being led out of it",
    lost: "files of engines and mounted namespaces that can only be reached through a process's root",
    since: '5.6',
  },
  pidfd_open: {
    use: 'to hold on to a task while it is asked',
    lost: 'namespaces that only a socket keeps alive, or a process that has not had a child in its new pid namespace',
    since: '5.3',
  },
  pidfd_getfd: {
    use: "to ask a process's sockets for their network namespace",
    lost: 'network namespaces that only a socket keeps alive',
    since: '5.6',
  },
  SIOCGSKNS: {
    use: 'the network namespace of a socket',
    lost: 'network namespaces that only a socket keeps alive',
    since: '4.10',
    right: 'CAP_NET_ADMIN over the network namespace',
  },
  PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE: {
    use: 'a pid namespace that has had no process yet',
    lost: 'pid namespaces between unshare(CLONE_NEWPID) and the first child',
  },
  kcmp: {
    use: 'whether threads share their open files',
    lost: "nothing, but each thread's open files are read, which takes longer",
  },
};

const BY_CAPABILITY: Readonly<Record<string, Omit<Purpose, 'remedy'>>> = {
  sys_ptrace: {
    use: "other users' processes: their namespaces, root, open files",
    lost: "what other users' processes, and those with more capabilities, are in and hold open",
  },
  sys_admin: {
    use: 'the list of mount namespaces, their mounts, and to enter namespaces',
    lost: 'mount namespaces without a process; enter works only in user namespaces of your own',
  },
  net_admin: {
    use: 'the network namespace of a socket',
    lost: 'network namespaces that only a socket keeps alive',
  },
  sys_chroot: {
    use: 'to enter mount namespaces and to come back',
    lost: 'facts of namespaces mounted only where no process is, and mount namespaces in the command enter',
  },
  dac_read_search: {
    use: "lists of other users' open files, and files of engines",
    lost: "namespaces that other users' processes hold open; containers' names and images",
  },
};

/** Everything that nsinspect can use, in the order in which it is shown. */
export function checksOf(facts: DoctorFacts): Check[] {
  return [
    typesCheck(facts),
    ...interfaceChecks(facts),
    ...rightsChecks(facts),
    ...surroundings(facts),
    ...tools(facts),
  ];
}

/** Whether processes or namespaces may be missing that no count of the coverage knows of. */
export function hidesUncounted(checks: readonly Check[]): readonly Check[] {
  const names = new Set(['initial pid namespace', 'processes of others']);
  return checks.filter(({ name, state }) => names.has(name) && state !== 'present');
}

function check(
  area: Check['area'],
  name: string,
  state: Check['state'],
  detail: string | null,
  { use, lost, remedy }: Purpose,
): Check {
  const isFine = state === 'present';
  return { area, name, state, detail, use, lost: isFine ? null : lost, remedy: isFine ? null : remedy };
}

function typesCheck({ types }: DoctorFacts): Check {
  const missing = NS_TYPES.filter((type) => !types.includes(type));
  return check('kernel', 'types of namespaces', missing.length === 0 ? 'present' : 'absent', types.join(' '), {
    use: 'all eight',
    lost: `nothing: this kernel has no namespaces of type ${missing.join(', ')}`,
    remedy: null,
  });
}

/** Errors by which a system call says that the caller lacks a right; others say that there is no such call. */
const DENIALS = new Set(['EPERM', 'EACCES']);

function interfaceChecks({ interfaces, seccomp }: DoctorFacts): Check[] {
  const hasFilter = seccomp === 2;
  return INTERFACES.map((name) => {
    const errno = interfaces[name];
    const { use, lost, since, right } = BY_INTERFACE[name];
    if (errno === null) return check('kernel', name, 'present', null, { use, lost, remedy: null });
    const isDenied = DENIALS.has(errno);
    const kernel = since === undefined ? 'a newer kernel' : `Linux ${since} or newer`;
    const filter = hasFilter ? ['a seccomp profile that allows it'] : [];
    const remedies = isDenied ? [...(right === undefined ? [] : [right]), ...filter] : [kernel, ...filter];
    return check('kernel', name, isDenied ? 'denied' : 'absent', errno, {
      use,
      lost,
      remedy: remedies.length === 0 ? null : `needs ${remedies.join(', or ')}`,
    });
  });
}

function rightsChecks({ capEff, uid, inInitial }: DoctorFacts): Check[] {
  const held = capEff === null ? null : new Set(capabilityNames(capEff));
  const isInner = inInitial.user === false;
  return Object.entries(BY_CAPABILITY).map(([name, purpose]) => {
    const has = held === null ? null : held.has(name) || (name === 'dac_read_search' && held.has('dac_override'));
    const state = has === null ? 'unknown' : !has ? 'absent' : isInner ? 'denied' : 'present';
    const remedy =
      uid === 0 ? `start it with that capability (docker run --cap-add=${name.toUpperCase()})` : 'sudo nsinspect …';
    return check(
      'rights',
      `CAP_${name.toUpperCase()}`,
      state,
      has === true && isInner ? 'in an inner user namespace only' : null,
      {
        ...purpose,
        remedy: isInner ? 'run it in the initial user namespace' : remedy,
      },
    );
  });
}

function surroundings(facts: DoctorFacts): Check[] {
  return [...namespaceChecks(facts), ...procChecks(facts), ...filterChecks(facts)];
}

function here(
  name: string,
  seen: { readonly state: Check['state']; readonly detail?: string | null },
  purpose: Purpose,
): Check {
  return check('surroundings', name, seen.state, seen.detail ?? null, purpose);
}

function stateOf(isSo: boolean | null): Check['state'] {
  if (isSo === null) return 'unknown';
  return isSo ? 'present' : 'absent';
}

function namespaceChecks({ inInitial }: DoctorFacts): Check[] {
  return [
    here(
      'initial user namespace',
      { state: stateOf(inInitial.user) },
      {
        use: 'capabilities that count everywhere',
        lost: 'whatever belongs to user namespaces outside of this one is denied',
        remedy: 'run it outside, or in a container without user namespace (docker run --userns=host)',
      },
    ),
    here(
      'initial pid namespace',
      { state: stateOf(inInitial.pid) },
      {
        use: 'a /proc that shows every process',
        lost: 'processes outside of this pid namespace do not appear at all',
        remedy: 'docker run --pid=host, or mount the /proc of the host and give --host-root',
      },
    ),
    here(
      'initial cgroup namespace',
      {
        state: stateOf(inInitial.cgroup),
        detail: inInitial.cgroup === null ? 'kthreadd, which tells, cannot be read' : null,
      },
      {
        use: 'whole cgroup paths',
        lost: "paths of cgroups above or beside one's own are shown from there, as /../…",
        remedy: 'in a container: docker run --cgroupns=host',
      },
    ),
  ];
}

function procChecks({ procOptions, ownPids, hostRoot, inInitial, capEff }: DoctorFacts): Check[] {
  const hidepid = procOptions?.find((option) => option.startsWith('hidepid=')) ?? null;
  const subset = procOptions?.find((option) => option.startsWith('subset=')) ?? null;
  const isWhole = (option: string | null): boolean | null => (procOptions === null ? null : option === null);
  const others = hidepid !== null && mayTrace(inInitial, capEff) ? true : isWhole(hidepid);
  const checks = [
    here(
      'processes of others',
      { state: stateOf(others), detail: hidepid },
      {
        use: 'a /proc in which hidepid hides nothing',
        lost: "other users' processes do not appear at all",
        remedy: 'needs CAP_SYS_PTRACE, or the group that gid= of the mount names',
      },
    ),
    here(
      'all of /proc',
      { state: stateOf(isWhole(subset)), detail: subset },
      {
        use: 'a /proc without subset=pid',
        lost: 'boot id, host name, kernel release, and the times at which processes began',
        remedy: 'mount a whole procfs elsewhere and give --host-root',
      },
    ),
  ];
  if (ownPids) return checks;
  const detail = hostRoot === null ? 'it is of another pid namespace' : `--host-root ${hostRoot}`;
  const purpose = {
    use: 'questions to the kernel that take a pid',
    lost: 'namespaces that only a socket keeps alive; pid namespaces that have had no process yet',
    remedy: 'share the pid namespace of the host (docker run --pid=host) and read /proc itself',
  };
  return [...checks, here('pids of its own /proc', { state: 'absent', detail }, purpose)];
}

function mayTrace(inInitial: DoctorFacts['inInitial'], capEff: string | null): boolean {
  return inInitial.user !== false && capEff !== null && capabilityNames(capEff).includes('sys_ptrace');
}

function filterChecks({ seccomp, ptraceScope, inInitial, capEff }: DoctorFacts): Check[] {
  const seccompCheck = here(
    'no seccomp filter',
    { state: stateOf(seccomp === null ? null : seccomp !== 2) },
    {
      use: 'system calls that nobody forbids',
      lost: 'what the filter forbids is shown above as denied (EPERM) or as absent (ENOSYS): who answered cannot be told',
      remedy: 'in a container: docker run --security-opt seccomp=unconfined',
    },
  );
  // Yama (Documentation/admin-guide/LSM/Yama.rst): 0 forbids nothing; up to 2 CAP_SYS_PTRACE suffices, under 3 nothing does.
  if (ptraceScope === null || ptraceScope === 0) return [seccompCheck];
  const isAllowed = ptraceScope < 3 && mayTrace(inInitial, capEff);
  const yama = here(
    'tracing despite Yama',
    { state: isAllowed ? 'present' : 'denied', detail: `ptrace_scope ${String(ptraceScope)}` },
    {
      use: 'pidfd_getfd on other processes',
      lost: "network namespaces that only another process's socket keeps alive",
      remedy: ptraceScope < 3 ? 'needs CAP_SYS_PTRACE' : null,
    },
  );
  return [seccompCheck, yama];
}

function tools({ tools: { nsenter } }: DoctorFacts): Check[] {
  return [
    check('tools', 'nsenter', nsenter === null ? 'absent' : 'present', nsenter, {
      use: 'the command enter',
      lost: 'the command enter',
      remedy: 'install util-linux',
    }),
  ];
}
