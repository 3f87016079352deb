import { boolean } from '@oclif/core/flags';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import type { BenchCleanDocument } from '../../src/schema/bench-clean.ts';

export default class BenchClean extends BaseCommand {
  static override summary = 'Remove what probes left behind that could not clean up, as after kill -9.';
  static override description =
    'Everything that a probe makes bears the mark of its process. What bears the mark of one that is dead is removed: cgroups, processes, mounts, directories, containers. What another nsinspect is using, or has no such mark, is not touched.';
  static override examples = [
    '<%= config.bin %> bench clean',
    { description: 'only look', command: '<%= config.bin %> bench clean --dry-run' },
  ];
  static override flags = {
    'dry-run': boolean({ default: false, summary: 'Say what would be removed, and remove nothing.' }),
    ...outputFlags,
  };

  async run(): Promise<BenchCleanDocument> {
    const { flags } = await this.parse(BenchClean);
    const [{ clean }, { benchCleanLines }, { makeStyle }] = await Promise.all([
      import('../../src/probe/clean.ts'),
      import('../../reports/bench-clean.ts'),
      import('../../reports/style.ts'),
    ]);
    const dryRun = flags['dry-run'];
    const document = { schema: 'nsinspect/bench-clean/1', tool: this.tool, dryRun, ...clean({ dryRun }) } as const;
    this.print(benchCleanLines(document, makeStyle(outputStyle(flags))));
    return document;
  }
}
