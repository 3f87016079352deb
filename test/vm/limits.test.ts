/** What `limits` says on a host with cgroup v2 alone, held against the kernel's files and against what it then allows. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { LimitReport, LimitsDocument } from '../../src/schema/limits-document.ts';
import { jsonOf } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { cgroupWorld, CGROUPS, type CgroupWorld } from './cgroup-world.ts';
import type { Truth } from './truth.ts';

/** From the process's own cgroup up. */
const LEVELS = ['/limits/loose/leaf', '/limits/loose', '/limits'];

describeWith(['qemu', 'guest-kernel', 'setpriv', 'busybox-static', 'cc'], 'limits in a guest', () => {
  let world: CgroupWorld;
  let truth: Truth;
  let resources: readonly LimitReport[];

  const limitsOf = async (target: string) =>
    jsonOf<LimitsDocument>(await world.guest.cli('limits', '--json', target)).resources;
  const find = (resource: string, more: Partial<LimitReport> = {}) =>
    resources.find(
      (one) =>
        one.resource === resource &&
        Object.entries(more).every(([name, value]) => one[name as keyof LimitReport] === value),
    );

  beforeAll(async () => {
    world = await cgroupWorld();
    truth = await world.truth();
    resources = await limitsOf(String(world.pids.leaf));
  });

  afterAll(async () => {
    await world.guest.stop();
  });

  for (const [resource, file, pageSize] of [
    ['memory', 'memory.max'],
    ['memory.high', 'memory.high'],
    ['memory.swap', 'memory.swap.max'],
    ['pids', 'pids.max'],
    ['hugetlb', 'hugetlb.2MB.max', '2MB'],
  ] as const) {
    test(`follows ${file} up and names the tightest`, () => {
      const stated = LEVELS.map((path) => ({ path, file, limit: limitIn(truth, path, file) }));
      const limit = find(resource, pageSize === undefined ? {} : { pageSize });
      expect(limit?.chain).toMatchObject(stated);
      // Without swap the machine is tighter than any cgroup.
      if (resource === 'memory.swap') {
        expect(limit).toMatchObject({ effective: { kind: 'value', value: '0' }, imposedBy: { kind: 'host' } });
        return;
      }
      const values = stated.flatMap(({ path, limit: { value } }) =>
        value === undefined ? [] : [{ path, value: BigInt(value) }],
      );
      const tightest = values.reduce((a, b) => (b.value < a.value ? b : a));
      expect(limit).toMatchObject({
        effective: { kind: 'value', value: String(tightest.value) },
        imposedBy: { kind: 'cgroup', path: tightest.path, file },
      });
    });
  }

  test('knows the time and the processors that the process may have', async () => {
    expect(find('cpu.time')).toMatchObject({
      effective: { kind: 'value', value: '500000' },
      imposedBy: { path: '/limits', file: 'cpu.max' },
    });
    const affinity = await world.guest.script(`grep Cpus_allowed_list /proc/${world.pids.leaf}/status`);
    expect(affinity).toBe('Cpus_allowed_list:\t1\n');
    expect(find('cpu.set')).toMatchObject({
      effective: { kind: 'value', value: [1] },
      imposedBy: { path: '/limits/loose/leaf', file: 'cpuset.cpus' },
    });
    expect(find('cpu.weight')).toMatchObject({ effective: { kind: 'value', value: '50' } });
  });

  test('takes each rate of a device from the level where it is tightest', () => {
    expect(find('io.wbps')).toMatchObject({
      device: '1:0',
      effective: { kind: 'value', value: '1048576' },
      imposedBy: { path: '/limits', file: 'io.max' },
    });
    expect(find('io.riops')).toMatchObject({
      device: '1:0',
      effective: { kind: 'value', value: '100' },
      imposedBy: { path: '/limits/loose', file: 'io.max' },
    });
    expect(find('io.rbps')).toMatchObject({ effective: { kind: 'max' }, imposedBy: null });
  });

  test('knows that protection ends where an ancestor has none', () => {
    for (const resource of ['memory.min', 'memory.low']) {
      expect(find(resource)).toMatchObject({
        effective: { kind: 'value', value: '0' },
        imposedBy: { path: '/limits/loose', file: resource },
      });
    }
  });

  test('reads the limits of the process itself', () => {
    for (const [resource, value] of [
      ['nofile', '256'],
      ['nproc', '5000'],
    ] as const) {
      expect(find(resource)).toMatchObject({ effective: { kind: 'value', value }, imposedBy: { kind: 'rlimit' } });
    }
  });

  test('says the same of the cgroup, but for what only a process has', async () => {
    const ofCgroup = await limitsOf('/limits/loose/leaf');
    const named = ['cpu.time', 'memory', 'memory.high', 'pids', 'io.wbps', 'io.riops'];
    const told = (all: readonly LimitReport[]) =>
      all
        .filter(({ resource }) => named.includes(resource))
        .map(({ resource, effective, imposedBy }) => ({ resource, effective, imposedBy }));
    expect(told(ofCgroup)).toEqual(told(resources));
    expect(ofCgroup.map(({ resource }) => resource)).not.toContain('nofile');
  });

  test('knows no limit where the controller is not enabled for a threaded cgroup, and the quota where it is', async () => {
    const [cpu] = (await limitsOf('/threads/b')).filter(({ resource }) => resource === 'cpu.time');
    expect(cpu).toMatchObject({ effective: { kind: 'value', value: '200000' }, imposedBy: { path: '/threads/b' } });
  });

  test('leaves exactly the room that the kernel then gives', async () => {
    const before = (await limitsOf('/limits/loose/leaf')).find(({ resource }) => resource === 'pids');
    const forker = world.guest.start([
      'sh',
      '-e',
      '-c',
      `echo 0 > ${CGROUPS}${LEVELS[0]!}/cgroup.procs; exec /opt/actor forks`,
    ]);
    const [forks, error] = (await forker.line()).split(' ');
    // It takes one place itself.
    expect([Number(forks) + 1, error]).toEqual([Number(before?.headRoom), 'EAGAIN']);
  });
});

/** What a file states, in the form of the document. */
function limitIn({ cgroups }: Truth, path: string, file: string): { kind: 'max' | 'value'; value?: string } {
  const content = cgroups[path]?.files[file];
  if (content === undefined || 'errno' in content) throw new Error(`${path}/${file} cannot be read`);
  const text = content.text.trim();
  return text === 'max' ? { kind: 'max' } : { kind: 'value', value: text };
}
