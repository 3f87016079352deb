import { ExitCode } from '../../src/cli/exit-codes.ts';
import { dbFlag, withHistory } from '../../src/cli/history.ts';
import { SnapshotCommand } from '../../src/cli/snapshot-command.ts';
import type { SnapshotCheckDocument } from '../../src/schema/history.ts';
import { formatBytes, formatPlural } from '../../src/text/units.ts';

export default class SnapshotCheck extends SnapshotCommand {
  static override summary =
    'Check the file of the history, down to each fact of each snapshot and each sample of each run.';
  static override examples = ['<%= config.bin %> snapshot check'];
  static override exitCodes = { [ExitCode.found]: 'something is wrong with it' };
  static override flags = { db: dbFlag };

  async run(): Promise<SnapshotCheckDocument> {
    const { flags } = await this.parse(SnapshotCheck);
    const document = await withHistory(flags.db, 'read', (store): SnapshotCheckDocument => {
      const problems = store.check();
      return {
        ...this.head('nsinspect/snapshot-check/1', flags.db),
        ok: problems.length === 0,
        problems,
        snapshots: store.list().length,
        runs: store.runs().length,
        bytes: String(store.bytes().file),
      };
    });
    const { ok, problems, snapshots, runs, bytes } = document;
    if (!ok) process.exitCode = ExitCode.found;
    const kept = `${formatPlural(snapshots, 'snapshot')}${runs === 0 ? '' : `, ${formatPlural(runs, 'run')} of benchmarks`}`;
    const what = `${kept}, ${formatBytes(Number(bytes))}`;
    this.print(ok ? [`${what}: sound`] : [...problems, `${what}: ${formatPlural(problems.length, 'problem')}`]);
    return document;
  }
}
