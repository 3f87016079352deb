/** Why a namespace is alive, in words. */
import { holdersOf, isHidden } from '../src/model/namespaces.ts';
import type { Holders, HolderSample, Namespace, Namespaces } from '../src/model/namespaces.ts';
import type { Target } from '../src/model/targets.ts';
import { describeTarget } from '../src/model/targets.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { NamespaceRow, WhyDocument } from '../src/schema/documents.ts';
import type { Name } from '../src/schema/name.ts';
import { NS_TYPES } from '../src/schema/namespace.ts';
import type { NsType } from '../src/schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../src/schema/tasks.ts';
import { nameText } from '../src/text/bytes.ts';
import { NsinspectError } from '../src/text/error.ts';
import { refText } from '../src/text/ns-ref.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { documentHead } from './head.ts';
import { containerText } from './namespace-columns.ts';
import { containerId, namespaceRow } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Style } from './style.ts';

/** What the words need to know beside the namespaces themselves. */
export interface Surroundings {
  readonly tasks: TasksFacet;
  readonly namespaces: Namespaces;
  readonly containerOf: ContainerOf;
}

/** The namespaces that a target means: itself, or those of the process that it leads to. Of a process without the initial ones: none where it lives in those alone. */
export function namespacesOfTarget(target: Target, namespaces: Namespaces): Namespace[] {
  if (target.kind === 'namespace') return [target.namespace];
  const process =
    target.kind === 'process'
      ? target.process
      : target.kind === 'container'
        ? namespaces.all.flatMap((ns) => ns.processes).find(({ pid }) => pid === target.container.leader)
        : target.kind === 'cgroup'
          ? target.processes[0]
          : undefined;
  if (process === undefined) {
    throw new NsinspectError(`${describeTarget(target)} is no namespace and has no process that is in one`, {
      code: 'no-such-target',
    });
  }
  const all = NS_TYPES.flatMap((type, i) => {
    const inum = process.ns[i] ?? null;
    return inum === null ? [] : (namespaces.get({ type, inum }) ?? []);
  });
  if (all.length === 0) {
    throw new NsinspectError(`the namespaces of ${describeTarget(target)} are not known`, {
      code: 'no-namespace',
      hint: 'They may not be read, or it is a zombie.',
    });
  }
  return all.filter(({ facts }) => facts.initial !== true);
}

/** The document of `why`: one namespace, with all of its holders, or several for a container or process. */
export function whyDocument(capture: Capture, namespaces: readonly Namespace[], containerOf: ContainerOf): WhyDocument {
  return {
    ...documentHead('nsinspect/why/1', capture),
    namespaces: namespaces.map((ns): NamespaceRow => namespaceRow(ns, containerOf, Infinity)),
  };
}

/** Holders of one kind that are named one by one unless all are asked for. */
const NAMED = 20;

/** The answer for a person. */
export function whyLines(namespaces: readonly Namespace[], around: Surroundings, style: Style): string[] {
  if (namespaces.length === 0) return ['it lives in the initial namespaces alone, which last as long as the kernel'];
  return namespaces.flatMap((ns, i) => [...(i > 0 ? [''] : []), ...explain(ns, around, style)]);
}

function explain(ns: Namespace, around: Surroundings, style: Style): string[] {
  const { facts } = ns;
  const lines = [
    style.bold(terminalSafe(refText(facts))) +
      (typeof facts.id !== 'string' ? '' : style.dim(`  id ${terminalSafe(facts.id)}`)),
  ];
  if (facts.initial === true) lines.push('  initial: made at boot, lasts as long as the kernel');
  const holders = holdersOf(ns);
  if (holders.length === 0 && facts.initial !== true) {
    lines.push('  no holder was found: it ended meanwhile, or what keeps it shows in no file system');
    lines.push('  (a descriptor in flight between sockets, the credentials of an open file, a detached mount)');
  } else if (isHidden(ns)) lines.push('  no task is in it; it is kept by');
  // One by one: as arguments of a call there can be too many.
  for (const kind of holders) for (const line of sentences(kind, facts.type, around, style)) lines.push(`  ${line}`);
  return lines;
}

