/** Cgroups nested deeper than the call stack, and such as only a forged capture has. */
import { describe, expect, it } from 'vitest';

import { cgroupTreeDocument, cgroupTreeLines, chosenPaths } from '../../reports/cgroup-tree.ts';
import { makeStyle } from '../../reports/style.ts';
import { cgroupViewOf } from '../../src/cli/cgroup-view.ts';
import { cgroupPaths } from '../../src/model/cgroup-summary.ts';
import { mapTree } from '../../src/model/map-tree.ts';
import type { CgroupFacts } from '../../src/schema/cgroups.ts';
import { captureOfFacts, processOf, tasksOf } from '../support/facts.ts';

/** The tree of these cgroups of the v2 hierarchy, and how it is drawn. */
function drawn(cgroups: readonly CgroupFacts[], depth = Infinity): { lines: string[]; levels: number[] } {
  const capture = {
    ...captureOfFacts(tasksOf([processOf(1)])),
    cgroups: {
      version: 1,
      hierarchies: [
        { id: 0, version: 2, controllers: ['memory'], name: null, noprefix: false, mounts: [], walked: true },
      ],
      cgroups,
      subsystems: null,
      collected: { tids: false, files: 'limits', only: null },
      reread: null,
      coverage: { cgroups: cgroups.length, vanished: 0, denied: 0 },
    },
  } as const;
  const view = cgroupViewOf(capture);
  const roots = chosenPaths(
    cgroupPaths(view.graph, () => true),
    { depth, sort: 'name' },
  );
  const style = makeStyle({ color: false, unicode: true, columns: 80 });
  const { nodes } = cgroupTreeDocument(capture, view.facet, roots, view.containerOf, style);
  return { lines: cgroupTreeLines(roots, view.containerOf, style), levels: nodes.map(({ parent }) => parent ?? -1) };
}

const cgroup = (path: string, parent: number | null, inode: number): CgroupFacts => ({
  hierarchy: 0,
  inode,
  path,
  parent,
  files: {},
});

describe('the tree of cgroups', () => {
  // The names as in a path of 20,000 levels, but that each path is short.
  const deep = Array.from({ length: 20_000 }, (_, i) =>
    cgroup(i === 0 ? '/' : `/${String(i)}`, i === 0 ? null : i - 1, i),
  );

  it('may be deeper than the call stack', () => {
    const { lines, levels } = drawn(deep);
    expect(lines).toHaveLength(20_001);
    expect(levels.at(-1)).toBe(19_998);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.at(100)).toMatch(/^\(level 99\) 99 /);
  });

  it('is cut where it is told to be', () => {
    expect(drawn(deep, 3).lines).toHaveLength(5);
  });

  it('has each path once, though a capture says that one is below itself', () => {
    const circle = [cgroup('/', null, 1), cgroup('/a', 0, 2), cgroup('/', 1, 3), cgroup('/a', 2, 4)];
    expect(drawn(circle).levels).toEqual([-1, 0]);
  });
});

describe('a forest that is made from another', () => {
  interface Node {
    readonly name: string;
    readonly below: readonly Node[];
  }
  const node = (name: string, ...below: Node[]): Node => ({ name, below });
  const forest = [node('a', node('b'), node('c', node('d'))), node('e')];

  it('keeps its order', () => {
    const texts = mapTree(
      forest,
      ({ below }) => below,
      ({ name }, children: string[]) => `${name}(${children.join(' ')})`,
    );
    expect(texts).toEqual(['a(b() c(d()))', 'e()']);
  });

  it('leaves out what is not wanted, with what is below', () => {
    const texts = mapTree(
      forest,
      ({ below }) => below,
      ({ name }, children: string[]) => (name === 'c' ? null : `${name}(${children.join(' ')})`),
    );
    expect(texts).toEqual(['a(b())', 'e()']);
  });
});
