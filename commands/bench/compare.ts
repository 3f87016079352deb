import { string } from '@oclif/core/args';

import { momentArguments } from '../../src/cli/arguments.ts';
import { BenchCommand } from '../../src/cli/bench-command.ts';
import { compareFlags, judgingOf, refuseNeedlessDb, RUN_HELP } from '../../src/cli/bench-flags.ts';
import { COMPARISON_FORMATS } from '../../src/cli/bench-formats.ts';
import { outputStyle } from '../../src/cli/flags.ts';

export default class BenchCompare extends BenchCommand {
  static override summary = 'Show what became of each metric between two runs.';
  static override description =
    'A difference counts only where the Mann-Whitney test, corrected for the number of metrics (Holm), the size of the effect (Cliff\'s delta) and the whole bootstrap interval of the change agree. Otherwise a metric is the same, where a change of interest would have been found, or inconclusive. Exits with 0 whatever it finds: "bench gate" judges.';
  static override examples = [
    '<%= config.bin %> bench compare before.json after.json',
    { description: 'runs of the history', command: '<%= config.bin %> bench compare 3 latest' },
    {
      description: 'on another kernel',
      command: '<%= config.bin %> bench compare before.json after.json --any-environment',
    },
  ];
  static override args = {
    base: string({ required: true, description: `The run to compare with: ${RUN_HELP}.` }),
    new: string({ required: true, description: 'The run that is looked at.' }),
  };
  static override flags = compareFlags;

  async run() {
    const { args, flags } = await this.parse(BenchCompare, momentArguments(this.argv));
    const to = this.destinations(flags, COMPARISON_FORMATS);
    const judging = judgingOf(flags);
    const [{ runNamed }, { compared }] = await Promise.all([
      import('../../src/cli/bench-stored.ts'),
      import('../../src/cli/bench-compare.ts'),
    ]);
    refuseNeedlessDb(flags.db, false, [args.base, args.new]);
    const base = await runNamed(args.base, flags.db);
    const comparison = compared(base, await runNamed(args.new, flags.db), {
      version: this.config.version,
      judging,
      anyEnvironment: flags['any-environment'],
    });
    await this.deliverComparison(comparison, to, outputStyle(flags));
    return comparison;
  }
}
