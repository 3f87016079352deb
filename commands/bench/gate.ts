import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';

import { BenchCommand } from '../../src/cli/bench-command.ts';
import { compareFlags, judgingOf } from '../../src/cli/bench-flags.ts';
import { COMPARISON_FORMATS, destinationsOf } from '../../src/cli/bench-formats.ts';
import { ExitCode } from '../../src/cli/exit-codes.ts';
import { outputStyle } from '../../src/cli/flags.ts';

export default class BenchGate extends BenchCommand {
  static override summary = 'Judge a run by a baseline: an exit code for CI.';
  static override description =
    'Broken invariants come first and fail whatever the statistics say. A metric fails only where its worsening is significant, large, and certainly beyond its threshold; what cannot be told is inconclusive, with an exit code of its own. With --self-check the run is held against itself, its rounds split in two: what then differs is noise, and the column MDE is the smallest change that this machine can show.';
  static override examples = [
    '<%= config.bin %> bench gate new.json --baseline main.json',
    {
      description: 'in CI',
      command:
        '<%= config.bin %> bench gate new.json --baseline main.json --format github --report junit=gate.xml --report markdown=gate.md',
    },
    { description: 'how noisy is this machine', command: '<%= config.bin %> bench gate new.json --self-check' },
  ];
  static override exitCodes = {
    [ExitCode.found]: 'an invariant is broken or a metric is worse; with --self-check: the run differs from itself',
    [ExitCode.inconclusive]: 'something could not be judged: too few rounds, too much noise, a probe that did not run',
  };
  static override args = {
    new: string({ required: true, description: 'The run to judge; - for standard input.' }),
  };
  static override flags = {
    baseline: text({
      helpValue: 'FILE',
      summary: 'The run to judge it by.',
      exactlyOne: ['baseline', 'self-check'],
    }),
    'self-check': boolean({ summary: 'Judge the run by itself: how much noise it has.' }),
    ...compareFlags,
  };

  async run() {
    const { args, flags } = await this.parse(BenchGate);
    const to = destinationsOf(flags, COMPARISON_FORMATS);
    const options = {
      version: this.config.version,
      judging: judgingOf(flags),
      anyEnvironment: flags['any-environment'],
    };
    const [{ readRun }, { compared, comparedWithItself, hasChanged }, { exitCodeOf }] = await Promise.all([
      import('../../src/cli/bench-file.ts'),
      import('../../src/cli/bench-compare.ts'),
      import('../../src/stats/compare.ts'),
    ]);
    const base = flags.baseline === undefined ? null : readRun(flags.baseline);
    const next = readRun(args.new);
    const comparison = base === null ? comparedWithItself(next, options) : compared(base, next, options);
    await this.deliverComparison(comparison, to, outputStyle(flags));
    const differsFromItself = base === null && hasChanged(comparison);
    process.exitCode = differsFromItself ? ExitCode.found : exitCodeOf(comparison);
    if (differsFromItself) {
      this.note('the run differs from itself: this machine changes too much meanwhile to judge anything by it');
    }
    return comparison;
  }
}
