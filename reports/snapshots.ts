/** The history: its snapshots as documents, tables and lines. */
import type { Capture } from '../src/schema/capture.ts';
import type {
  SnapshotDocument,
  SnapshotInfo,
  SnapshotRow,
  SnapshotsPrunedDocument,
  SnapshotTakenDocument,
} from '../src/schema/history.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatLocalTime } from '../src/text/time.ts';
import { formatAge, formatBytes, formatCount, formatPlural } from '../src/text/units.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

/** A snapshot as documents have it. */
export function snapshotRow({ factBytes, sampleBytes, ...info }: SnapshotInfo): SnapshotRow {
  return { ...info, factBytes: String(factBytes), sampleBytes: String(sampleBytes) };
}

/** The one line of `snapshot take`: what it is and what it cost. */
export function takenLine({ snapshot, containers, captureMs, storeMs }: SnapshotTakenDocument): string {
  const { id, host, processes, begun, ended, label } = snapshot;
  const of = host.hostname === undefined ? '' : ` of ${nameText(host.hostname)}`;
  const what = [
    processes === null ? null : formatPlural(processes, 'process', 'processes'),
    formatPlural(containers, 'container'),
    `+${formatCount(begun)} -${formatCount(ended)} facts`,
    `${formatBytes(bytesOf(snapshot))} in ${formatCount(captureMs + storeMs)} ms`,
  ].filter((part) => part !== null);
  return terminalSafe(`snapshot ${id}${of}${label === null ? '' : ` (${label})`}: ${what.join(', ')}`);
}

/** The table of `snapshot list`, newest last. `now`: milliseconds since the epoch. */
export function snapshotLines(rows: readonly SnapshotRow[], style: Style, now = Date.now()): string[] {
  const hosts = new Set(rows.map(({ host }) => (host.hostname === undefined ? '' : nameText(host.hostname))));
  const columns = COLUMNS.filter(({ name }) => {
    if (name === 'host') return hosts.size > 1;
    if (name === 'label') return rows.some(({ label }) => label !== null);
    return name !== 'notes' || rows.some((row) => notesOf(row) !== '');
  });
  return tableLines(
    rows.map((row) => ({ ...row, now })),
    columns,
    style,
  );
}

interface ListRow extends SnapshotRow {
  readonly now: number;
}

const COLUMNS: readonly Column<ListRow>[] = [
  {
    name: 'id',
    help: 'number in this file',
    align: 'right',
    text: ({ id }) => String(id),
    value: ({ id }) => id,
  },
  {
    name: 'takenAt',
    header: 'TAKEN',
    help: 'when the facts were collected',
    text: ({ takenAt }) => formatLocalTime(takenAt),
    value: ({ takenAt }) => takenAt,
  },
  {
    name: 'age',
    help: 'how long ago that was',
    align: 'right',
    text: ({ takenAt, now }) => formatAge((now - Date.parse(takenAt)) / 1_000),
    value: ({ takenAt }) => takenAt,
  },
  {
    name: 'host',
    help: 'name of the host',
    shrink: true,
    text: ({ host }) => (host.hostname === undefined ? '?' : nameText(host.hostname)),
    value: ({ host }) => host.hostname ?? null,
  },
  {
    name: 'processes',
    header: 'PROC',
    help: 'processes',
    align: 'right',
    text: ({ processes }) => (processes === null ? '' : formatCount(processes)),
    value: ({ processes }) => processes,
  },
  {
    name: 'tasks',
    help: 'threads of all processes',
    align: 'right',
    text: ({ tasks }) => (tasks === null ? '' : formatCount(tasks)),
    value: ({ tasks }) => tasks,
  },
  {
    name: 'begun',
    help: 'facts that were new',
    align: 'right',
    text: ({ begun }) => formatCount(begun),
    value: ({ begun }) => begun,
  },
  {
    name: 'ended',
    help: 'facts that no longer held',
    align: 'right',
    text: ({ ended }) => formatCount(ended),
    value: ({ ended }) => ended,
  },
  {
    name: 'bytes',
    help: 'what storing it wrote',
    align: 'right',
    text: (row) => formatBytes(bytesOf(row)),
    value: (row) => bytesOf(row),
  },
  {
    name: 'label',
    help: 'what its taker called it',
    shrink: true,
    text: ({ label }) => label ?? '',
    value: ({ label }) => label,
  },
  { name: 'notes', help: 'what it lacks', shrink: true, text: notesOf, value: notesOf },
];

/** What a snapshot wrote. */
function bytesOf({ factBytes, sampleBytes }: SnapshotRow): number {
  return Number(factBytes) + Number(sampleBytes);
}

function notesOf({ redacted, samples, source }: SnapshotRow): string {
  return [redacted ? 'redacted' : '', samples ? '' : 'no samples', source.kind === 'live' ? '' : source.kind]
    .filter((note) => note !== '')
    .join(', ');
}

