import { describe, expect, it } from 'vitest';

import { mountTree, seenFrom, type MountTree } from '../../../src/model/mounts/tree.ts';
import { tableOf } from './made-mounts.ts';

const treeOf = (...lines: readonly string[]): MountTree => mountTree(tableOf(7, lines));
/** What covers each mount, by ids; `-`: it can be reached, `x`: no path leads there. */
const covers = (tree: MountTree): Record<number, number | string> =>
  Object.fromEntries(
    tree.nodes.map(({ facts, coveredBy, unreachable }) => [
      facts.id,
      coveredBy === null ? (unreachable ? 'x' : '-') : coveredBy.facts.id,
    ]),
  );

describe('mountTree', () => {
  it.each<[what: string, lines: readonly string[], expected: Record<number, number | string>]>([
    [
      'one over another',
      ['1 0 8:1 / / rw - ext4 d rw', '2 1 0:5 / /a rw - tmpfs t rw', '3 2 0:6 / /a rw - tmpfs u rw'],
      { 1: '-', 2: 3, 3: '-' },
    ],
    [
      'one over a directory above',
      ['1 0 8:1 / / rw - ext4 d rw', '2 1 0:5 / /a/b rw - tmpfs t rw', '3 1 0:6 / /a rw - tmpfs u rw'],
      { 1: '-', 2: 3, 3: '-' },
    ],
    [
      'one on what is covered',
      [
        '1 0 8:1 / / rw - ext4 d rw',
        '2 1 0:5 / /a rw - tmpfs t rw',
        '3 2 0:6 / /a/b rw - tmpfs u rw',
        '4 2 0:7 / /a rw - tmpfs v rw',
      ],
      { 1: '-', 2: 4, 3: 4, 4: '-' },
    ],
    [
      'the root of the kernel below that of the system',
      ['1 1 0:2 / / rw - rootfs rootfs rw', '2 1 8:1 / / rw - ext4 d rw', '3 2 0:5 / /a rw - tmpfs t rw'],
      { 1: 2, 2: '-', 3: '-' },
    ],
    [
      'names that begin alike',
      ['1 0 8:1 / / rw - ext4 d rw', '2 1 0:5 / /ab rw - tmpfs t rw', '3 1 0:6 / /a rw - tmpfs u rw'],
      { 1: '-', 2: '-', 3: '-' },
    ],
    [
      'a directory that is gone',
      ['1 0 8:1 / / rw - ext4 d rw', '2 1 0:5 / /a//deleted rw - tmpfs t rw'],
      { 1: '-', 2: 'x' },
    ],
    [
      'a chroot into what is no mount',
      ['5 9 0:5 / /proc rw - proc p rw', '6 9 0:6 / /dev rw - tmpfs t rw'],
      { 5: '-', 6: '-' },
    ],
  ])('knows what a path leads to: %s', (_what, lines, expected) => {
    expect(covers(treeOf(...lines))).toEqual(expected);
  });

  it('finds the mount of any path', () => {
    const tree = treeOf('1 0 8:1 / / rw - ext4 d rw', '2 1 0:5 / /a rw - tmpfs t rw', '3 2 0:6 / /a/b rw - tmpfs u rw');
    const at = (path: string): number | undefined => tree.at(path)?.facts.id;
    expect(['/', '/x', '/a', '/a/x/y', '/a/b/c', '/ab'].map(at)).toEqual([1, 1, 2, 2, 3, 1]);
  });

  it('puts each mount on its parent', () => {
    const tree = treeOf('1 0 8:1 / / rw - ext4 d rw', '2 1 0:5 / /a rw - tmpfs t rw', '3 1 0:6 / /b rw - tmpfs u rw');
    expect(tree.roots.map(({ facts }) => facts.id)).toEqual([1]);
    expect(tree.roots[0]?.children.map(({ facts }) => facts.id)).toEqual([2, 3]);
  });

  it('loses none of a forged table whose mounts are on each other', () => {
    const tree = treeOf('1 2 8:1 / / rw - ext4 d rw', '2 1 0:5 / /a rw - tmpfs t rw', '3 2 0:5 / / rw - tmpfs t rw');
    const reached = new Set<number>();
    const stack = [...tree.roots];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      expect(reached.has(next.facts.id)).toBe(false);
      reached.add(next.facts.id);
      stack.push(...next.children);
    }
    expect([...reached].toSorted()).toEqual([1, 2, 3]);
  });
});

describe('seenFrom', () => {
  const table = tableOf(7, [
    '1 0 8:1 / / rw - ext4 d rw',
    '2 1 0:5 / /a rw - tmpfs t rw',
    '3 2 0:6 / /a/b rw - tmpfs u rw',
    '4 1 0:7 / /ab rw - tmpfs v rw',
  ]);
  it.each([
    ['/', ['/', '/a', '/a/b', '/ab']],
    ['/a', ['/', '/b']],
    ['/a/b', ['/']],
    ['/c', []],
  ])('is what a task with the root %s sees', (root, paths) => {
    expect(seenFrom(table, root).mounts.map(({ path }) => path)).toEqual(paths);
  });
});
