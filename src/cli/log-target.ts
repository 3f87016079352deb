/** Whose life `log` tells: found in the newest snapshot that has it, and found again in others. */
import { cgroupKey } from '../model/cgroup-key.ts';
import { containersOf } from '../model/containers.ts';
import type { Container } from '../model/containers.ts';
import { namespacesOf } from '../model/namespaces.ts';
import { describeTarget, resolveTarget } from '../model/targets.ts';
import type { Target } from '../model/targets.ts';
import type { Capture } from '../schema/capture.ts';
import type { DiffChange } from '../schema/diff-document.ts';
import type { LogDocument } from '../schema/history.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { ProcessFacts } from '../schema/tasks.ts';
import { nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { refText } from '../text/ns-ref.ts';

/** What is followed through the history. */
export interface LogSubject {
  readonly target: LogDocument['target'];
  /** Whether a capture has it. */
  readonly isIn: (capture: Capture) => boolean;
  readonly isAbout: (change: DiffChange) => boolean;
  /** Whether a change is its own beginning, end or the like, which is told however common it is. */
  readonly isItself: (change: DiffChange) => boolean;
  /** Texts of which one stands in every fact that may tell of it, as far as this capture knows. */
  readonly needles: (capture: Capture) => readonly string[];
  /** Keys of its cgroups in a capture, for its numbers. */
  readonly cgroups: (capture: Capture) => readonly string[];
}

/** Of that many processes of a container each is looked for by itself. */
const MOST_PIDS = 256;

/** What `text` names in this capture; a NsinspectError where it names nothing in it, or nothing that has a life of its own. */
export function subjectIn(text: string, capture: Capture): LogSubject {
  const { tasks, namespaces, mounts } = capture;
  if (tasks === undefined) throw new NsinspectError('the snapshot has no tasks', { code: 'not-collected' });
  const keyed = cgroupsWhere(capture, (key, path) => key === text || path === pathOf(text));
  if (keyed.length > 0) return cgroupSubject(text, capture, keyed);
  const { containers } = containersOf(tasks, capture.engines, capture.host);
  const target = resolveTarget(text, {
    tasks,
    containers,
    ...(namespaces && { namespaces: namespacesOf(tasks, namespaces) }),
    ...(mounts && { mounts }),
  });
  return subjectOf(target, capture);
}

function subjectOf(target: Target, capture: Capture): LogSubject {
  const text = describeTarget(target);
  switch (target.kind) {
    case 'container':
      return containerSubject(target.container, text);
    case 'process':
      return processSubject(target.process, text);
    case 'cgroup':
      return cgroupSubject(
        text,
        capture,
        cgroupsWhere(capture, (_, path) => path === target.path),
        target.path,
      );
    case 'namespace': {
      const { facts } = target.namespace;
      const key = refText(facts);
      return {
        target: { kind: 'namespace', key, text },
        isIn: ({ namespaces }) => namespaces?.namespaces.some((one) => refText(one) === key) === true,
        isAbout: ({ subject, from, to }) =>
          (subject.type === 'namespace' && subject.key === key) || [from, to].some((side) => side === key),
        isItself: ({ subject, field }) => subject.type === 'namespace' && subject.key === key && field === null,
        needles: () => [String(facts.inum)],
        cgroups: () => [],
      };
    }
    case 'mount':
      throw new NsinspectError(`${text} has no life of its own here`, {
        code: 'no-life',
        hint: 'Name a container, a process, a namespace or a cgroup.',
      });
  }
}

function containerSubject({ key, engine, id, name }: Container, text: string): LogSubject {
  const inCapture = ({ tasks, engines, host }: Capture): Container | undefined =>
    tasks === undefined ? undefined : containersOf(tasks, engines, host).containers.find((one) => one.key === key);
  return {
    target: { kind: 'container', key, text },
    isIn: (capture) => inCapture(capture) !== undefined,
    isAbout: ({ subject, container }) =>
      (subject.type === 'container' && subject.key === key) || (container?.engine === engine && container.id === id),
    isItself: ({ subject, field }) => subject.type === 'container' && subject.key === key && field === null,
    needles: (capture) => {
      const found = inCapture(capture);
      const own = name === null ? [id] : [id, nameText(name)];
      return found === undefined ? own : [...own, ...needlesOf(found, capture)];
    },
    cgroups: (capture) => {
      const leader = inCapture(capture)?.leader;
      const process = capture.tasks?.processes.find(({ pid }) => pid === leader);
      return process === undefined ? [] : cgroupsOfProcess(process, capture);
    },
  };
}

/** Its processes, its mount tables and its namespaces, where they are not also those of the host's first process. */
function needlesOf({ pids, leader }: Container, { tasks }: Capture): string[] {
  const processes = tasks?.processes ?? [];
  const members = new Set(pids.slice(0, MOST_PIDS));
  const first = processes.find(({ pid }) => pid === 1);
  const ns = processes.find(({ pid }) => pid === leader)?.ns ?? [];
  const own = NS_TYPES.flatMap((_, i) => (ns[i] === first?.ns[i] ? [] : [ns[i]]));
  return [
    ...processes.filter(({ pid }) => members.has(pid)).map(({ pid, start }) => `${pid}:${start}`),
    // As `unshare` in one of its processes shows: a task that joins it has one of them.
    ...own.filter((inum) => typeof inum === 'number').map(String),
  ];
}

function processSubject({ pid, start }: ProcessFacts, text: string): LogSubject {
  const key = `${pid}:${start}`;
  const inCapture = ({ tasks }: Capture): ProcessFacts | undefined =>
    tasks?.processes.find((one) => one.pid === pid && one.start === start);
  return {
    target: { kind: 'process', key, text },
    isIn: (capture) => inCapture(capture) !== undefined,
    isAbout: ({ subject }) => subject.type === 'task' && subject.key === key,
    isItself: ({ subject, field }) => subject.type === 'task' && subject.key === key && field === null,
    needles: () => [key],
    cgroups: (capture) => {
      const process = inCapture(capture);
      return process === undefined ? [] : cgroupsOfProcess(process, capture);
    },
  };
}

function cgroupSubject(text: string, capture: Capture, keys: readonly string[], at?: string): LogSubject {
  const path = at ?? cgroupPath(capture, keys[0] ?? '') ?? text;
  const ours = new Set(keys);
  return {
    target: { kind: 'cgroup', key: keys[0] ?? path, text: text === path ? `cgroup ${path}` : text },
    isIn: (other) => cgroupsWhere(other, (key) => ours.has(key)).length > 0,
    isAbout: ({ subject, from, to }) =>
      (subject.type === 'cgroup' && (ours.has(subject.key) || nameText(subject.name) === path)) ||
      [from, to].some((side) => side !== null && nameText(side) === path),
    isItself: ({ subject, field }) => subject.type === 'cgroup' && ours.has(subject.key) && field === null,
    needles: () => [JSON.stringify(path)],
    cgroups: () => [...ours],
  };
}

function pathOf(text: string): string {
  return text.length > 1 ? text.replace(/\/+$/, '') : text;
}

function cgroupPath(capture: Capture, wanted: string): string | undefined {
  let found: string | undefined;
  cgroupsWhere(capture, (key, path) => {
    if (key === wanted) found = path;
    return false;
  });
  return found;
}

function cgroupsWhere({ cgroups }: Capture, wanted: (key: string, path: string) => boolean): string[] {
  const hierarchies = new Map(cgroups?.hierarchies.map((one) => [one.id, one]));
  return (cgroups?.cgroups ?? []).flatMap((cgroup) => {
    const hierarchy = hierarchies.get(cgroup.hierarchy);
    if (hierarchy === undefined) return [];
    const key = cgroupKey(hierarchy, cgroup);
    return wanted(key, nameText(cgroup.path)) ? [key] : [];
  });
}

function cgroupsOfProcess({ cgroup }: ProcessFacts, capture: Capture): string[] {
  const lines = cgroup === null ? [] : (capture.tasks?.cgroups[cgroup] ?? []);
  const paths = new Map(lines.map(({ hierarchy, path }) => [hierarchy, nameText(path)]));
  const hierarchies = new Map(capture.cgroups?.hierarchies.map((one) => [one.id, one]));
  return (capture.cgroups?.cgroups ?? []).flatMap((one) => {
    const hierarchy = hierarchies.get(one.hierarchy);
    return hierarchy !== undefined && paths.get(one.hierarchy) === nameText(one.path)
      ? [cgroupKey(hierarchy, one)]
      : [];
  });
}
