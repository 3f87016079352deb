import { describe, expect, test } from 'vitest';

import { isMalformed } from '../../src/parse/malformed.ts';
import { parseMountinfo } from '../../src/parse/mountinfo.ts';
import { hierarchies, type CgroupWorld } from '../../src/probe/hierarchies.ts';

const HYBRID = [
  '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
  '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd',
  '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  '60 31 0:32 / /elsewhere rw - cgroup cgroup rw,memory',
];
const UNIFIED = ['31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate'];

function world(
  lines: readonly string[],
  files: Record<string, string>,
  others: Partial<CgroupWorld> = {},
): CgroupWorld {
  const mounts = parseMountinfo(lines.map((line) => `${line}\n`).join(''));
  if (isMalformed(mounts)) throw new Error('the test is wrong');
  return {
    mounts,
    controllers: ['cpu', 'cpuacct', 'memory', 'pids'],
    own: '/',
    privileged: true,
    read: (file) => files[file] ?? null,
    writable: () => true,
    ...others,
  };
}

describe('hierarchies for probes', () => {
  test('of a hybrid host: each once, those of v1 in their root, v2 without controllers that nobody handed on', () => {
    const found = hierarchies(world(HYBRID, { '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n' }));
    expect(found.map(({ version, controllers, base }) => [version, controllers.join(), base])).toEqual([
      [1, 'cpu,cpuacct', '/sys/fs/cgroup/cpu'],
      [1, 'memory', '/sys/fs/cgroup/memory'],
      [1, '', '/sys/fs/cgroup/systemd'],
      [2, '', '/sys/fs/cgroup/unified'],
    ]);
    expect(found[3]).toMatchObject({
      withheld: ['hugetlb'],
      lacks: 'not enabled in /sys/fs/cgroup/unified/cgroup.subtree_control',
    });
  });

  test('of v1 that may not be written to say so', () => {
    const [cpu] = hierarchies(world(HYBRID, {}, { writable: () => false }));
    expect(cpu).toMatchObject({ base: null, lacks: '/sys/fs/cgroup/cpu cannot be written to' });
  });

  const FILES = {
    '/sys/fs/cgroup/cgroup.controllers': 'cpu io memory pids\n',
    '/sys/fs/cgroup/cgroup.subtree_control': 'cpu memory pids\n',
    '/sys/fs/cgroup/user/cgroup.subtree_control': 'memory pids\n',
    '/sys/fs/cgroup/user/app/cgroup.subtree_control': 'memory pids\n',
  };

  test('of v2: the privileged go to where most is handed on, the root first', () => {
    const [unified] = hierarchies(world(UNIFIED, FILES, { own: '/user/app/me' }));
    expect(unified).toMatchObject({
      ...{ base: '/sys/fs/cgroup', controllers: ['cpu', 'memory', 'pids'], withheld: ['io'] },
      lacks: 'not enabled in /sys/fs/cgroup/cgroup.subtree_control',
    });
  });

  test('of v2: others go to the nearest ancestor that was delegated to them', () => {
    const user = { own: '/user/app/me', privileged: false };
    const delegated = (directory: string) => directory.startsWith('/sys/fs/cgroup/user');
    const [unified] = hierarchies(world(UNIFIED, FILES, { ...user, writable: delegated }));
    expect(unified).toMatchObject({ base: '/sys/fs/cgroup/user/app', controllers: ['memory', 'pids'] });
    const [none] = hierarchies(world(UNIFIED, FILES, { ...user, writable: () => false }));
    expect(none).toMatchObject({ base: null, lacks: 'no cgroup below /sys/fs/cgroup is delegated to this user' });
  });

  test('of v2 outside of the own cgroup namespace: the root that is mounted', () => {
    const [unified] = hierarchies(world(UNIFIED, FILES, { own: '/../other' }));
    expect(unified?.base).toBe('/sys/fs/cgroup');
  });
});
