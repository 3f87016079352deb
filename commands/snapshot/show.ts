import { string } from '@oclif/core/args';

import { momentArguments } from '../../src/cli/arguments.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { dbFlag, historyPath, snapshotNamed, withHistory } from '../../src/cli/history.ts';
import { MOMENT_HELP } from '../../src/cli/moment.ts';
import type { SnapshotDocument } from '../../src/schema/history.ts';

export default class SnapshotShow extends BaseCommand {
  static override summary = 'Say what a snapshot has, and what it lacks.';
  static override examples = [
    '<%= config.bin %> snapshot show latest',
    '<%= config.bin %> snapshot show 12',
    { description: 'its containers', command: '<%= config.bin %> tree --snapshot 12' },
  ];
  static override args = { moment: string({ required: true, description: `Which one: ${MOMENT_HELP}.` }) };
  static override flags = { db: dbFlag, ...outputFlags };

  async run() {
    const { args, flags } = await this.parse(SnapshotShow, momentArguments(this.argv));
    const [{ documentHead }, { countsOf, snapshotRow, snapshotShowLines }, { makeStyle }, { captureOf }] =
      await Promise.all([
        import('../../reports/head.ts'),
        import('../../reports/snapshots.ts'),
        import('../../reports/style.ts'),
        import('../../src/cli/stored-capture.ts'),
      ]);
    const document = await withHistory(flags.db, 'read', (store): SnapshotDocument => {
      const info = snapshotNamed(store, args.moment);
      const capture = captureOf(store, info.id);
      return {
        ...documentHead('nsinspect/snapshot/1', capture),
        database: historyPath(flags.db),
        snapshot: snapshotRow(info),
        counts: countsOf(capture),
      };
    });
    this.print(snapshotShowLines(document, makeStyle(outputStyle(flags))));
    this.noteCoverage(document.coverage);
    return document;
  }
}
