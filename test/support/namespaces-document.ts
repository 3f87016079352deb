/** The contract of `ls --json`, `nsinspect/namespaces/1`, written down once more so that a change of it is noticed. */
import type { Name } from '../../src/schema/name.ts';
import { HOLDER_KINDS, NS_TYPES, type HolderKind, type NsType } from '../../src/schema/namespace.ts';

/** One member of a holder's sample. */
export interface Sample {
  readonly pid?: number;
  readonly tid?: number;
  readonly fd?: number;
  readonly mntns?: number;
  readonly path?: Name;
  readonly type?: NsType;
  readonly inum?: number;
}

/** One namespace. */
export interface Row {
  readonly type: NsType;
  readonly inum: number;
  readonly id?: string | null;
  readonly initial?: boolean;
  readonly parent?: number | null;
  readonly owner?: number | null;
  readonly ownerUid?: number | null;
  readonly unknown?: Readonly<Record<string, string>>;
  readonly processes: number;
  readonly tasks: number;
  readonly leader: { readonly pid: number; readonly comm: Name } | null;
  readonly container: unknown;
  readonly holders: readonly {
    readonly kind: HolderKind;
    readonly count: number;
    readonly sample: readonly Sample[];
  }[];
}

/** What `ls --json` prints. */
export interface NamespacesDocument {
  readonly schema: string;
  readonly host: { readonly bootId: string | null; readonly hostname: Name; readonly kernel: string };
  readonly coverage: {
    readonly processes: number;
    readonly tasks: number;
    readonly vanished: number;
    readonly denied: number;
    readonly notes: readonly string[];
  };
  readonly namespaces: readonly Row[];
}

/** What names a sample of each kind. */
const SAMPLE_MEMBERS: Readonly<Record<HolderKind, readonly string[]>> = {
  process: ['pid'],
  thread: ['pid', 'tid'],
  'for-children': ['pid', 'tid'],
  fd: ['pid', 'tid', 'fd'],
  socket: ['pid', 'fd'],
  mount: ['mntns', 'path'],
  child: ['inum'],
  owned: ['type', 'inum'],
  unseen: [],
};

const OUTCOMES = ['absent', 'unsupported', 'denied', 'malformed', 'not collected'];
const FACTS = ['id', 'initial', 'parent', 'owner', 'ownerUid'];
const ALWAYS = ['type', 'inum', 'processes', 'tasks', 'leader', 'container', 'holders'];

/** The most that a sample holds. */
const SAMPLE_SIZE = 8;

/**
 * Checks that a document is what the contract says, and that what it says of one namespace fits the others. `isWhole`: all
 * processes of the kernel can be seen, so that something must hold each namespace.
 */
export function checkDocument(document: NamespacesDocument, isWhole = true): void {
  const { schema, host, coverage, namespaces } = document;
  const { processes, tasks, vanished, denied, notes } = coverage;
  const keys = namespaces.map(rowKey);
  const known = new Set(keys);
  const problems: string[] = [];
  if (schema !== 'nsinspect/namespaces/1') problems.push(`schema ${schema}`);
  for (const name of ['bootId', 'hostname', 'kernel']) if (!(name in host)) problems.push(`no host.${name}`);
  if ([processes, tasks, vanished, denied].some((count) => !(count >= 0))) problems.push('counts of the coverage');
  if (tasks < processes) problems.push('fewer tasks than processes');
  if (notes.some((note) => typeof note !== 'string')) problems.push('notes');
  if (known.size !== keys.length) problems.push('a namespace has two rows');
  if (problems.length > 0)
    throw new Error(`${problems.join(', ')}: ${JSON.stringify({ ...document, namespaces: [] })}`);
  for (const row of namespaces) checkRow(row, known);
  const free = isWhole ? namespaces.filter(({ holders }) => holders.length === 0) : [];
  if (free.length > 0) throw new Error(`nothing holds ${free.map(rowKey).join(', ')}`);
}

function checkRow(row: Row, known: ReadonlySet<string>): void {
  const problems: string[] = [];
  const demand = (holds: boolean, what: string): void => {
    if (!holds) problems.push(what);
  };
  const unknown = row.unknown ?? {};
  demand(NS_TYPES.includes(row.type), 'type');
  demand(Number.isInteger(row.inum) && row.inum > 0, 'inum');
  for (const name of ALWAYS) demand(name in row, `${name} is missing`);
  for (const name of FACTS) {
    demand(name in row !== name in unknown, `${name} is said ${name in row ? 'and' : 'neither'} unknown`);
  }
  for (const [name, outcome] of Object.entries(unknown)) {
    demand(FACTS.includes(name) && OUTCOMES.includes(outcome), `unknown.${name}: ${outcome}`);
  }
  demand(row.unknown === undefined || Object.keys(unknown).length > 0, 'unknown is empty');
  demand(isNone(row.id) || /^[0-9]+$/.test(row.id), 'id');
  demand(isNone(row.parent) || row.type === 'user' || row.type === 'pid', 'parent of another type');
  demand(isNone(row.parent) || known.has(`${row.type}:${row.parent}`), 'the parent has no row');
  demand(isNone(row.owner) || known.has(`user:${row.owner}`), 'the owner has no row');
  demand(isNone(row.ownerUid) || row.type === 'user', 'ownerUid of another type');
  demand(row.tasks >= row.processes && row.processes >= 0, 'counts');
  demand(row.leader === null || row.processes > 0, 'a leader without a process');
  for (const holder of row.holders) {
    demand(HOLDER_KINDS.includes(holder.kind), `kind ${holder.kind}`);
    demand(holder.sample.length === Math.min(holder.count, SAMPLE_SIZE), `${holder.kind}: size of the sample`);
    const members = SAMPLE_MEMBERS[holder.kind].toSorted().join();
    demand(
      holder.sample.every((sample) => Object.keys(sample).sort().join() === members),
      `${holder.kind}: members of the sample`,
    );
  }
  if (problems.length > 0) throw new Error(`${rowKey(row)}: ${problems.join(', ')}: ${JSON.stringify(row)}`);
}

/** There is none, or it is not known. */
function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** What names a namespace while it lives. */
export function rowKey({ type, inum }: { readonly type: string; readonly inum: number }): string {
  return `${type}:${inum}`;
}
