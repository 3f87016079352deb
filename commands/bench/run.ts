import { option } from '@oclif/core/flags';

import { runFlags } from '../../src/cli/bench-flags.ts';
import { BenchSuiteCommand } from '../../src/cli/bench-suite-command.ts';
import { RUNNABLE } from '../../src/cli/bench-suites.ts';

export default class BenchRun extends BenchSuiteCommand {
  static override summary = 'Run several suites of probes into one result.';
  static override examples = [
    '<%= config.bin %> bench run --output run.json',
    {
      description: 'in CI',
      command:
        '<%= config.bin %> bench run --suite limits --format github --report json=run.json --report junit=run.xml',
    },
  ];
  static override flags = {
    suite: option({
      options: RUNNABLE,
      multiple: true,
      // Or the arguments that follow would be values, too.
      multipleNonGreedy: true,
      delimiter: ',',
      helpGroup: 'PROBES',
      helpValue: 'LIST',
      summary: `Of ${RUNNABLE.join(', ')}; all unless named.`,
    })(),
    ...runFlags,
  };

  async run() {
    const { flags } = await this.parse(BenchRun);
    return this.runSuites(flags, flags.suite ?? RUNNABLE, []);
  }
}
