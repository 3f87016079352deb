import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';

import { dbFlag, withHistory } from '../../src/cli/history.ts';
import { SnapshotCommand } from '../../src/cli/snapshot-command.ts';
import { captureOfFile } from '../../src/cli/source.ts';
import type { SnapshotInfo, SnapshotsDocument } from '../../src/schema/history.ts';
import { formatBytes } from '../../src/text/units.ts';

export default class SnapshotImport extends SnapshotCommand {
  static override summary = 'Put capture files into the history, of whatever hosts.';
  static override description =
    'A capture that is there already is left out, so that a directory can be imported again and again.';
  static override examples = ['<%= config.bin %> snapshot import host.nsc', '<%= config.bin %> snapshot import *.nsc'];
  static override strict = false;
  static override args = {
    file: string({ required: true, description: 'Files that nsinspect capture or snapshot export wrote.' }),
  };
  static override flags = {
    label: text({ helpValue: 'TEXT', summary: 'What to call them.' }),
    redact: boolean({ default: false, summary: 'Leave out command lines and labels.' }),
    db: dbFlag,
  };

  async run(): Promise<SnapshotsDocument> {
    const { argv, flags } = await this.parse(SnapshotImport);
    const [{ putCapture }, { redact }, { snapshotRow }] = await Promise.all([
      import('../../src/cli/take.ts'),
      import('../../src/capture/redact.ts'),
      import('../../reports/snapshots.ts'),
    ]);
    return withHistory(flags.db, 'write', async (store): Promise<SnapshotsDocument> => {
      const known = new Map(store.list().map((info) => [identityOf(info), info.id]));
      const stored: SnapshotInfo[] = [];
      for (const file of argv as readonly string[]) {
        const whole = await captureOfFile(file);
        const capture = flags.redact ? redact(whole) : whole;
        const there = known.get(identityOf(capture));
        if (there !== undefined) {
          this.note(`${file}: there already, as snapshot ${there}`);
          continue;
        }
        const { info } = putCapture(store, capture, flags.label);
        known.set(identityOf(info), info.id);
        stored.push(info);
        this.print([`${file}: snapshot ${info.id}, ${formatBytes(info.factBytes + info.sampleBytes)}`]);
      }
      return {
        ...this.head('nsinspect/snapshots/1', flags.db),
        bytes: String(store.bytes().file),
        count: known.size,
        snapshots: stored.map(snapshotRow),
      };
    });
  }
}

/** No host is captured twice in one millisecond. */
function identityOf({ host, takenAt, redacted }: Pick<SnapshotInfo, 'host' | 'takenAt' | 'redacted'>): string {
  return JSON.stringify([host.bootId ?? null, host.hostname ?? null, takenAt, redacted]);
}
