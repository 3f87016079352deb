import { string } from '@oclif/core/args';

import { BaseCommand } from '../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { obtain, sourceFlags } from '../src/cli/source.ts';

export default class Why extends BaseCommand {
  static override summary = 'Say why a namespace is still alive: every holder, in words.';
  static override examples = [
    "<%= config.bin %> why 'net:[4026532184]'",
    '<%= config.bin %> why /run/netns/blue',
    { description: 'every namespace of a container', command: '<%= config.bin %> why docker:web' },
  ];
  static override args = {
    target: string({
      required: true,
      description:
        'A namespace (net:[4026532184], or the path of its file), or a container or pid: then all of its own.',
    }),
  };
  static override flags = { ...sourceFlags, ...outputFlags };

  async run() {
    const { args, flags } = await this.parse(Why);
    const capture = await obtain(
      flags,
      {
        facets: ['tasks', 'namespaces', 'engines'],
        tasks: { detail: 'none', cgroups: true, root: false, threadCgroups: false },
      },
      this.tool,
    );
    const [{ viewOf }, { whyDocument, whyLines, namespacesOfTarget }, { makeStyle }] = await Promise.all([
      import('../src/cli/view.ts'),
      import('../reports/why.ts'),
      import('../reports/style.ts'),
    ]);
    const view = viewOf(capture);
    const namespaces = namespacesOfTarget(view.resolve(args.target), view.namespaces);
    const document = whyDocument(capture, namespaces, view.containerOf);
    this.print(whyLines(namespaces, view, makeStyle(outputStyle(flags))));
    this.noteCoverage(document.coverage);
    return document;
  }
}
