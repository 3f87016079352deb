/** Every analysis of a capture, in one process: what commands do with one after it was read. */
import { cgroupShowDocument, cgroupShowLines } from '../../reports/cgroup-show.ts';
import { cgroupTreeDocument, cgroupTreeLines, chosenPaths } from '../../reports/cgroup-tree.ts';
import { cssGraphDot } from '../../reports/css-graph-dot.ts';
import { cssGraphSvg } from '../../reports/css-graph-svg.ts';
import { cssGraphDocument, cssGraphLines } from '../../reports/css-graph.ts';
import { inspectLines } from '../../reports/inspect-text.ts';
import { inspectDocument } from '../../reports/inspect.ts';
import { limitsLines } from '../../reports/limits-text.ts';
import { limitsDocument } from '../../reports/limits.ts';
import { chooseColumns, namespaceRow, namespacesDocument } from '../../reports/namespaces.ts';
import { makeStyle } from '../../reports/style.ts';
import { csv, tableLines } from '../../reports/table.ts';
import { TREE_VIEWS, treeReport } from '../../reports/tree.ts';
import { namespacesOfTarget, whyDocument, whyLines } from '../../reports/why.ts';
import { cgroupsOfTarget, cgroupViewOf } from '../../src/cli/cgroup-view.ts';
import { viewOf } from '../../src/cli/view.ts';
import { cgroupPaths } from '../../src/model/cgroup-summary.ts';
import { limitsOf, subjectOf } from '../../src/model/limits.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { toJson } from '../../src/text/json.ts';

const style = makeStyle({ color: false, unicode: true, columns: 100 });
const FULL = { types: null, container: null, pid: null, kthreads: true } as const;

/** Runs all of them. What a command would tell as an error of the user's is none; anything else is thrown. */
export function analyse(capture: Capture, targets: readonly string[]): void {
  for (const one of analyses(capture, targets)) {
    try {
      one();
    } catch (error) {
      if (!(error instanceof NsinspectError)) throw error;
    }
  }
}

function analyses(capture: Capture, targets: readonly string[]): (() => void)[] {
  const view = viewOf(capture);
  const cgroups = cgroupViewOf(capture);
  const { containerOf } = view;
  const { facet, graph } = cgroups;
  return [
    ...TREE_VIEWS.map((by) => () => {
      const report = treeReport(by, view, FULL);
      report.lines(style);
      toJson(report.document);
    }),
    () => {
      const rows = view.namespaces.all.map((ns) => namespaceRow(ns, containerOf));
      tableLines(rows, chooseColumns('all'), style);
      csv(rows, chooseColumns('all'));
      toJson(namespacesDocument(capture, rows));
    },
    () => {
      const roots = chosenPaths(
        cgroupPaths(graph, () => true),
        { depth: Infinity, sort: 'memory' },
      );
      cgroupTreeLines(roots, containerOf, style);
      toJson(cgroupTreeDocument(capture, facet, roots, containerOf, style));
    },
    () => {
      cssGraphLines(graph, facet, cgroups.checks, containerOf, style);
      cssGraphDot(graph, facet, containerOf);
      cssGraphSvg(graph, view.tasks, facet, containerOf);
      toJson(cssGraphDocument(capture, facet, graph, cgroups.checks));
    },
    ...targets.flatMap((target) => [
      () => {
        const document = inspectDocument(view.resolve(target), { ...view, graph });
        inspectLines(document, style);
        toJson(document);
      },
      () => {
        const namespaces = namespacesOfTarget(view.resolve(target), view.namespaces);
        whyLines(namespaces, view, style);
        toJson(whyDocument(capture, namespaces, containerOf));
      },
      () => {
        const nodes = cgroupsOfTarget(target, cgroups, () => view.resolve(target));
        const document = cgroupShowDocument(capture, target, nodes, graph);
        cgroupShowLines(document, true, style);
        toJson(document);
      },
      () => {
        const { limits } = capture;
        if (limits === undefined) return;
        const subject = subjectOf(view.resolve(target), view.tasks);
        const document = limitsDocument(capture, subject, limitsOf(subject, facet, limits, view.tasks));
        limitsLines(document, true, style);
        toJson(document);
      },
    ]),
  ];
}
