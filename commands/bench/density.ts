import { densityFlag, launchFlags } from '../../src/cli/bench-flags.ts';
import { BenchSuiteCommand } from '../../src/cli/bench-suite-command.ts';

export default class BenchDensity extends BenchSuiteCommand {
  static override summary = 'Measure how many idle containers fit, and what each costs in memory and time.';
  static override examples = [
    '<%= config.bin %> bench density',
    {
      description: 'more of them, in two runtimes',
      command: '<%= config.bin %> bench density --most 50 --runtime native,runc',
    },
  ];
  static override flags = { ...densityFlag, ...launchFlags };

  async run() {
    const { flags } = await this.parse(BenchDensity);
    return this.runSuites(flags, ['density']);
  }
}
