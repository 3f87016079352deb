import { string } from '@oclif/core/args';

import { launchFlags, ownMachineFlag, roundsFlag } from '../../src/cli/bench-flags.ts';
import { BenchSuiteCommand } from '../../src/cli/bench-suite-command.ts';

export default class BenchLimits extends BenchSuiteCommand {
  static override summary = "Launch containers and measure whether the kernel enforces each cgroup's limits.";
  static override description =
    'Each probe sets a limit, drives a payload to its edge, and holds the counters of the kernel against what was set; reading a setting back proves nothing. Containers are made of the programs of this host, in cgroups of their own with bounds around them, and removed however the run ends. Nothing else on the machine is touched.';
  static override examples = [
    '<%= config.bin %> bench limits',
    { description: 'whether it works here, in seconds', command: '<%= config.bin %> bench limits --quick' },
    {
      description: 'two probes in two runtimes',
      command: '<%= config.bin %> bench limits cpu-quota pids --runtime native,runc',
    },
    {
      description: 'on a machine for tests alone, with swap and reserved huge pages',
      command: '<%= config.bin %> bench limits --own-machine',
    },
    {
      description: 'a baseline for bench gate',
      command: '<%= config.bin %> bench limits --rounds 20 --output baseline.json',
    },
  ];
  // As many names as there are; oclif's parser has no list of arguments.
  static override strict = false;
  static override args = {
    probe: string({
      description: 'Probes by id, or by the beginning of it: cpu-quota, limits/memory. All unless named.',
    }),
  };
  static override flags = { ...roundsFlag, ...ownMachineFlag, ...launchFlags };

  async run() {
    const { argv, flags } = await this.parse(BenchLimits);
    return this.runSuites(flags, ['limits'], argv as string[]);
  }
}