function sentences({ kind, count, sample }: Holders, type: NsType, around: Surroundings, style: Style): string[] {
  const named = sample(style.columns === null ? undefined : NAMED);
  const lines = named.map((holder) => terminalSafe(holderText(kind, holder, type, around)));
  const rest = count - named.length;
  if (rest > 0) lines.push(style.dim(`and ${formatPlural(rest, NOUNS[kind])} more (--no-trunc names all)`));
  return lines;
}

const NOUNS: Readonly<Record<Holders['kind'], string>> = {
  process: 'such holder',
  thread: 'thread',
  'for-children': 'task',
  fd: 'open file',
  socket: 'socket',
  mount: 'mount',
  child: 'child',
  owned: 'namespace',
  unseen: 'reference',
};

/** One holder in words that a person understands. Not safe for a terminal yet: it has names in it as they are. */
export function holderText(kind: Holders['kind'], holder: HolderSample, type: NsType, around: Surroundings): string {
  const {
    pid = 0,
    tid = 0,
    fd = 0,
    inum = 0,
    mntns = 0,
    path = '',
    type: other = type,
  } = holder as Partial<{
    pid: number;
    tid: number;
    fd: number;
    inum: number;
    mntns: number;
    path: Name;
    type: NsType;
  }>;
  const who = processText(pid, around);
  const thread = tid === 0 || tid === pid ? who : `thread ${String(tid)} of ${who}`;
  switch (kind) {
    case 'process':
      return `${who} is in it`;
    case 'thread':
      return `${thread} is in it, its process is not`;
    case 'for-children':
      return `${thread} has it chosen for its future children`;
    case 'fd':
      return `${thread} has it open as fd ${String(fd)}`;
    case 'socket':
      return `${who} has a socket of it open as fd ${String(fd)}`;
    case 'mount':
      return `bind-mounted at ${nameText(path)} in mount namespace ${mountNamespaceText(mntns, around)}`;
    case 'child':
      return `parent of ${TYPE_NAMES[type]} namespace ${refText({ type, inum })}`;
    case 'owned':
      return `owner of ${TYPE_NAMES[other]} namespace ${refText({ type: other, inum })}`;
    case 'unseen':
      return 'a reference that shows in no file system';
  }
}

/** The types in words, as namespaces(7) calls them. */
export const TYPE_NAMES: Readonly<Record<NsType, string>> = {
  user: 'user',
  mnt: 'mount',
  pid: 'pid',
  net: 'network',
  ipc: 'IPC',
  uts: 'UTS',
  cgroup: 'cgroup',
  time: 'time',
};

function processText(pid: number, { tasks, containerOf }: Surroundings): string {
  const process = findProcess(tasks, pid);
  const container = containerOf(pid);
  const comm = process === undefined ? '' : ` (${nameText(process.comm)})`;
  return `pid ${String(pid)}${comm}${container === undefined ? '' : ` of ${containerText(containerId(container))}`}`;
}

/** Processes are sorted by pid. */
function findProcess(tasks: TasksFacet, pid: number): ProcessFacts | undefined {
  const { processes } = tasks;
  let low = 0;
  let high = processes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((processes[middle]?.pid ?? 0) < pid) low = middle + 1;
    else high = middle;
  }
  return processes[low]?.pid === pid ? processes[low] : undefined;
}

function mountNamespaceText(inum: number, around: Surroundings): string {
  const ns = around.namespaces.get({ type: 'mnt', inum });
  const text = refText({ type: 'mnt', inum });
  if (ns === undefined) return text;
  if (ns.facts.initial === true) return `${text} (the initial one)`;
  return ns.leader === null ? `${text} (no task is in it)` : `${text} (of ${processText(ns.leader.pid, around)})`;
}
