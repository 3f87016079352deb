import { integer, string } from '@oclif/core/flags';

import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { dbFlag, withHistory } from '../../src/cli/history.ts';
import { SnapshotCommand } from '../../src/cli/snapshot-command.ts';
import type { SnapshotsDocument } from '../../src/schema/history.ts';

export default class SnapshotList extends SnapshotCommand {
  static override summary = 'List the snapshots of the history, newest last.';
  static override description =
    'BEGUN and ENDED count the facts that were new in a snapshot and those that no longer held; BYTES is what storing it wrote.';
  static override examples = ['<%= config.bin %> snapshot list', '<%= config.bin %> snapshot list -n 10 --host web1'];
  static override flags = {
    newest: integer({ char: 'n', min: 1, helpValue: 'N', summary: 'Only the newest N.' }),
    host: string({ helpValue: 'NAME', summary: 'Only those of this host.' }),
    db: dbFlag,
    ...outputFlags,
  };

  async run(): Promise<SnapshotsDocument> {
    const { flags } = await this.parse(SnapshotList);
    const [{ snapshotLines, snapshotRow }, { makeStyle }] = await Promise.all([
      import('../../reports/snapshots.ts'),
      import('../../reports/style.ts'),
    ]);
    const document = await withHistory(flags.db, 'read', (store): SnapshotsDocument => {
      const all = this.ofHost(store, flags.host);
      const shown = flags.newest === undefined ? all : all.slice(-flags.newest);
      return {
        ...this.head('nsinspect/snapshots/1', flags.db),
        bytes: String(store.bytes().file),
        count: all.length,
        snapshots: shown.map(snapshotRow),
      };
    });
    if (document.count === 0) this.log('no snapshot yet: nsinspect snapshot take makes one');
    else this.print(snapshotLines(document.snapshots, makeStyle(outputStyle(flags))));
    return document;
  }
}
