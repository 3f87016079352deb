import { string } from '@oclif/core/args';
import { string as text } from '@oclif/core/flags';

import { dbFlag, withHistory } from '../../src/cli/history.ts';
import { SnapshotCommand } from '../../src/cli/snapshot-command.ts';
import { BENCH_IMPORTED_SCHEMA, type BenchImportedDocument, type RunInfo } from '../../src/schema/bench-history.ts';
import { formatPlural } from '../../src/text/units.ts';

export default class BenchImport extends SnapshotCommand {
  static override summary = 'Put files with runs into the history, such as the artefacts of CI jobs.';
  static override description =
    'A run that is there already is left out, so that a directory can be imported again and again. Runs stand in the order in which they were taken.';
  static override examples = ['<%= config.bin %> bench import run.json', '<%= config.bin %> bench import *.json'];
  static override strict = false;
  static override args = {
    file: string({ required: true, description: 'Files that nsinspect bench … --output wrote; - for standard input.' }),
  };
  static override flags = { label: text({ helpValue: 'TEXT', summary: 'What to call them.' }), db: dbFlag };

  async run(): Promise<BenchImportedDocument> {
    const { argv, flags } = await this.parse(BenchImport);
    const [{ readRun }, { runInfo }] = await Promise.all([
      import('../../src/cli/bench-file.ts'),
      import('../../src/cli/bench-stored.ts'),
    ]);
    return withHistory(flags.db, 'write', (store): BenchImportedDocument => {
      const runs: RunInfo[] = [];
      for (const file of argv as readonly string[]) {
        const run = readRun(file);
        const { id, isNew } = store.putRun(run, flags.label);
        if (!isNew) {
          this.note(`${file}: there already, as run ${id}`);
          continue;
        }
        const stored = store.runs().find((one) => one.id === id);
        if (stored === undefined) throw new RangeError('a run that was stored is gone');
        const info = runInfo(stored, run);
        runs.push(info);
        this.print([`${file}: run ${id}, ${formatPlural(info.metrics, 'metric')}`]);
      }
      return { ...this.head(BENCH_IMPORTED_SCHEMA, flags.db), count: store.runs().length, runs };
    });
  }
}
