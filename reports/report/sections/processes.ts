import type { ReportCell, ReportRow } from '../../../src/schema/report.ts';
import type { ProcessFacts } from '../../../src/schema/tasks.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { numberColumn, textColumn } from '../cells.ts';
import { containerItem, processItem } from '../items.ts';
import type { Content, Section } from '../section.ts';
import type { World } from '../world.ts';

/** Rows that are shown at once. */
const SHOWN = 20;

const section: Section = {
  id: 'processes',
  order: 90,
  title: 'Processes',
  question: 'What runs here, and in which container?',
  needs: ['tasks'],
  contentOf,
};

export default section;

function contentOf(world: World): Content {
  const { processes } = world.tasks;
  const inside = processes.filter(({ pid }) => world.containerOf(pid) !== undefined).length;
  return {
    summary: `${formatPlural(processes.length, 'process', 'processes')}, ${inside} of them in containers.`,
    findings: [],
    blocks: [
      {
        kind: 'table',
        name: 'processes',
        caption: 'Processes',
        columns: [
          numberColumn('pid', 'Pid', 'count'),
          numberColumn('ppid', 'Parent', 'count'),
          textColumn('container', 'Container'),
          numberColumn('threads', 'Threads', 'count'),
          textColumn('state', 'State'),
          textColumn('command', 'Command'),
        ],
        rows: processes.map((process) => rowOf(process, world)),
        shown: SHOWN,
      },
    ],
  };
}

function rowOf(process: ProcessFacts, world: World): ReportRow {
  const { pid, ppid, threads, state, comm, detail } = process;
  const container = world.containerOf(pid);
  const argv = detail?.argv ?? [];
  const where: ReportCell =
    container === undefined
      ? { text: '' }
      : { text: nameText(container.name ?? container.id), item: containerItem(container) };
  const command = argv.length === 0 ? `[${nameText(comm)}]` : argv.map(nameText).join(' ');
  return {
    item: processItem(process),
    cells: [
      { text: String(pid) },
      { text: String(ppid) },
      where,
      { text: String(threads) },
      { text: state },
      { text: command },
    ],
  };
}
