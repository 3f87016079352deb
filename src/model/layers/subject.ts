/** Whose layers are asked for, and their lineage. */
import type { LayersFacet } from '../../schema/layers.ts';
import type { MountFacts, MountsFacet, MountTable } from '../../schema/mounts.ts';
import type { ProcessFacts, TasksFacet } from '../../schema/tasks.ts';
import { nameText } from '../../text/bytes.ts';
import { NsinspectError } from '../../text/error.ts';
import type { Container } from '../containers.ts';
import { describeTarget } from '../targets.ts';
import type { Target } from '../targets.ts';
import { isFuseOverlay, recordOfFuse } from './fuse.ts';
import { engineOf, lineageOfMount, lineageOfRecord } from './lineage.ts';
import type { Lineage } from './lineage.ts';
import { rootOf, stackedFrom } from './root.ts';
import type { Stacked, TaskRoot } from './root.ts';
import { sightOf, UNSEEN } from './sight.ts';
import type { Sight } from './sight.ts';
import type { StackedContainer, Store } from './world.ts';

/** Everything that the layers of a target are told from. */
export interface LayersFacts {
  readonly tasks: TasksFacet;
  readonly mounts: MountsFacet;
  readonly layers: LayersFacet;
  readonly stores: readonly Store[];
  readonly containerOfPid: ReadonlyMap<number, Container>;
}

/** A target and what its root is made of. */
export interface LayersSubject {
  readonly kind: 'process' | 'container' | 'mount';
  readonly text: string;
  readonly pid: number | null;
  /** The running container that it is or belongs to. */
  readonly container: Container | null;
  readonly rootSetBy: TaskRoot['setBy'] | null;
  /** The mount that is its root; null where nothing is mounted or seen. */
  readonly mount: MountFacts | null;
  readonly stacked: Stacked | null;
  readonly table: MountTable | null;
  readonly sight: Sight;
  readonly lineage: Lineage;
}

/** The subject of a target. Throws a NsinspectError for what has no root, a cgroup or a namespace. */
export function layersSubject(target: Target, facts: LayersFacts): LayersSubject {
  const text = describeTarget(target);
  switch (target.kind) {
    case 'container':
    case 'process': {
      const pid = target.kind === 'process' ? target.process.pid : target.container.leader;
      const process = facts.tasks.processes.find((one) => one.pid === pid);
      if (process === undefined) throw new NsinspectError(`${text} has ended`, { code: 'no-such-target' });
      const container = target.kind === 'container' ? target.container : (facts.containerOfPid.get(pid) ?? null);
      return ofProcess(process, { kind: target.kind, text, container }, facts);
    }
    case 'mount': {
      const stacked = stackedFrom(target.mount, facts.mounts, facts.layers);
      const { mount } = target;
      const sight = sightOf(mount, null, facts);
      const lineage = placed(lineageOf(mount, stacked, facts, null), mount, sight);
      const nobody = { pid: null, container: null, rootSetBy: null, table: null };
      return { kind: 'mount', text, ...nobody, mount, stacked, sight, lineage };
    }
    case 'namespace':
    case 'cgroup':
      throw new NsinspectError(`${text} has no layers`, {
        code: 'no-layers',
        hint: 'Name a process, a container, or the path of a mount.',
      });
  }
}

function ofProcess(
  process: ProcessFacts,
  named: Pick<LayersSubject, 'kind' | 'text' | 'container'>,
  facts: LayersFacts,
): LayersSubject {
  const { setBy, mount, table } = rootOf(process, facts.tasks, facts.mounts);
  const stacked = mount === null ? null : stackedFrom(mount, facts.mounts, facts.layers);
  const sight = mount === null ? UNSEEN : sightOf(mount, process.pid, facts);
  const lineage = placed(lineageOf(mount, stacked, facts, named.container), mount, sight);
  return { ...named, pid: process.pid, rootSetBy: setBy, mount, stacked, table, sight, lineage };
}

