/** One cgroup, in every hierarchy in which its path is. */
import { effectiveCss } from '../src/model/cgroup-index.ts';
import type { CgroupNode } from '../src/model/cgroup-index.ts';
import { cgroupFileInfo } from '../src/model/cgroup-files.ts';
import type { CssGraph } from '../src/model/css-sets.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { FileValue } from '../src/schema/cgroups.ts';
import type { CgroupFileReport, CgroupReport, CgroupShowDocument } from '../src/schema/css-graph-document.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatBytes, formatMicroseconds, formatPlural } from '../src/text/units.ts';
import { truncate } from '../src/text/width.ts';
import { graphCgroup } from './css-graph.ts';
import { documentHead } from './head.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

/** The document of `cgroup show`. */
export function cgroupShowDocument(
  capture: Capture,
  target: string,
  nodes: readonly CgroupNode[],
  graph: CssGraph,
): CgroupShowDocument {
  return {
    ...documentHead('nsinspect/cgroup/1', capture, ['engines']),
    target,
    cgroups: nodes.map((node) => reportOf(node, graph)),
  };
}

function reportOf(node: CgroupNode, { index, setsOf }: CssGraph): CgroupReport {
  const hierarchy = index.hierarchies.get(node.hierarchy);
  const sets = setsOf.get(node.key) ?? [];
  const controllers = hierarchy?.controllers ?? [];
  const effective: Record<string, string> = {};
  for (const controller of controllers) {
    const css = hierarchy === undefined ? null : effectiveCss(node, controller, hierarchy);
    if (css !== null && css !== node) effective[controller] = css.key;
  }
  return {
    ...graphCgroup(node),
    controllers,
    effective,
    uid: node.facts?.uid ?? null,
    tasks: sets.reduce((sum, { tids }) => sum + tids.length, 0),
    cssSets: sets.map(({ id }) => id),
    files: Object.entries(node.facts?.files ?? {}).map(([file, value]): CgroupFileReport => {
      const info = cgroupFileInfo(file, hierarchy?.version ?? 1);
      return {
        file,
        controller: info?.controller ?? file.split('.')[0] ?? file,
        role: info?.role ?? null,
        unit: info?.unit ?? null,
        value,
      };
    }),
  };
}

/** What is shown first: the order in which somebody who looks for a limit reads. */
const ROLES = [
  'limit',
  'protection',
  'weight',
  'usage',
  'peak',
  'event',
  'pressure',
  'setting',
  'structure',
  'stat',
  null,
];

/** The answer for a person. `all`: statistics, too. */
export function cgroupShowLines({ cgroups }: CgroupShowDocument, all: boolean, style: Style): string[] {
  const lines = cgroups.flatMap((cgroup, i) => [...(i > 0 ? [''] : []), ...cgroupLines(cgroup, all, style)]);
  return style.columns === null ? lines : lines.map((line) => fitted(line, style));
}

function fitted(line: string, style: Style): string {
  // Coloured lines are headings, which are short.
  return line.includes('\u001b') ? line : truncate(line, style.columns ?? Infinity, style.ellipsis);
}

function cgroupLines(cgroup: CgroupReport, all: boolean, style: Style): string[] {
  const kind = cgroup.type === null ? '' : `, ${cgroup.type}`;
  const sets = cgroup.cssSets.length === 0 ? '' : ` through css_set ${cgroup.cssSets.slice(0, 12).join(' ')}`;
  const lines = [
    `${style.bold(terminalSafe(cgroup.key))}  ${terminalSafe(nameText(cgroup.path))}`,
    `  ${formatPlural(cgroup.tasks, 'task')}${sets}${kind}${cgroup.uid === null || cgroup.uid === 0 ? '' : `, delegated to uid ${String(cgroup.uid)}`}`,
  ];
  for (const [controller, key] of Object.entries(cgroup.effective))
    lines.push(`  ${controller}: not enabled here, that of ${terminalSafe(key)} works`);
  const shown = cgroup.files.filter(({ role }) => all || (role !== 'stat' && role !== 'members'));
  const width = Math.min(36, Math.max(0, ...shown.map(({ file }) => file.length)));
  for (const role of ROLES) {
    for (const file of shown.filter((one) => one.role === role)) lines.push(...fileLines(file, width, style));
  }
  const hidden = cgroup.files.length - shown.length;
  if (hidden > 0) lines.push(`  ${formatPlural(hidden, 'file')} with statistics: --all`);
  return lines;
}

function fileLines({ file, role, unit, value }: CgroupFileReport, width: number, style: Style): string[] {
  const room = style.columns === null ? Infinity : Math.max(20, style.columns - width - 16);
  const [first = '', ...rest] = valueLines(value, unit).flatMap((line) => wrap(line, room, style));
  const head = `  ${(role ?? 'unknown').padEnd(10)}  ${terminalSafe(file).padEnd(width)}  `;
  return [head + (first === '' ? '-' : first), ...rest.map((line) => ' '.repeat(head.length) + line)];
}

function valueLines(value: FileValue, unit: string | null): string[] {
  switch (value.kind) {
    case 'number':
      return [withUnit(value.value, unit)];
    case 'max':
      return ['max'];
    case 'pair':
      return [`${value.first} ${value.second}`];
    case 'words':
      return [value.words.join(' ')];
    case 'list':
      return [value.list === '' ? '(empty)' : value.list];
    case 'keyed':
      return [terminalSafe(value.entries.map(([key, one]) => `${key}=${one}`).join(' '))];
    case 'nested':
      return value.entries.map(({ key, values }) =>
        terminalSafe(
          `${key} ${Object.entries(values)
            .map((pair) => pair.join('='))
            .join(' ')}`,
        ),
      );
    case 'lines':
      return value.lines.map((words) => terminalSafe(words.join(' ')));
    case 'text':
      return [terminalSafe(nameText(value.text).trim())];
    case 'unknown':
      return [`? ${value.outcome}`];
  }
}

/** The exact number, and beside it one that can be read. */
function withUnit(value: string, unit: string | null): string {
  const number = BigInt(value);
  if (number < 0n || unit === null) return value;
  if (unit === 'bytes' && number >= 1n << 62n) return `${value} (no limit)`;
  if (unit === 'bytes' && number >= 1024n) return `${value} (${formatBytes(number)})`;
  if (unit === 'usec' && number >= 1000n) return `${value} (${formatMicroseconds(number)})`;
  if (unit === 'nsec' && number >= 1000n) return `${value} (${formatMicroseconds(number / 1000n)})`;
  return `${value} ${unit}`;
}
