import { launchFlags, startupFlag } from '../../src/cli/bench-flags.ts';
import { BenchSuiteCommand } from '../../src/cli/bench-suite-command.ts';

export default class BenchStartup extends BenchSuiteCommand {
  static override summary =
    'Measure what it costs to start and to end a process, a namespace, a container, a virtual machine.';
  static override description =
    'All rows are measured in turn, round after round and every other round backwards, so that whatever else the machine does meets all alike.';
  static override examples = [
    '<%= config.bin %> bench startup',
    { description: 'runtimes side by side', command: '<%= config.bin %> bench startup --runtime all' },
  ];
  static override flags = { ...startupFlag, ...launchFlags };

  async run() {
    const { flags } = await this.parse(BenchStartup);
    return this.runSuites(flags, ['startup']);
  }
}
