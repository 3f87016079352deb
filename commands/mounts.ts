import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { sourceFlags } from '../src/cli/source.ts';

export default class Mounts extends BaseCommand {
  static override summary = 'Show the mounts that a container, process or mount namespace sees, as a tree.';
  static override description =
    'Each with the host path it comes from where that is known, whether that can be written to, and to whom mounts below it spread. Those that another mount covers are marked; file systems of the kernel alone are left out unless asked for.';
  static override examples = [
    '<%= config.bin %> mounts docker:web',
    '<%= config.bin %> mounts 812 --all',
    "<%= config.bin %> mounts 'mnt:[4026532184]'",
    { description: 'what is mounted from there on', command: '<%= config.bin %> mounts /var/lib/docker' },
  ];
  static override args = {
    target: string({
      required: true,
      description: 'A pid, a container (name, id prefix, docker:web), a mount namespace, or a path of the host.',
    }),
  };
  static override flags = {
    all: boolean({ summary: 'Pseudo file systems, too: proc, sysfs, cgroup and the like.' }),
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { args, flags } = await this.parse(Mounts);
    const [{ obtainMounts }, { mountsDocument }, { mountsLines }, { makeStyle }] = await Promise.all([
      import('../src/cli/mounts-source.ts'),
      import('../reports/mounts.ts'),
      import('../reports/mounts-text.ts'),
      import('../reports/style.ts'),
    ]);
    const { capture, subject, view, facet } = await obtainMounts(flags, args.target, this.tool);
    const document = mountsDocument(capture, subject, view, facet);
    this.print(mountsLines(document, flags.all, makeStyle(outputStyle(flags))));
    this.noteCoverage(document.coverage);
    return document;
  }
}
