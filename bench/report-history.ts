/** What of the report is about the history. It stands by itself: it can be measured alone. */
import type { HistoryResults, HistorySize } from './history.ts';
import type { Measurement } from './measure.ts';
import { count, mb, ms, table, targetTable, type Target } from './table.ts';

const HEADING = '\n## History\n';

/** Tasks for which there is a target. */
const AIM = 5000;

/** The section; `machine` says what it was measured on. */
export function historySection({ rounds, sizes, list, record }: HistoryResults, machine: string): string {
  const share = record.cpuMs / 10 / record.seconds;
  return `${HEADING}
Captures of a host that the benchmark makes up (30 mounts and 8 namespaces a container): \`npm run bench -- --only history\` measures
this section alone. Times of single steps are those within a process, without its start; first and unchanged snapshots are
medians of ${rounds} processes. What storing takes includes what models derive for queries, and the transaction on disk. On ${machine}.

${targetTable([...sizeTargets(sizes), ...listTargets(list.listMs, share, record.every)])}

### Storing

A snapshot after which nothing has changed, by the process that has stored the one before (\`record\`) and by another one, which must
read what holds first (\`snapshot take\`); and where every cgroup has used CPU time and memory meanwhile.

${table(
  [
    'tasks / containers',
    'first',
    'its bytes',
    'unchanged',
    'its bytes',
    'by another',
    'all cgroups busy',
    'its samples',
  ],
  sizes.map((size) => [
    named(size),
    ms(size.firstMs),
    kb(size.firstBytes),
    ms(size.unchangedMs),
    kb(size.unchangedBytes + size.unchangedSampleBytes),
    ms(size.coldMs),
    ms(size.busyMs),
    kb(size.busySampleBytes),
  ]),
)}

### Many snapshots

Each with 1 % of the tasks changed (half of them another command, half another process) and a fifth of the cgroups used since the
one before; at ${count(sizes.at(-1)?.tasks ?? 0)} tasks fewer of them, as they take long to make. Beside it the same captures kept whole, each
in a file as \`gzip\` makes it, and each as a row of JSON in SQLite: of one capture in 25, multiplied.

${table(
  ['tasks / containers', 'snapshots', 'file', 'gzip', 'JSON rows', 'one more', 'gzip', 'JSON row'],
  sizes.map((size) => [
    named(size),
    count(size.snapshots),
    megabytes(size.fileBytes),
    megabytes(size.gzipBytes),
    megabytes(size.wholeBytes),
    ms(size.putMs),
    ms(size.gzipMs),
    ms(size.wholeMs),
  ]),
)}

### Looking back

At that file: any one of its snapshots as a capture, and any two compared; median and most of 21 draws.

${table(
  ['tasks / containers', 'as of', 'most', 'both sides', 'comparing', 'most', 'neighbours'],
  sizes.map((size) => [
    named(size),
    ms(size.asOfMs),
    ms(size.asOfMostMs),
    ms(size.readTwoMs),
    ms(size.compareMs),
    ms(size.compareMostMs),
    ms(size.compareNeighboursMs),
  ]),
)}

Commands on it, from start to end (medians of ${rounds} rounds):

${table(
  ['tasks', 'command', 'wall', 'CPU', 'memory'],
  sizes.flatMap(({ tasks, peers }) => peerRows(count(tasks), peers)),
)}

A list of ${count(list.snapshots)} snapshots takes ${ms(list.listMs)} within a process. The commands:

${table(['snapshots', 'command', 'wall', 'CPU', 'memory'], peerRows(count(list.snapshots), list.peers))}

### Recording

\`record --every ${record.every}\` on the machine as it is, for ${record.seconds} s: ${share.toFixed(2)} % of one CPU by the kernel's count, its start and end
included; ${(record.share * 100).toFixed(2)} % by its own count, the median pass of ${record.snapshots}.
`;
}

function sizeTargets(sizes: readonly HistorySize[]): Target[] {
  const aim = sizes.find(({ tasks }) => tasks === AIM);
  const at = `${count(AIM)} tasks`;
  return [
    [`first snapshot of ${at}`, aim?.firstMs ?? NaN, 150, ms],
    [`unchanged snapshot of ${at}`, aim?.unchangedMs ?? NaN, 40, ms],
    ['its bytes, without samples', aim?.unchangedBytes ?? NaN, 20 * 1024, kb],
    [`${count(aim?.snapshots ?? 0)} snapshots of ${at} with 1 % churn`, aim?.fileBytes ?? NaN, 60 * 2 ** 20, megabytes],
    ['comparing any two of them', aim?.compareMs ?? NaN, 100, ms],
  ];
}

function listTargets(listMs: number, share: number, every: string): Target[] {
  return [
    ['listing 10,000 snapshots', listMs, 100, ms],
    [`\`record --every ${every}\`, of one CPU`, share, 2, (value) => `${value.toFixed(2)} %`],
  ];
}

function named({ tasks, containers }: HistorySize): string {
  return `${count(tasks)} / ${count(containers)}`;
}

function peerRows(first: string, peers: ReadonlyMap<string, Measurement>): string[][] {
  return [...peers].map(([name, one]) => [first, `\`${name}\``, ms(one.wallMs), ms(one.cpuMs), mb(one.peakMb)]);
}

function kb(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

function megabytes(bytes: number): string {
  return mb(bytes / 2 ** 20);
}
