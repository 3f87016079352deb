import { string } from '@oclif/core/args';

import { momentArguments } from '../../src/cli/arguments.ts';
import { BenchCommand } from '../../src/cli/bench-command.ts';
import { refuseNeedlessDb, RUN_HELP } from '../../src/cli/bench-flags.ts';
import { resultFlags, RUN_FORMATS } from '../../src/cli/bench-formats.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { dbFlag } from '../../src/cli/history.ts';

export default class BenchShow extends BenchCommand {
  static override summary = 'Show a run again, out of the history or a file, in any format.';
  static override examples = [
    '<%= config.bin %> bench show latest',
    { description: 'into a file', command: '<%= config.bin %> bench show 12 --output run.json' },
    { description: 'for a step summary', command: '<%= config.bin %> bench show run.json --format markdown' },
  ];
  static override args = { run: string({ required: true, description: `Which one: ${RUN_HELP}.` }) };
  static override flags = { db: dbFlag, ...resultFlags(RUN_FORMATS), ...outputFlags };

  async run() {
    const { args, flags } = await this.parse(BenchShow, momentArguments(this.argv));
    const to = this.destinations(flags, RUN_FORMATS);
    refuseNeedlessDb(flags.db, false, [args.run]);
    const { runNamed } = await import('../../src/cli/bench-stored.ts');
    const run = await runNamed(args.run, flags.db);
    await this.deliverRun(run, to, outputStyle(flags));
    return run;
  }
}
