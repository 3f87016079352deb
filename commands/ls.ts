import { boolean, option, string } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { obtain, sourceFlags } from '../src/cli/source.ts';
import { NS_TYPES } from '../src/schema/namespace.ts';
import { DEFAULT_NAMESPACE_COLUMNS, NAMESPACE_COLUMNS } from '../reports/namespace-columns.ts';

const columnHelp = NAMESPACE_COLUMNS.map(({ name, help }) => `${name.padEnd(10)} ${help}`).join('\n');

export default class Ls extends BaseCommand {
  static override summary = 'List every namespace, however hidden, one a row.';
  static override description = `Finds namespaces through processes, threads, namespaces for future children, open files, sockets, bind mounts in any mount namespace, and the children and possessions of others.\n\nColumns for -o:\n${columnHelp}`;
  static override examples = [
    '<%= config.bin %> ls',
    {
      description: 'network namespaces and what keeps them alive',
      command: '<%= config.bin %> ls --type net -o inum,leader,holders',
    },
    {
      description: 'those that no process is in',
      command: "<%= config.bin %> ls --json | jq '.namespaces[] | select(.tasks == 0)'",
    },
  ];
  static override flags = {
    type: option({
      options: NS_TYPES,
      multiple: true,
      delimiter: ',',
      summary: 'Only namespaces of these types.',
    })(),
    columns: string({
      char: 'o',
      helpValue: 'LIST',
      summary:
        'Columns to show, separated by commas; all: every one. With + in front they are added to the usual ones.',
    }),
    sort: string({ helpValue: 'COLUMN', summary: 'Sort by this column; -COLUMN: downwards.' }),
    csv: boolean({ summary: 'Print comma-separated values.', exclusive: ['json'] }),
    ...sourceFlags,
    ...outputFlags,
  };

  async run() {
    const { flags } = await this.parse(Ls);
    const { chooseColumns, namespacesDocument, namespaceRow, sortRows } = await import('../reports/namespaces.ts');
    const columns = chooseColumns(flags.columns ?? DEFAULT_NAMESPACE_COLUMNS.join());
    const capture = await obtain(
      flags,
      {
        facets: ['tasks', 'namespaces', 'engines'],
        tasks: { detail: 'none', cgroups: true, root: false, threadCgroups: false },
      },
      this.tool,
    );
    const { viewOf } = await import('../src/cli/view.ts');
    const view = viewOf(capture);
    const wanted = flags.type === undefined ? null : new Set(flags.type);
    const rows = view.namespaces.all
      .filter((ns) => wanted === null || wanted.has(ns.facts.type))
      .map((ns) => namespaceRow(ns, view.containerOf));
    const sorted = flags.sort === undefined ? rows : sortRows(rows, flags.sort);
    const document = namespacesDocument(capture, sorted);
    if (this.jsonEnabled()) return document;
    const [{ csv, tableLines }, { makeStyle }] = await Promise.all([
      import('../reports/table.ts'),
      import('../reports/style.ts'),
    ]);
    if (flags.csv) process.stdout.write(csv(sorted, columns));
    else {
      this.print(tableLines(sorted, columns, makeStyle(outputStyle(flags))));
      this.noteCoverage(document.coverage);
    }
    return document;
  }
}
