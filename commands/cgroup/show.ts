import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { obtain, sourceFlags } from '../../src/cli/source.ts';

export default class CgroupShow extends BaseCommand {
  static override summary = 'Show everything that a cgroup says of itself: limits, usage, events, members.';
  static override examples = [
    '<%= config.bin %> cgroup show /docker/773bf9',
    { description: 'all cgroups of a container', command: '<%= config.bin %> cgroup show docker:web' },
    '<%= config.bin %> cgroup show memory:812',
  ];
  static override args = {
    target: string({ required: true, description: 'A cgroup path, a key such as memory:812, a container or a pid.' }),
  };
  static override flags = {
    all: boolean({ summary: 'Statistics, too.' }),
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { args, flags } = await this.parse(CgroupShow);
    const capture = await obtain(
      flags,
      {
        facets: ['tasks', 'namespaces', 'engines', 'cgroups'],
        tasks: { detail: 'none', cgroups: true, root: false, threadCgroups: true },
        cgroups: { tids: false, files: 'all', only: null },
      },
      this.tool,
    );
    const [{ cgroupViewOf, cgroupsOfTarget }, { viewOf }, report, { makeStyle }] = await Promise.all([
      import('../../src/cli/cgroup-view.ts'),
      import('../../src/cli/view.ts'),
      import('../../reports/cgroup-show.ts'),
      import('../../reports/style.ts'),
    ]);
    const view = cgroupViewOf(capture);
    const nodes = cgroupsOfTarget(args.target, view, () => viewOf(capture).resolve(args.target));
    const document = report.cgroupShowDocument(capture, args.target, nodes, view.graph);
    this.print(report.cgroupShowLines(document, flags.all, makeStyle(outputStyle(flags))));
    if (flags.all && view.facet.collected.files !== 'all') {
      this.note('statistics were not collected: a snapshot has them that was taken with --full');
    }
    this.noteCoverage(document.coverage);
    return document;
  }
}
