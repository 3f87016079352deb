/** The rows of the isolation matrix: each container with whose namespaces it is in, its limits and its rights at a glance. */
import type { Container } from '../../../src/model/containers.ts';
import { isolationOf } from '../../../src/model/isolation.ts';
import type { Isolation, Keeping } from '../../../src/model/isolation.ts';
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { NsType } from '../../../src/schema/namespace.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { refKey } from '../../../src/text/ns-ref.ts';
import { byText } from '../../../src/text/order.ts';
import { containerLabel, processLabel, someOf } from '../names.ts';
import type { World } from '../world.ts';
import { glancesOf } from './glance.ts';
import type { Glance } from './glance.ts';
import { rightsOf } from './rights.ts';
import type { Rights } from './rights.ts';

/** Those who share a namespace. */
export interface Group {
  /** `A`, `B` … `Z`, `AA`: the same wherever the same ones share. */
  readonly letter: string;
  /** Who, in words: a pod, or names. */
  readonly text: string;
  readonly containers: readonly Container[];
  /** The containers among them in words, and the processes of none; null: there are none. */
  readonly inside: string;
  readonly outside: string | null;
  /** Processes that are of no container share them, too, in a type that engines set apart: no better than the host's. */
  readonly isOutside: boolean;
  /** The namespaces that they share. */
  readonly namespaces: readonly { readonly type: NsType; readonly inum: number }[];
}

/** A row of the matrix. */
export interface Row {
  readonly container: Container;
  readonly label: string;
  readonly isolation: Isolation;
  /** Memory, CPU time and tasks; null where the capture lacks what they are told from. */
  readonly limits: readonly Glance[] | null;
  readonly rights: Rights;
}

/** The matrix. */
export interface Matrix {
  readonly rows: readonly Row[];
  /** By letter. */
  readonly groups: readonly Group[];
  readonly groupOf: (keeping: Keeping) => Group | undefined;
  /** Why no limit of any container is known; null where one is. */
  readonly limitsUnknown: string | null;
  /** The host's own namespaces, in the order of {@link NS_TYPES}; null where it is not known which. */
  readonly host: readonly (number | null)[];
  /** Whether a namespace that is the host's stands out: another type is commonly left to the host, and most do. */
  readonly isLoud: (type: NsType) => boolean;
}

/** Types that an engine sets apart unless told otherwise: sharing one with the host is somebody's choice. */
export const USUALLY_OWN: ReadonlySet<NsType> = new Set(['mnt', 'pid', 'net', 'ipc', 'uts']);

/** Builds the matrix. Rows are in the order of their labels, which begin with the engine. */
export function matrixOf(world: World): Matrix {
  const { namespaces, tasks } = world;
  const rights = rightsOf(tasks);
  const isolations = isolationOf(world.joined, tasks, namespaces);
  const glances = isolations.map(({ container }) => glancesOf(container, world));
  // Columns of nothing but question marks tell less than a sentence.
  const isAnyKnown = glances.some((some) => some?.some(({ mark }) => mark !== 'unknown'));
  const all = isolations.map((isolation, i): Row => ({
    container: isolation.container,
    label: containerLabel(isolation.container),
    isolation,
    limits: isAnyKnown ? (glances[i] ?? null) : null,
    rights: rights(isolation.leader),
  }));
  const rows = all.sort((a, b) => byText(a.label, b.label) || byText(a.container.key, b.container.key));
  const groups = groupsOf(rows);
  const loud = new Set(NS_TYPES.filter((type) => USUALLY_OWN.has(type) || !isCommon(rows, type)));
  return {
    rows,
    groups: [...new Set(groups.values())],
    limitsUnknown: isAnyKnown ? null : whyNot(glances),
    groupOf: ({ type, inum }) => (inum === null ? undefined : groups.get(refKey({ type, inum }))),
    host: NS_TYPES.map((type) => namespaces.initial(type)?.facts.inum ?? null),
    isLoud: (type) => loud.has(type),
  };
}

function whyNot(glances: readonly (readonly Glance[] | null)[]): string {
  const notes = glances.flatMap((some) => some?.flatMap(({ note }) => note ?? []) ?? []);
  return [...new Set(notes)].sort().join('; ') || 'this capture was taken without cgroups and limits';
}

/** Whether most containers share the host's. */
function isCommon(rows: readonly Row[], type: NsType): boolean {
  const keepings = rows.flatMap(({ isolation }) => isolation.keepings.filter((one) => one.type === type));
  return keepings.filter(({ standing }) => standing === 'host').length * 2 > keepings.length;
}

/** The groups by namespace. One group is those who share, whatever they share. */
function groupsOf(rows: readonly Row[]): Map<number, Group> {
  interface Growing extends Group {
    isOutside: boolean;
    readonly namespaces: { type: NsType; inum: number }[];
  }
  const labels = new Map(rows.map(({ container, label }) => [container, label]));
  const byMembers = new Map<string, Growing>();
  const byNamespace = new Map<number, Growing>();
  for (const { container, isolation } of rows) {
    for (const { type, inum, standing, peers, outsiders } of isolation.keepings) {
      if (standing !== 'shared' || inum === null || byNamespace.has(refKey({ type, inum }))) continue;
      const members = [container, ...peers].sort((a, b) => byText(labels.get(a) ?? '', labels.get(b) ?? ''));
      const key = JSON.stringify([members.map((member) => member.key), outsiders.map(({ pid }) => pid)]);
      let group = byMembers.get(key);
      if (group === undefined) {
        const inside = membersText(members, labels);
        const names = someOf(outsiders.map(processLabel));
        const outside = outsiders.length === 0 ? null : `processes outside of containers (${names})`;
        const text = outside === null ? inside : `${inside}, with ${outside}`;
        const letter = letterOf(byMembers.size);
        group = { letter, text, inside, outside, containers: members, isOutside: false, namespaces: [] };
        byMembers.set(key, group);
      }
      group.namespaces.push({ type, inum });
      if (outsiders.length > 0 && USUALLY_OWN.has(type)) group.isOutside = true;
      byNamespace.set(refKey({ type, inum }), group);
    }
  }
  return byNamespace;
}

function membersText(members: readonly Container[], labels: ReadonlyMap<Container, string>): string {
  const pod = podOf(members);
  return pod === null ? someOf(members.map((member) => labels.get(member) ?? '')) : `pod ${pod}`;
}

/** The pod that all of these are of. */
export function podOf(members: readonly Container[]): string | null {
  const pods = new Set(
    members.map(({ pod }) => (pod === null ? null : `${nameText(pod.namespace)}/${nameText(pod.name)}`)),
  );
  const [pod = null] = pods;
  return pods.size === 1 && members.length > 1 ? pod : null;
}

/** `A` to `Z`, then `AA` … */
export function letterOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : letterOf(Math.floor(index / 26) - 1) + letter;
}
