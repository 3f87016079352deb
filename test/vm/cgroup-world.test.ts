/** Holds the world of cgroups against the kernel's files: what other tests build on must be as it was meant to be. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { describeWith } from '../support/components.ts';
import { cgroupWorld, type CgroupWorld } from './cgroup-world.ts';
import type { Content, Truth } from './truth.ts';

describeWith(['qemu', 'guest-kernel', 'setpriv', 'busybox-static', 'cc'], 'cgroups of a guest', () => {
  let world: CgroupWorld;
  let truth: Truth;

  beforeAll(async () => {
    world = await cgroupWorld();
    truth = await world.truth();
  });

  afterAll(async () => {
    await world.guest.stop();
  });

  const file = (path: string, name: string): Content | undefined => truth.cgroups[path]?.files[name];
  const cgroupOf = (tid: number) => truth.tasks.find((task) => task.tid === tid);
  const text = (content: string) => ({ text: content });

  test('holds the processes and threads where they belong', () => {
    const { pids, threads, survivor } = world;
    const places: readonly (readonly [number, string, string])[] = [
      [pids.leaf, 'S', '/limits/loose/leaf'],
      [pids.threads, 'S', '/threads'],
      [threads.a, 'S', '/threads/a'],
      [threads.b, 'S', '/threads/b'],
      [pids['own-view'], 'S', '/own-view/inside'],
      [pids.zombie, 'Z', '/removed (deleted)'],
      [pids['odd-name'], 'S', '/f:x (deleted)'],
      [pids['dead-leader'], 'Z', '/dead-leader'],
      [survivor, 'S', '/dead-leader'],
      [pids.frozen, 'S', '/frozen/below'],
    ];
    expect(places.map(([tid]) => [cgroupOf(tid)?.state, cgroupOf(tid)?.cgroup])).toEqual(
      places.map(([, state, path]) => [state, text(`0::${path}\n`)]),
    );
  });

  test('has cgroups of each type', () => {
    const types = ['/threads', '/threads/a', '/threads/a/invalid', '/empty'].map((path) => file(path, 'cgroup.type'));
    expect(types).toEqual(['domain threaded\n', 'threaded\n', 'domain invalid\n', 'domain\n'].map(text));
    expect(file('/threads/a', 'cgroup.procs')).toEqual({ errno: 'ENOTSUP' });
  });

  test('has met every limit', () => {
    expect(world.forks).toBe(3);
    expect(file('/pids', 'pids.events')).toEqual(text('max 1\n'));
    expect(file('/oom/inner', 'memory.events')).toEqual(text(expect.stringMatching(/oom_kill [1-9]/) as string));
    expect(file('/throttled', 'cpu.stat')).toEqual(text(expect.stringMatching(/nr_throttled [1-9]/) as string));
    expect(file('/frozen/below', 'cgroup.events')).toEqual(text('populated 1\nfrozen 1\n'));
    expect(file('/huge', 'hugetlb.2MB.current')).toEqual(text('4194304\n'));
    expect(file('/io', 'io.stat')).toEqual(text(expect.stringMatching(/^1:0 .*wbytes=1048576 /) as string));
    expect(file('/', 'cgroup.stat')).toEqual(text(expect.stringContaining('nr_dying_descendants 1') as string));
  });
});
