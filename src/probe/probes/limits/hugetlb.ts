/**
 * A limit of huge pages: files of one page each, on a file system made of them. fallocate(2) takes the page at once, and
 * fails where the cgroup may have no more (`hugetlbfs_fallocate` in fs/hugetlbfs/inode.c; a page fault gives SIGBUS).
 */
import { spawnSync } from 'node:child_process';

import { NsinspectError } from '../../../text/error.ts';
import type { LaunchSpec } from '../../launch/launcher.ts';
import { versionOf } from '../../launch/root.ts';
import { undoAtEnd } from '../../live.ts';
import { newMark } from '../../mark.ts';
import { makeMarked, removeMarked, stateRoot } from '../../state.ts';
import { keyedOf, numberOf } from '../counters.ts';
import { atGate, invariant, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { freeHugePages, lackOfMachine } from './own-machine.ts';
import { readBack, readBackOf } from './read-back.ts';

const PAGE = 2 << 20;
const MOST = 2;
const ATTEMPTS = 2 * MOST;

const SCRIPT = `n=0; while [ $n -lt ${ATTEMPTS} ] && fallocate --length ${PAGE} /huge/$n; do n=$((n + 1)); done; echo "pages $n"; read -r word`;

interface Version {
  readonly version: 1 | 2;
  readonly limit: string;
  readonly usage: string;
}

const VERSIONS: readonly Version[] = [
  { version: 1, limit: 'hugetlb.2MB.limit_in_bytes', usage: 'hugetlb.2MB.usage_in_bytes' },
  { version: 2, limit: 'hugetlb.2MB.max', usage: 'hugetlb.2MB.current' },
];

async function run(context: ProbeContext, { version, limit, usage }: Version): Promise<Trial> {
  const lack = lackOf(context);
  if (lack !== null) return await readBack(context, readBackOf('hugetlb', limit, MOST * PAGE, lack));
  const settings = [{ controller: 'hugetlb', file: limit, value: String(MOST * PAGE) }];
  return await mounted(async (source) => {
    const binds = [{ source, target: '/huge', writable: true }];
    const spec: LaunchSpec = { name: 'hugetlb', script: SCRIPT, settings, binds };
    return await atGate(context, spec, async (probe) => {
      const refusals = () =>
        version === 1
          ? numberOf(probe, 'hugetlb', 'hugetlb.2MB.failcnt')
          : keyedOf(probe, 'hugetlb', 'hugetlb.2MB.events', 'max');
      const before = refusals();
      probe.go();
      await probe.said('pages ');
      const held = numberOf(probe, 'hugetlb', usage);
      const refused = refusals() - before;
      probe.write('enough\n');
      const { output, errors } = await probe.wait();
      const pages = Number(/^pages (\d+)$/m.exec(output)?.[1]);
      const message = errors.trim().split('\n').at(-1) ?? '';
      return {
        set: settingsOf(spec),
        invariants: [
          invariant('exact-pages', `pages = ${limit} / 2 MiB`, pages === MOST, `${pages} pages; limit ${MOST}`),
          invariant(
            'refused',
            'then fallocate fails with ENOSPC',
            message.includes('No space left on device'),
            message || 'it did not fail',
          ),
          invariant('charged', `${usage} is what they take`, held === MOST * PAGE, `${held} bytes`),
          invariant('counted', `${version === 1 ? 'failcnt' : 'max of events'} +1`, refused === 1, `+${refused}`),
        ],
        measures: [],
      };
    });
  });
}

/** Uses a file system of huge pages, mounted in a directory of the probe's own. */
async function mounted<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = makeMarked(stateRoot(), newMark());
  const remove = () => removeMarked(directory);
  const forget = undoAtEnd(remove);
  try {
    const size = `size=${ATTEMPTS * PAGE}`;
    const { status, stderr } = spawnSync('mount', ['-t', 'hugetlbfs', '-o', `pagesize=2M,${size}`, 'none', directory], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (status !== 0) throw new NsinspectError(`hugetlbfs: ${stderr.trim()}`, { code: 'probe-failed' });
    return await use(directory);
  } finally {
    remove();
    forget();
  }
}

function lackOf(context: ProbeContext): string | null {
  const free = freeHugePages();
  if (free < ATTEMPTS) return `${free} huge pages of 2 MiB are free (vm.nr_hugepages); it takes ${ATTEMPTS}`;
  if (process.geteuid?.() !== 0) return 'hugetlbfs is for root to mount';
  return versionOf('fallocate') === null
    ? 'fallocate of util-linux is not installed'
    : lackOfMachine(context, 'it takes huge pages');
}

/** One probe a version. */
export const HUGETLB: readonly ProbeDefinition[] = VERSIONS.map((one) => ({
  id: `limits/hugetlb/v${one.version}`,
  suite: 'limits',
  title: 'A limit of huge pages: exactly as many, then ENOSPC',
  subject: 'hugetlb',
  needs: [[{ controller: 'hugetlb', version: one.version, file: one.limit }]],
  rounds: 'first',
  quick: true,
  run: (context) => run(context, one),
}));