/** How many things of each kind a capture has; what was not collected is not named. */
export function countsOf({
  tasks,
  namespaces,
  mounts,
  engines,
  cgroups,
  limits,
  layers,
}: Capture): Record<string, number> {
  return {
    ...(tasks && { processes: tasks.processes.length, tasks: tasks.coverage.tasks }),
    ...(namespaces && { namespaces: namespaces.namespaces.length }),
    ...(mounts && {
      mountNamespaces: mounts.tables.length,
      mounts: mounts.tables.reduce((sum, table) => sum + table.mounts.length, 0),
    }),
    ...(engines && { engineProcesses: engines.processes.length, engineContainers: engines.containers.length }),
    ...(cgroups && { hierarchies: cgroups.hierarchies.length, cgroups: cgroups.cgroups.length }),
    ...(limits && { processLimits: limits.processes.length }),
    ...(layers && {
      layerStores: layers.stores.length,
      layers: layers.stores.reduce((sum, store) => sum + store.layers.length, 0),
    }),
  };
}

const COUNT_WORDS: Readonly<Record<string, string>> = {
  processes: 'processes',
  tasks: 'tasks',
  namespaces: 'namespaces',
  mountNamespaces: 'mount namespaces with their tables',
  mounts: 'mounts',
  engineProcesses: 'processes of engines',
  engineContainers: 'containers that engines have a record of',
  hierarchies: 'hierarchies of cgroups',
  cgroups: 'cgroups',
  processLimits: 'processes with limits of their own',
  layerStores: 'stores of layers',
  layers: 'layers',
};

/** What `snapshot show` prints. */
export function snapshotShowLines({ snapshot, counts }: SnapshotDocument, style: Style, now = Date.now()): string[] {
  const { id, host, takenAt, storedAt, label, facets, source, redacted, samples, begun, ended } = snapshot;
  const age = formatAge((now - Date.parse(takenAt)) / 1_000);
  const from =
    source.kind === 'host-root' ? `another root, ${source.root}` : source.kind === 'live' ? null : source.kind;
  const fields: readonly (readonly [string, string | null])[] = [
    ['host', host.hostname === undefined ? null : nameText(host.hostname)],
    ['kernel', host.kernel ?? null],
    ['boot', host.bootId ?? null],
    ['taken', `${formatLocalTime(takenAt)} (${age} ago)`],
    ['stored', formatLocalTime(storedAt)],
    ['from', from],
    ['label', label],
    ['facets', facets.join(', ')],
    [
      'wrote',
      `${formatBytes(Number(snapshot.factBytes))} of facts, ${formatBytes(Number(snapshot.sampleBytes))} of samples`,
    ],
    ['facts', `${formatCount(begun)} begun, ${formatCount(ended)} ended`],
    [
      'lacks',
      [redacted ? 'command lines and labels (redacted)' : '', samples ? '' : 'samples (pruned)']
        .filter(Boolean)
        .join(', ') || null,
    ],
  ];
  const width = Math.max(...Object.values(counts).map((count) => formatCount(count).length), 1);
  return [
    style.bold(`snapshot ${id}`),
    ...fields.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(7)} ${terminalSafe(value)}`])),
    '',
    ...Object.entries(counts).map(
      ([kind, count]) => `${formatCount(count).padStart(width)} ${COUNT_WORDS[kind] ?? terminalSafe(kind)}`,
    ),
  ];
}

/** What `snapshot prune` prints. */
export function prunedLines(document: SnapshotsPrunedDocument, style: Style): string[] {
  const { dryRun, removed, kept, samplesDropped, runsRemoved, bytesBefore, bytesAfter } = document;
  const [would, verb] = dryRun ? ['would ', ''] : ['', 'd'];
  const left = formatPlural(kept, 'snapshot');
  const what = [
    removed.length === 0
      ? null
      : `${would}remove${verb} ${formatPlural(removed.length, 'snapshot')} (${rangesText(removed.map(({ id }) => id))})`,
    samplesDropped === 0
      ? null
      : `${would}drop${dryRun ? '' : 'ped'} the samples of ${formatPlural(samplesDropped, 'snapshot')}`,
    runsRemoved.length === 0
      ? null
      : `${would}remove${verb} ${formatPlural(runsRemoved.length, 'run')} of benchmarks (${rangesText(runsRemoved)})`,
  ].filter((part) => part !== null);
  if (what.length === 0) return [`nothing to remove: ${left} kept`];
  const freed = Number(bytesBefore) - Number(bytesAfter);
  const size = dryRun
    ? `the file has ${formatBytes(Number(bytesBefore))}`
    : `the file gave back ${formatBytes(freed)} and has ${formatBytes(Number(bytesAfter))}`;
  return [`${style.bold(what.join(', '))}; ${left} kept, ${size}`];
}

/** Ids, ascending, as ranges: `1-12, 15`. At most eight of them. */
function rangesText(ids: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const id of ids) {
    const last = ranges.at(-1);
    if (last?.[1] === id - 1) last[1] = id;
    else ranges.push([id, id]);
  }
  const texts = ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
  return texts.length > 8 ? `${texts.slice(0, 7).join(', ')} and others` : texts.join(', ');
}
