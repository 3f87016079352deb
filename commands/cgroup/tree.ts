import { integer, option, string } from '@oclif/core/flags';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../../src/cli/flags.ts';
import { obtain, sourceFlags } from '../../src/cli/source.ts';
import { NsinspectError } from '../../src/text/error.ts';

const SORTS = ['name', 'tasks', 'memory', 'cpu', 'pids'] as const;

export default class CgroupTree extends BaseCommand {
  static override summary = 'Show the cgroups with their tasks, limits and usage.';
  static override description =
    'Cgroups at the same path of several hierarchies stand on one line, since engines make the same paths in all of them. The limits are those that a cgroup itself sets; what binds in the end says nsinspect limits.';
  static override examples = [
    '<%= config.bin %> cgroup tree',
    {
      description: 'who uses most memory',
      command: '<%= config.bin %> cgroup tree --controller memory --sort memory --depth 2',
    },
  ];
  static override flags = {
    depth: integer({ min: 0, summary: 'Levels below the root.' }),
    controller: string({ summary: 'Only the hierarchy of this controller (or name=x, or v2).' }),
    sort: option({ options: SORTS, default: 'name', summary: 'Order of siblings.' })(),
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { flags } = await this.parse(CgroupTree);
    const capture = await obtain(
      flags,
      {
        facets: ['tasks', 'engines', 'cgroups'],
        tasks: { detail: 'none', cgroups: true, root: false, threadCgroups: true },
        cgroups: { tids: false, files: 'limits', only: null },
      },
      this.tool,
    );
    const [{ cgroupViewOf }, { hierarchyKey }, { cgroupPaths }, report, { makeStyle }] = await Promise.all([
      import('../../src/cli/cgroup-view.ts'),
      import('../../src/model/cgroup-key.ts'),
      import('../../src/model/cgroup-summary.ts'),
      import('../../reports/cgroup-tree.ts'),
      import('../../reports/style.ts'),
    ]);
    const view = cgroupViewOf(capture);
    const wanted = view.facet.hierarchies.filter(
      (hierarchy) =>
        flags.controller === undefined ||
        hierarchy.controllers.includes(flags.controller) ||
        hierarchyKey(hierarchy) === flags.controller,
    );
    if (wanted.length === 0) {
      throw new NsinspectError(`no hierarchy has the controller ${flags.controller ?? ''}`, {
        code: 'no-such-controller',
        hint: `There are ${view.facet.hierarchies.map(hierarchyKey).join(', ')}.`,
      });
    }
    const ids = new Set(wanted.map(({ id }) => id));
    const all = cgroupPaths(view.graph, (id) => ids.has(id));
    const roots = report.chosenPaths(all, { depth: flags.depth ?? Infinity, sort: flags.sort });
    const style = makeStyle(outputStyle(flags));
    const document = report.cgroupTreeDocument(capture, view.facet, roots, view.containerOf, style);
    this.print(report.cgroupTreeLines(roots, view.containerOf, style));
    this.noteCoverage(document.coverage);
    return document;
  }
}
