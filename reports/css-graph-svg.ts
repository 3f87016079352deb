/**
 * The graph of css_sets as a picture that stands alone. A css_set is a line from top to bottom, a cgroup a line from left to
 * right, in a band for its hierarchy; where a set leads to a cgroup there is a dot. That every set has one dot in every band is
 * the kernel's rule made visible, and no edges cross as they would between two rows of boxes.
 */
import type { CgroupNode } from '../src/model/cgroup-index.ts';
import type { CssGraph, CssSet } from '../src/model/css-sets.ts';
import type { CgroupsFacet } from '../src/schema/cgroups.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { displayWidth, truncate, truncateMiddle } from '../src/text/width.ts';
import { hierarchyNames, membersText } from './css-graph.ts';
import { linkedIn } from './css-graph-dot.ts';
import type { ContainerOf } from './namespaces.ts';
import { element, escapeXml, textElement } from './svg.ts';

/** Pixels. */
const ROW = 22;
const COLUMN = 44;
const BAND_HEAD = 30;
const MARGIN = 24;
const CHARACTER = 6.7;
/** Characters of a path or a label before it is cut; the whole stands in the tooltip. */
const PATH_LENGTH = 52;
const LABEL_LENGTH = 36;

const CSS = `
.bg{fill:#fff}text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1f2328}
.path{font-family:ui-monospace,monospace;font-size:11px}.band{fill:#f3f5f8}.name{font-weight:600}
.quiet{fill:#59636e}.row{stroke:#d8dee4}.set{stroke:#57606a;stroke-width:1.5}.dot{fill:#0b66c3}.id{fill:#0b66c3}
.badge{fill:#fff;font-weight:600}.again{font-size:10px;fill:#59636e}
@media(prefers-color-scheme:dark){.bg{fill:#0d1117}text{fill:#e6edf3}.band{fill:#161c24}.quiet,.again{fill:#9198a1}.row{stroke:#2b323b}
.set{stroke:#7d8590}.dot,.id{fill:#58a6ff}.badge{fill:#0d1117}}`;

/** The picture as an SVG document. */
export function cssGraphSvg(graph: CssGraph, facet: CgroupsFacet, containerOf: ContainerOf): string {
  const bands = [...hierarchyNames(facet)]
    .map(([id, name]) => ({ id, name, nodes: linkedIn(graph, id) }))
    .filter(({ nodes }) => nodes.length > 0);
  const labels = graph.cssSets.map((set) =>
    truncate(`${formatPlural(set.tids.length, 'task')}: ${terminalSafe(membersText(set, containerOf))}`, LABEL_LENGTH),
  );
  const longest = labels.reduce((most, label) => Math.max(most, displayWidth(label)), 0) * CHARACTER;
  // Labels lean to the right by 45 degrees above their column.
  const head = 96 + longest * Math.SQRT1_2;
  const paths = bands.flatMap(({ nodes }) => nodes.map(pathText));
  const left = MARGIN + Math.max(150, ...paths.map((path) => displayWidth(path) * CHARACTER)) + 20;
  const right = left + graph.cssSets.length * COLUMN;
  const width = Math.max(right + longest * Math.SQRT1_2, 480) + MARGIN;

  const body: string[] = [];
  const dots = new Map<string, number>();
  let y = head;
  for (const { name, nodes } of bands) {
    body.push(
      element('rect', { class: 'band', x: MARGIN - 8, y, width: right - MARGIN + 8, height: BAND_HEAD - 8, rx: 4 }),
      textElement(MARGIN, y + 15, terminalSafe(name), { class: 'name' }),
      // The numbers once more: the picture may be higher than a screen.
      ...graph.cssSets.map(({ id }, i) =>
        textElement(left + (i + 0.5) * COLUMN + 5, y + 15, String(id), { class: 'again' }),
      ),
    );
    y += BAND_HEAD;
    for (const node of nodes) {
      dots.set(node.key, y);
      body.push(rowOf(node, y, left, right));
      y += ROW;
    }
    y += 6;
  }
  const bottom = y;
  for (const [i, set] of graph.cssSets.entries())
    body.push(setLine(set, labels[i] ?? '', left + (i + 0.5) * COLUMN, head, dots, containerOf));
  const height = bottom + MARGIN;
  const title = 'Which css_set joins which tasks to which cgroups';
  const sum = `${formatPlural(graph.cssSets.length, 'css_set')} over ${formatPlural(bands.length, 'hierarchy', 'hierarchies')}, ${formatPlural(graph.setOfTid.size, 'task')}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(Math.ceil(width))} ${String(Math.ceil(height))}" width="${String(Math.ceil(width))}" height="${String(Math.ceil(height))}" role="img" aria-labelledby="title desc">`,
    element('title', { id: 'title' }, escapeXml(title)),
    element('desc', { id: 'desc' }, escapeXml(`${sum}. ${describe(graph, facet)}`)),
    element('style', {}, CSS),
    element('rect', { class: 'bg', width: '100%', height: '100%' }),
    textElement(MARGIN, MARGIN + 8, title, { class: 'name' }),
    textElement(MARGIN, MARGIN + 28, sum, { class: 'quiet' }),
    ...body,
    '</svg>\n',
  ].join('\n');
}

function pathText({ path }: CgroupNode): string {
  return truncateMiddle(terminalSafe(nameText(path)), PATH_LENGTH);
}

function rowOf(node: CgroupNode, y: number, left: number, right: number): string {
  const whole = element('title', {}, escapeXml(`${node.key} ${terminalSafe(nameText(node.path))}`));
  return element(
    'g',
    {},
    whole,
    textElement(MARGIN, y + 4, pathText(node), { class: 'path' }),
    element('line', { class: 'row', x1: left - 8, y1: y, x2: right, y2: y }),
  );
}

function setLine(
  set: CssSet,
  label: string,
  x: number,
  head: number,
  dots: ReadonlyMap<string, number>,
  containerOf: ContainerOf,
): string {
  const ys = [...set.cgroups.values()].flatMap(({ key }) => dots.get(key) ?? []);
  const about = `css_set ${String(set.id)}: ${formatPlural(set.tids.length, 'task')}, ${formatPlural(set.processes.length, 'process', 'processes')}: ${terminalSafe(membersText(set, containerOf))}`;
  const top = head - 30;
  return element(
    'g',
    {},
    element('title', {}, escapeXml(about)),
    element('line', { class: 'set', x1: x, y1: top + 12, x2: x, y2: Math.max(top + 12, ...ys) }),
    ...ys.map((y) => element('circle', { class: 'dot', cx: x, cy: y, r: 5 })),
    element('circle', { class: 'id', cx: x, cy: top, r: 12 }),
    textElement(x, top + 4, String(set.id), { class: 'badge', 'text-anchor': 'middle' }),
    element(
      'g',
      { transform: `translate(${String(x - 2)} ${String(Math.round(top - 18))}) rotate(-45)` },
      textElement(0, 0, label, {}),
    ),
  );
}

/** The links in words, for those who cannot see the picture. */
function describe(graph: CssGraph, facet: CgroupsFacet): string {
  const names = hierarchyNames(facet);
  return graph.cssSets
    .slice(0, 50)
    .map(({ id, cgroups }) => {
      const places = [...cgroups].map(
        ([hierarchy, { path }]) => `${names.get(hierarchy) ?? String(hierarchy)} ${terminalSafe(nameText(path))}`,
      );
      return `css_set ${String(id)}: ${places.join(', ')}.`;
    })
    .join(' ');
}
