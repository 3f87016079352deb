import { string } from '@oclif/core/args';

import { BaseCommand } from '../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { obtain, sourceFlags } from '../src/cli/source.ts';
import { TARGET_HELP } from '../src/model/targets.ts';

export default class Inspect extends BaseCommand {
  static override summary = 'Show everything about one container, process, namespace, cgroup or mount.';
  static override examples = [
    '<%= config.bin %> inspect docker:web',
    '<%= config.bin %> inspect 812',
    "<%= config.bin %> inspect 'net:[4026532184]'",
    '<%= config.bin %> inspect /sys/fs/cgroup/memory/docker',
  ];
  static override args = { target: string({ required: true, description: TARGET_HELP }) };
  static override flags = { ...sourceFlags, ...outputFlags };

  async run() {
    const { args, flags } = await this.parse(Inspect);
    const capture = await obtain(
      flags,
      {
        facets: ['tasks', 'namespaces', 'mounts', 'engines', 'cgroups'],
        tasks: { detail: 'all', cgroups: true, root: true, threadCgroups: true },
        cgroups: { tids: false, files: 'structure', only: null },
      },
      this.tool,
    );
    const [{ viewOf }, { cssGraphOf }, { inspectDocument }, { inspectLines }, { makeStyle }] = await Promise.all([
      import('../src/cli/view.ts'),
      import('../src/model/css-sets.ts'),
      import('../reports/inspect.ts'),
      import('../reports/inspect-text.ts'),
      import('../reports/style.ts'),
    ]);
    const view = viewOf(capture);
    const graph = capture.cgroups === undefined ? null : cssGraphOf(view.tasks, capture.cgroups);
    const document = inspectDocument(view.resolve(args.target), { ...view, graph });
    this.print(inspectLines(document, makeStyle(outputStyle(flags))));
    this.noteCoverage(document.coverage);
    return document;
  }
}
