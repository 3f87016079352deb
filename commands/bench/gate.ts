import { string } from '@oclif/core/args';
import { boolean, integer, string as text } from '@oclif/core/flags';

import { momentArguments } from '../../src/cli/arguments.ts';
import { BenchCommand } from '../../src/cli/bench-command.ts';
import { compareFlags, judgingOf, MOST_POOLED, refuseNeedlessDb, RUN_HELP } from '../../src/cli/bench-flags.ts';
import { COMPARISON_FORMATS } from '../../src/cli/bench-formats.ts';
import { ExitCode } from '../../src/cli/exit-codes.ts';
import { outputStyle } from '../../src/cli/flags.ts';
import type { Comparison } from '../../src/schema/bench-compare.ts';
import { POOLED_RUNS } from '../../src/stats/pool.ts';

export default class BenchGate extends BenchCommand {
  static override summary = 'Judge a run by a baseline: an exit code for CI.';
  static override description =
    'Broken invariants come first and fail whatever the statistics say. A metric fails only where its worsening is significant, large, and certainly beyond its threshold; what cannot be told is inconclusive, with an exit code of its own. With --history the baseline is, for each suite of the run, the last runs of it with the same kernel, cgroup mode and CPU in the history that were taken before, their samples taken together. With --self-check the run is held against itself, its rounds split in two: what then differs is noise, and the column MDE is the smallest change that this machine can show.';
  static override examples = [
    '<%= config.bin %> bench gate new.json --baseline main.json',
    {
      description: 'in CI',
      command:
        '<%= config.bin %> bench gate new.json --baseline main.json --format github --report junit=gate.xml --report markdown=gate.md',
    },
    {
      description: 'by the runs before it that were kept with --store',
      command: '<%= config.bin %> bench gate new.json --history',
    },
    { description: 'how noisy is this machine', command: '<%= config.bin %> bench gate new.json --self-check' },
  ];
  static override exitCodes = {
    [ExitCode.found]: 'an invariant is broken or a metric is worse; with --self-check: the run differs from itself',
    [ExitCode.inconclusive]:
      'something could not be judged: too few rounds, too much noise, a probe or metric that is missing',
  };
  static override args = {
    new: string({ required: true, description: `The run to judge: ${RUN_HELP}.` }),
  };
  static override flags = {
    baseline: text({
      helpValue: 'FILE',
      summary: 'The run to judge it by, named in the same way.',
      exactlyOne: ['baseline', 'history', 'self-check'],
    }),
    history: boolean({ summary: 'Judge it by the runs before it in the history.', exclusive: ['self-check'] }),
    last: integer({
      min: 1,
      max: MOST_POOLED,
      helpValue: 'N',
      summary: `How many runs of the history to take together, for each suite: ${POOLED_RUNS} unless given.`,
      dependsOn: ['history'],
    }),
    'self-check': boolean({
      summary: 'Judge the run by itself: how much noise it has.',
      exclusive: ['any-environment'],
    }),
    ...compareFlags,
  };

  async run() {
    const { args, flags } = await this.parse(BenchGate, momentArguments(this.argv));
    const to = this.destinations(flags, COMPARISON_FORMATS);
    const options = {
      version: this.config.version,
      judging: judgingOf(flags),
      anyEnvironment: flags['any-environment'],
    };
    const [
      { baseFromHistory, runNamed },
      { compared, comparedWithHistory, comparedWithItself, hasChanged },
      { exitCodeOf },
      { withHistory },
    ] = await Promise.all([
      import('../../src/cli/bench-stored.ts'),
      import('../../src/cli/bench-compare.ts'),
      import('../../src/stats/compare.ts'),
      import('../../src/cli/history.ts'),
    ]);
    refuseNeedlessDb(flags.db, flags.history, [args.new, flags.baseline ?? '']);
    const next = await runNamed(args.new, flags.db);
    const judged = async (): Promise<Comparison> => {
      if (flags.baseline !== undefined) return compared(await runNamed(flags.baseline, flags.db), next, options);
      if (!flags.history) return comparedWithItself(next, options);
      const choice = { most: flags.last ?? POOLED_RUNS, anyEnvironment: options.anyEnvironment };
      const base = await withHistory(flags.db, 'read', (store) => baseFromHistory(store, next, choice));
      return comparedWithHistory(base, next, options);
    };
    const comparison = await judged();
    await this.deliverComparison(comparison, to, outputStyle(flags));
    const differsFromItself = flags['self-check'] && hasChanged(comparison);
    process.exitCode = differsFromItself ? ExitCode.found : exitCodeOf(comparison);
    if (differsFromItself) {
      this.note('the run differs from itself: this machine changes too much meanwhile to judge anything by it');
    }
    return comparison;
  }
}