/** With a note where nothing but the mount's options says which directories they are, and those are not known to be meant on the host. */
function placed(lineage: Lineage, mount: MountFacts | null, { isOnHost }: Sight): Lineage {
  const top = lineage.layers.at(-1);
  const isCertain = mount?.fsType !== 'overlay' || isOnHost || top?.stored !== null;
  return isCertain ? lineage : { ...lineage, notes: [...lineage.notes, ELSEWHERE] };
}

const ELSEWHERE =
  "its directories are named as whoever mounted it saw them, and it is not seen mounted on the host: the host's own of the same names may be others";

function lineageOf(
  mount: MountFacts | null,
  stacked: Stacked | null,
  facts: LayersFacts,
  container: Container | null,
): Lineage {
  const stores = believedFor(container, facts);
  if (stacked !== null) return lineageOfMount(stacked, stores, container?.id ?? null);
  const none = { store: null, container: null, image: null, candidates: [], layers: [], history: [] };
  if (mount === null || !isFuseOverlay(mount)) return { ...none, notes: ['its root is no stack of layers'] };
  const record = recordOfFuse(mount, facts.mounts, stores);
  if (record === null) return { ...none, notes: [NOT_TOLD] };
  const lineage = lineageOfRecord(record.store, record.container);
  return { ...lineage, notes: [BY_RECORD, ...lineage.notes] };
}

const NOT_TOLD =
  'its layers are not known: what fuse-overlayfs stacked it tells nobody, not the kernel either, and no record of an engine names this mount';

const BY_RECORD =
  "what fuse-overlayfs stacked it tells nobody, not the kernel either: these are the layers of the engine's record";

/**
 * Stores whose word counts for a container: those that were read with the eyes of processes beside it. An engine that runs
 * inside a container speaks for what is nested there, and for nothing else.
 */
function believedFor(container: Container | null, { stores, containerOfPid }: LayersFacts): Store[] {
  const around = container?.parent ?? null;
  return stores.filter((store) => (homeOf(store, containerOfPid)?.key ?? null) === around);
}

/** The container in which a store's engine runs; null: none. */
export function homeOf({ facts }: Store, containerOfPid: LayersFacts['containerOfPid']): Container | null {
  return facts.via === null ? null : (containerOfPid.get(facts.via) ?? null);
}

/**
 * The container of a store, running or not, that a text names as TARGETs do: by name, id or the beginning of the id, with or
 * without the engine before it. Null: none. Throws a NsinspectError where there are several.
 */
export function recordedSubject(text: string, { stores }: LayersFacts): LayersSubject | null {
  const [, prefix, rest] = /^([a-z-]+):(.+)$/s.exec(text) ?? [];
  const all = stores.flatMap((store) => store.containers.map((container) => ({ store, container })));
  const among = all.filter(({ container }) => prefix === undefined || container.facts.engine === prefix);
  const wanted = rest ?? text;
  const isNamed = ({ facts }: StackedContainer): boolean =>
    facts.id === wanted || (facts.name !== null && nameText(facts.name) === wanted);
  const named = among.filter(({ container }) => isNamed(container));
  const found =
    named.length > 0 || wanted.length < 2
      ? named
      : among.filter(({ container }) => container.facts.id.startsWith(wanted));
  const [one] = found;
  if (one === undefined) return null;
  if (found.length > 1) {
    const list = found.slice(0, 8).map(({ store, container }) => describe(store, container));
    throw new NsinspectError(`${text} is ambiguous: it may be ${list.join(', ')}`, { code: 'ambiguous-target' });
  }
  const lineage = lineageOfRecord(one.store, one.container);
  const nothing = {
    pid: null,
    container: null,
    rootSetBy: null,
    mount: null,
    stacked: null,
    table: null,
    sight: UNSEEN,
  };
  return { kind: 'container', text: describe(one.store, one.container), ...nothing, lineage };
}

function describe(store: Store, { facts: { id, name, namespace } }: StackedContainer): string {
  const engine = engineOf(store, namespace);
  return name === null ? `${engine}:${id}` : `${engine}:${nameText(name)} (${id.slice(0, 12)})`;
}
