import { string } from '@oclif/core/args';

import { launchFlags, roundsFlag } from '../../src/cli/bench-flags.ts';
import { BenchSuiteCommand } from '../../src/cli/bench-suite-command.ts';

export default class BenchIsolation extends BenchSuiteCommand {
  static override summary =
    'Launch containers and look from inside for what their namespaces and cgroups fail to separate.';
  static override description =
    'What each namespace hides, looked at from both sides; what a container still learns of its host; how much a neighbour without limits costs one that has them; and work that the kernel does for a container on the account of others.';
  static override examples = [
    '<%= config.bin %> bench isolation',
    { description: 'with another runtime', command: '<%= config.bin %> bench isolation --runtime docker' },
  ];
  // As many names as there are; oclif's parser has no list of arguments.
  static override strict = false;
  static override args = {
    probe: string({ description: 'Probes by id, or by its first words: namespace, leak. All unless named.' }),
  };
  static override flags = { ...roundsFlag, ...launchFlags };

  async run() {
    const { argv, flags } = await this.parse(BenchIsolation);
    return this.runSuites(flags, ['isolation'], argv as string[]);
  }
}
