import { option } from '@oclif/core/flags';

import { densityFlag, launchFlags, ownMachineFlag, roundsFlag, startupFlag } from '../../src/cli/bench-flags.ts';
import { BenchSuiteCommand } from '../../src/cli/bench-suite-command.ts';
import { SUITES } from '../../src/schema/bench.ts';

export default class BenchRun extends BenchSuiteCommand {
  static override summary = 'Run several suites of probes into one result.';
  static override examples = [
    '<%= config.bin %> bench run --output run.json',
    {
      description: 'in CI',
      command:
        '<%= config.bin %> bench run --suite limits,isolation --format github --report json=run.json --report junit=run.xml',
    },
  ];
  static override flags = {
    suite: option({
      options: SUITES,
      multiple: true,
      // Or the arguments that follow would be values, too.
      multipleNonGreedy: true,
      delimiter: ',',
      helpGroup: 'PROBES',
      helpValue: 'LIST',
      summary: `Of ${SUITES.join(', ')}; all unless named.`,
    })(),
    ...roundsFlag,
    ...ownMachineFlag,
    ...startupFlag,
    ...densityFlag,
    ...launchFlags,
  };

  async run() {
    const { flags } = await this.parse(BenchRun);
    return this.runSuites(flags, flags.suite ?? SUITES);
  }
}
