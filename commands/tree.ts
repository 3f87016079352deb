import { boolean, integer, option, string } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { obtain, sourceFlags } from '../src/cli/source.ts';
import { NS_TYPES } from '../src/schema/namespace.ts';
import { NsinspectError } from '../src/text/error.ts';

const VIEWS = ['boundary', 'user', 'pid', 'cgroup', 'process'] as const;

export default class Tree extends BaseCommand {
  static override summary = 'Show the isolation boundaries of this host.';
  static override description =
    "Follows the process tree and draws one line wherever a child's namespaces, cgroup or root are not its parent's, and says which container that is. Namespaces in which no process is follow in a section of their own with what keeps them.";
  static override examples = [
    '<%= config.bin %> tree',
    { description: 'who owns what: user namespaces', command: '<%= config.bin %> tree --by user' },
    { description: 'one container', command: '<%= config.bin %> tree --container docker:web' },
  ];
  static override flags = {
    by: option({
      options: VIEWS,
      default: 'boundary' as const,
      summary:
        'What to follow: isolation boundaries, owners (user namespaces), pid namespaces, cgroups, or all processes.',
    })(),
    type: option({
      options: NS_TYPES,
      multiple: true,
      delimiter: ',',
      summary: 'Only where namespaces of these types change.',
    })(),
    container: string({ helpValue: 'TARGET', summary: 'Only this container and what is inside.' }),
    pid: integer({ min: 1, summary: 'Only the place of this process and what is below.' }),
    kthreads: boolean({ default: true, allowNo: true, summary: 'Show threads of the kernel.' }),
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { flags } = await this.parse(Tree);
    const needsAllDetails = flags.by === 'pid' || flags.by === 'process';
    const capture = await obtain(
      flags,
      {
        facets: ['tasks', 'namespaces', 'engines'],
        tasks: { detail: needsAllDetails ? 'all' : 'edges', cgroups: true, root: true, threadCgroups: false },
      },
      this.tool,
    );
    const [{ viewOf }, { treeReport }, { makeStyle }] = await Promise.all([
      import('../src/cli/view.ts'),
      import('../reports/tree.ts'),
      import('../reports/style.ts'),
    ]);
    const view = viewOf(capture);
    const target = flags.container === undefined ? null : view.resolve(flags.container);
    if (target !== null && target.kind !== 'container') {
      throw new NsinspectError(`${flags.container ?? ''} is no container`, { code: 'no-such-target' });
    }
    if (flags.pid !== undefined) view.resolve(`pid:${String(flags.pid)}`);
    const report = treeReport(flags.by, view, {
      types: flags.type === undefined ? null : new Set(flags.type),
      container: target?.container ?? null,
      pid: flags.pid ?? null,
      kthreads: flags.kthreads,
    });
    this.print(report.lines(makeStyle(outputStyle(flags))));
    this.noteCoverage(report.document.coverage);
    return report.document;
  }
}
