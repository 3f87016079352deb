import { boolean, string } from '@oclif/core/flags';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { dbFlag, historyPath, withHistory } from '../../src/cli/history.ts';
import { obtain, sourceFlags } from '../../src/cli/source.ts';
import type { SnapshotTakenDocument } from '../../src/schema/history.ts';

export default class SnapshotTake extends BaseCommand {
  static override summary = 'Keep the state of this host in the history.';
  static override description =
    'Of what is as it was in the snapshot before, nothing is written. Any analysis can be made of it later with --snapshot, and nsinspect diff says what changed since.';
  static override examples = [
    '<%= config.bin %> snapshot take',
    { description: 'before something happens', command: '<%= config.bin %> snapshot take --label before-upgrade' },
    { description: 'and after', command: '<%= config.bin %> diff' },
  ];
  static override flags = {
    label: string({ helpValue: 'TEXT', summary: 'What to call it.' }),
    full: boolean({ default: false, summary: 'Statistics of cgroups, too (memory.stat and the like).' }),
    redact: boolean({ default: false, summary: 'Leave out command lines and labels.' }),
    from: { ...sourceFlags.from, summary: 'Store a capture (nsinspect capture -o FILE) instead of this host.' },
    'host-root': sourceFlags['host-root'],
    db: dbFlag,
  };

  async run() {
    const { flags } = await this.parse(SnapshotTake);
    const [{ EVERYTHING }, { putCapture, snapshotWants }, { redact }, { documentHead }, { snapshotRow, takenLine }] =
      await Promise.all([
        import('../../src/capture/capture.ts'),
        import('../../src/cli/take.ts'),
        import('../../src/capture/redact.ts'),
        import('../../reports/head.ts'),
        import('../../reports/snapshots.ts'),
      ]);
    const wants = snapshotWants(EVERYTHING, flags.full);
    // A capture may have been made with less: it is stored as it is.
    const source = { from: flags.from, 'host-root': flags['host-root'] };
    const whole = await obtain(source, flags.from === undefined ? wants : { ...wants, facets: [] }, this.tool);
    const capture = flags.redact ? redact(whole) : whole;
    const { info, containers, storeMs } = await withHistory(flags.db, 'write', (store) =>
      putCapture(store, capture, flags.label),
    );
    const document: SnapshotTakenDocument = {
      ...documentHead('nsinspect/snapshot-taken/1', capture),
      database: historyPath(flags.db),
      snapshot: snapshotRow(info),
      containers,
      captureMs: capture.durationMs,
      storeMs,
    };
    this.print([takenLine(document)]);
    this.noteCoverage(document.coverage);
    return document;
  }
}
