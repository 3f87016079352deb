import { string } from '@oclif/core/args';
import { integer, string as text } from '@oclif/core/flags';

import { momentArguments } from '../../src/cli/arguments.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { dbFlag, withHistory } from '../../src/cli/history.ts';
import { SnapshotCommand } from '../../src/cli/snapshot-command.ts';
import { BENCH_HISTORY_SCHEMA, type BenchHistoryDocument } from '../../src/schema/bench-history.ts';

export default class BenchHistory extends SnapshotCommand {
  static override summary = 'Show the runs of the history, and since when a limit does not hold or a metric is worse.';
  static override description =
    'Each run is judged as bench gate --history judges it: by the runs before it, until a change, and by those of the same kernel, cgroup mode and CPU; only the first run of another machine is held against the last one of the machine before. What was new in a run (kernel, CPU, a runtime) is said below it.';
  static override examples = [
    '<%= config.bin %> bench history',
    { description: 'one probe, or metrics of one name', command: '<%= config.bin %> bench history cpu-quota' },
    { description: 'the last week', command: '<%= config.bin %> bench history --since -7d' },
    { description: 'out of the artefacts of CI jobs', command: '<%= config.bin %> bench import run-*.json' },
  ];
  // As many names as there are; oclif's parser has no list of arguments.
  static override strict = false;
  static override args = {
    name: string({
      description:
        'Probes by id, or by its first words (cpu-quota), or metrics by a part of their name. All unless named.',
    }),
  };
  static override flags = {
    limit: integer({ char: 'n', min: 1, default: 30, helpValue: 'N', summary: 'Only the newest N runs.' }),
    since: text({
      helpValue: 'MOMENT',
      summary: "Only runs from then on: a run's number, -7d, @2026-03-01; web1@2026-03-01: and of the host web1.",
    }),
    host: text({ helpValue: 'NAME', summary: 'Only runs of this host.' }),
    db: dbFlag,
    ...outputFlags,
  };

  async run(): Promise<BenchHistoryDocument> {
    const { argv, flags } = await this.parse(BenchHistory, momentArguments(this.argv));
    const [{ historyOf }, { benchHistoryLines }, { makeStyle }] = await Promise.all([
      import('../../src/cli/bench-history.ts'),
      import('../../reports/bench-history-text.ts'),
      import('../../reports/style.ts'),
    ]);
    const names = argv as readonly string[];
    const { since, limit, host } = flags;
    const document = await withHistory(flags.db, 'read', (store): BenchHistoryDocument => ({
      ...this.head(BENCH_HISTORY_SCHEMA, flags.db),
      ...historyOf(store, { names, since, limit, host }),
    }));
    this.print(benchHistoryLines(document, makeStyle(outputStyle(flags))));
    return document;
  }
}
