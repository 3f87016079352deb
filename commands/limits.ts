import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { sourceFlags } from '../src/cli/source.ts';

export default class Limits extends BaseCommand {
  static override summary = 'Say what limits a process, container or cgroup, and where each limit is set.';
  static override description =
    "Every resource by the rule of its own controller: of memory, CPU time, tasks and the like the least limit from the target's cgroup up binds; v1's blkio.throttle only where a task itself is; weights share among siblings. Limits outside cgroups (rlimits, affinity, the machine) count where they are tighter.";
  static override examples = [
    '<%= config.bin %> limits docker:web',
    '<%= config.bin %> limits 812',
    { description: 'what is not limited, too', command: '<%= config.bin %> limits docker:web --all' },
    '<%= config.bin %> limits /sys/fs/cgroup/memory/docker',
  ];
  static override args = {
    target: string({
      required: true,
      description:
        'A pid or thread id, a container (name, id prefix, docker:web), a cgroup path or its key (memory:812).',
    }),
  };
  static override flags = {
    all: boolean({ summary: 'A row for what is not limited, too.' }),
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { args, flags } = await this.parse(Limits);
    const [{ obtainLimits }, { limitsOf }, { limitsDocument }, { limitsLines }, { makeStyle }] = await Promise.all([
      import('../src/cli/limits-source.ts'),
      import('../src/model/limits.ts'),
      import('../reports/limits.ts'),
      import('../reports/limits-text.ts'),
      import('../reports/style.ts'),
    ]);
    const { capture, subject, tasks, cgroups, limits } = await obtainLimits(flags, args.target, this.tool);
    const document = limitsDocument(capture, subject, limitsOf(subject, cgroups, limits, tasks));
    this.print(limitsLines(document, flags.all, makeStyle(outputStyle(flags))));
    this.noteCoverage(document.coverage);
    return document;
  }
}
