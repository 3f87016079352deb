/** Brings what a document says of a planted namespace, and what the kernel told of it, into one form to be compared. */
import type { NamespacesDocument, Row, Sample } from './namespaces-document.ts';
import type { PlantedHolder, PlantedNamespace } from './plant.ts';

/** What is said of a planted namespace, by `ls` or by the kernel. */
export interface Said {
  readonly facts: Pick<PlantedNamespace, 'type' | 'inum' | 'ownerUid' | 'processes' | 'tasks'>;
  /** What only an open nsfs file can tell. */
  readonly asked: Pick<Row, 'id' | 'parent' | 'owner' | 'initial'>;
  readonly unknown: Row['unknown'] | null;
  /** Whether the process that leads is one of those that the scenario put there; null: none does. */
  readonly isLedWell: boolean | null;
  readonly holders: readonly string[];
}

/** What a document says of a planted namespace. */
export function seen(document: NamespacesDocument, { type, inum, holders }: PlantedNamespace): Said {
  const row = document.namespaces.find((one) => one.type === type && one.inum === inum);
  if (row === undefined) throw new Error(`${type}:[${inum}] is not listed`);
  const { id, initial, parent, owner, ownerUid = null, unknown = null, processes, tasks, leader } = row;
  return {
    facts: { type, inum, ownerUid, processes, tasks },
    asked: { id, parent, owner, initial } as Said['asked'],
    unknown,
    isLedWell: leader === null ? null : holders.some(({ kind, pid }) => kind === 'process' && pid === leader.pid),
    holders: row.holders.flatMap(({ kind, sample }) => sample.map((one) => holderKey({ kind, ...one }))).sort(),
  };
}

/** What the kernel told of a planted namespace and what the scenario did to it. */
export function told({ type, inum, id, parent, owner, ownerUid, processes, tasks, holders }: PlantedNamespace): Said {
  return {
    facts: { type, inum, ownerUid, processes, tasks },
    asked: { id, parent, owner, initial: false },
    unknown: null,
    isLedWell: holders.some(({ kind }) => kind === 'process') ? true : null,
    holders: holders.map(holderKey).sort(),
  };
}

/** Everything that names a holder, in one line. */
function holderKey({
  kind,
  pid,
  tid,
  fd,
  mntns,
  path,
  type,
  inum,
}: PlantedHolder | (Sample & Pick<PlantedHolder, 'kind'>)): string {
  const bytes = path === undefined ? undefined : typeof path === 'string' ? path : { base64: path.base64 };
  return JSON.stringify({ kind, pid, tid, fd, mntns, path: bytes, type, inum });
}
