import { boolean, integer, string } from '@oclif/core/flags';

import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { dbFlag, withHistory } from '../../src/cli/history.ts';
import { parseSpan } from '../../src/cli/moment.ts';
import { SnapshotCommand } from '../../src/cli/snapshot-command.ts';
import type { SnapshotsPrunedDocument } from '../../src/schema/history.ts';
import { NsinspectError } from '../../src/text/error.ts';

export default class SnapshotPrune extends SnapshotCommand {
  static override summary = 'Remove snapshots that no rule keeps, and give their room back.';
  static override description =
    'A snapshot stays that any of the --keep rules keeps; they count for each host. Of those that stay, the analyses are as before. Samples (usage, pressure, states of tasks), which are most of what a recording writes, can go earlier than the facts. Runs of benchmarks stay unless --keep-runs says how many.';
  static override examples = [
    '<%= config.bin %> snapshot prune --keep-last 100 --keep-hourly 48 --keep-daily 30',
    { description: 'what would go', command: '<%= config.bin %> snapshot prune --keep-last 10 --dry-run' },
    { description: 'only facts after a week', command: '<%= config.bin %> snapshot prune --samples-older 7d' },
  ];
  static override flags = {
    'keep-last': integer({ min: 1, helpValue: 'N', summary: 'Keep the newest N.' }),
    'keep-hourly': integer({
      min: 1,
      helpValue: 'N',
      summary: 'Keep the newest of each of the last N hours that have any.',
    }),
    'keep-daily': integer({
      min: 1,
      helpValue: 'N',
      summary: 'Keep the newest of each of the last N days that have any.',
    }),
    'samples-older': string({ helpValue: 'SPAN', summary: 'Drop the samples of snapshots older than this (7d, 12h).' }),
    'keep-runs': integer({
      min: 1,
      helpValue: 'N',
      summary: 'Of runs of benchmarks keep the newest N of each host and kernel.',
    }),
    host: string({ helpValue: 'NAME', summary: 'Only snapshots of this host; samples and runs of all.' }),
    'dry-run': boolean({ default: false, summary: 'Say what would be removed, and remove nothing.' }),
    db: dbFlag,
    ...outputFlags,
  };

  async run(): Promise<SnapshotsPrunedDocument> {
    const { flags } = await this.parse(SnapshotPrune);
    const rules = { last: flags['keep-last'], hourly: flags['keep-hourly'], daily: flags['keep-daily'] };
    const keeps = Object.values(rules).some((count) => count !== undefined);
    const span = flags['samples-older'];
    const keepRuns = flags['keep-runs'];
    if (!keeps && span === undefined && keepRuns === undefined) {
      throw new NsinspectError('no rule says what to keep', {
        code: 'usage',
        hint: 'Give --keep-last, --keep-hourly, --keep-daily, --samples-older or --keep-runs.',
      });
    }
    const before = span === undefined ? null : beforeOf(span);
    const [{ notKept, runsNotKept }, { prunedLines, snapshotRow }, { makeStyle }] = await Promise.all([
      import('../../src/cli/retention.ts'),
      import('../../reports/snapshots.ts'),
      import('../../reports/style.ts'),
    ]);
    const document = await withHistory(
      flags.db,
      flags['dry-run'] ? 'read' : 'change',
      (store): SnapshotsPrunedDocument => {
        const bytesBefore = store.bytes().file;
        const list = this.ofHost(store, flags.host);
        const { last = 0, hourly = 0, daily = 0 } = rules;
        const removed = keeps ? notKept(list, { last, hourly, daily }) : [];
        const gone = new Set(removed.map(({ id }) => id));
        const kept = list.filter(({ id }) => !gone.has(id));
        const runs = keepRuns === undefined ? [] : runsNotKept(store.runs(), keepRuns);
        let samplesDropped = 0;
        if (flags['dry-run']) {
          const old = (takenAt: string): boolean => before !== null && Date.parse(takenAt) < Date.parse(before);
          samplesDropped = kept.filter(({ samples, takenAt }) => samples && old(takenAt)).length;
        } else {
          if (removed.length > 0) store.remove([...gone]);
          if (runs.length > 0) store.removeRuns(runs);
          if (before !== null) samplesDropped = store.dropSamples(before);
        }
        return {
          ...this.head('nsinspect/snapshots-pruned/1', flags.db),
          dryRun: flags['dry-run'],
          removed: removed.map(snapshotRow),
          kept: kept.length,
          samplesDropped,
          runsRemoved: runs,
          bytesBefore: String(bytesBefore),
          bytesAfter: String(store.bytes().file),
        };
      },
    );
    this.print(prunedLines(document, makeStyle(outputStyle(flags))));
    return document;
  }
}

function beforeOf(span: string): string {
  const milliseconds = parseSpan(span);
  if (milliseconds !== null) return new Date(Date.now() - milliseconds).toISOString();
  throw new NsinspectError(`${span} is no span of time`, { code: 'usage', hint: 'One is 7d, 12h or 30m.' });
}
