import { boolean, option } from '@oclif/core/flags';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/cli/exit-codes.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { obtain, sourceFlags } from '../../src/cli/source.ts';

export default class CgroupGraph extends BaseCommand {
  static override summary = 'Show which css_set joins which tasks to which cgroups.';
  static override description =
    'Rebuilds the graph in the middle of the kernel: tasks that are in the same cgroup of every hierarchy share a css_set. Every invariant of that graph is checked against what the kernel says elsewhere.';
  static override examples = [
    '<%= config.bin %> cgroup graph',
    { description: 'a picture', command: '<%= config.bin %> cgroup graph --format svg > css.svg' },
    { description: 'fail when the graph contradicts itself', command: '<%= config.bin %> cgroup graph --check' },
  ];
  static override exitCodes = { [ExitCode.found]: 'with --check: an invariant is broken, and no race explains it' };
  static override flags = {
    format: option({
      options: ['text', 'dot', 'svg'] as const,
      default: 'text',
      summary: 'What to print.',
      exclusive: ['json'],
    })(),
    check: boolean({ summary: 'Exit with 1 if an invariant is broken.' }),
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { flags } = await this.parse(CgroupGraph);
    const capture = await obtain(
      flags,
      {
        facets: ['tasks', 'engines', 'cgroups'],
        tasks: { detail: 'none', cgroups: true, root: false, threadCgroups: true },
        cgroups: { tids: true, files: 'structure', only: null },
      },
      this.tool,
    );
    const { cgroupViewOf } = await import('../../src/cli/cgroup-view.ts');
    const view = cgroupViewOf(capture);
    const { cssGraphDocument, cssGraphLines } = await import('../../reports/css-graph.ts');
    const document = cssGraphDocument(capture, view.facet, view.graph, view.checks);
    if (flags.check && view.checks.some(({ ok }) => !ok)) process.exitCode = ExitCode.found;
    if (this.jsonEnabled()) return document;
    if (flags.format === 'svg') {
      const { cssGraphSvg } = await import('../../reports/css-graph-svg.ts');
      process.stdout.write(cssGraphSvg(view.graph, view.tasks, view.facet, view.containerOf));
    } else if (flags.format === 'dot') {
      const { cssGraphDot } = await import('../../reports/css-graph-dot.ts');
      process.stdout.write(cssGraphDot(view.graph, view.facet, view.containerOf));
    } else {
      const { makeStyle } = await import('../../reports/style.ts');
      this.print(cssGraphLines(view.graph, view.facet, view.checks, view.containerOf, makeStyle(outputStyle(flags))));
    }
    this.noteCoverage(document.coverage);
    return document;
  }
}
