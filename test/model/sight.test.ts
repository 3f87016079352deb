import { expect, test } from 'vitest';

import { sightOf } from '../../src/model/layers/sight.ts';
import type { MountFacts, MountsFacet, MountTable } from '../../src/schema/mounts.ts';
import { NS_TYPES } from '../../src/schema/namespace.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';

const MNT = NS_TYPES.indexOf('mnt');
const mount = (dev: string, path: string, root = '/'): MountFacts => ({ dev, path, root }) as MountFacts;
const table = (mntns: number, pid: number | null, ...mounts: MountFacts[]): MountTable => ({
  mntns,
  pid,
  root: '/',
  mounts,
});
const tasks = { processes: [{ pid: 1, ns: NS_TYPES.map((_, i) => (i === MNT ? 100 : 0)) }] } as unknown as TasksFacet;
const seen = (...tables: MountTable[]) =>
  sightOf(mount('0:40', '/'), 7, { tasks, mounts: { tables } as unknown as MountsFacet });

test('mounted on the host, or only elsewhere', () => {
  expect(seen(table(100, 1, mount('0:1', '/'), mount('0:40', '/m')), table(200, 7, mount('0:40', '/')))).toEqual({
    isOnHost: true,
    places: [
      { pid: 7, path: '/' },
      { pid: 1, path: '/m' },
      { pid: 7, path: '/' },
    ],
  });
  expect(seen(table(100, 1, mount('0:1', '/')), table(200, 7, mount('0:40', '/'))).isOnHost).toBe(false);
});

test('a part of it, or a table that no process told, is no place to look from', () => {
  const { places } = seen(table(200, 8, mount('0:40', '/d', '/d')), table(300, null, mount('0:40', '/')));
  expect(places).toEqual([{ pid: 7, path: '/' }]);
});
