/** What the commands about cgroups say of a host with cgroup v2 alone, held against the kernel's own files. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { CgroupShowDocument, CgroupTreeDocument, CssGraphDocument } from '../../src/schema/css-graph-document.ts';
import { jsonOf } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { cgroupWorld, type CgroupWorld } from './cgroup-world.ts';
import { textOf } from './file-value.ts';
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
  const words = (path: string, name: string) => textOfContent(file(path, name))?.trim().split(' ');
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

  describe('cgroup graph', () => {
    let graph: CssGraphDocument;
    let later: Truth;

    beforeAll(async () => {
      graph = jsonOf<CssGraphDocument>(await world.guest.cli('cgroup', 'graph', '--json', '--check'));
      later = await world.truth();
    });

    test('knows the one hierarchy and every cgroup by its inode number and type', () => {
      expect(graph.hierarchies).toMatchObject([
        { id: 0, version: 2, controllers: words('/', 'cgroup.controllers'), name: null, walked: true },
      ]);
      expect(graph.hierarchies[0]?.mounts.map((mount) => mount.path)).toEqual(['/sys/fs/cgroup']);
      const told = graph.cgroups.map(({ path, inode, type }) => [path, inode, type]).sort();
      const kernels = Object.entries(truth.cgroups).map(([path, { inode, files }]) => {
        const type = files['cgroup.type'];
        return [path, inode, type === undefined ? null : (type as { text: string }).text.trim()];
      });
      expect(told).toEqual(kernels.sort());
    });

    test('puts every live thread into the css_set of its cgroup, once', () => {
      const pathOfKey = new Map(graph.cgroups.map(({ key, path }) => [key, path]));
      const placed = graph.cssSets.flatMap(({ tids, cgroups }) =>
        tids.map((tid) => [tid, pathOfKey.get(cgroups['0'] ?? '')] as const),
      );
      const places = new Map(placed);
      expect(placed).toHaveLength(places.size);
      const before = new Map(truth.tasks.map((task) => [task.tid, task]));
      // Those that were there before and after, where they were.
      const stable = later.tasks.filter(
        ({ tid, cgroup }) => textOfContent(before.get(tid)?.cgroup) === textOfContent(cgroup),
      );
      expect(stable.length).toBeGreaterThan(60);
      const alive = stable.filter(({ state }) => state !== 'Z');
      expect(alive.map(({ tid }) => [tid, places.get(tid)])).toEqual(
        alive.map(({ tid, cgroup }) => [tid, textOfContent(cgroup)?.replace('0::', '').trimEnd()]),
      );
      const dead = stable.filter(({ state }) => state === 'Z').map(({ tid }) => tid);
      expect(graph.dead.toSorted(byNumber)).toEqual(dead.toSorted(byNumber));
      expect(dead).toEqual(expect.arrayContaining([world.pids.zombie, world.pids['dead-leader']]));
    });

    test('finds that every invariant holds', () => {
      expect(graph.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(graph.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['members', 'populated']));
      expect(graph.links).toHaveLength(graph.cssSets.length);
    });
  });

  test('cgroup tree tells usage and limits', async () => {
    const { nodes } = jsonOf<CgroupTreeDocument>(await world.guest.cli('cgroup', 'tree', '--json'));
    expect(nodes.map(({ path }) => path).sort()).toEqual(Object.keys(truth.cgroups).sort());
    const node = (path: string) => nodes.find((one) => one.path === path);
    expect(node('/limits')).toMatchObject({
      memory: { limitBytes: { kind: 'value', value: '134217728' } },
      pids: { usage: '2', limit: { kind: 'value', value: '100' } },
      cpu: { limitUsecPerSecond: { kind: 'value', value: '500000' } },
    });
    expect(node('/pids')).toMatchObject({ tasks: 4, pids: { usage: '4', limit: { kind: 'value', value: '4' } } });
    // Where a controller is not enabled there is neither usage nor a limit.
    expect(node('/threads/a')).toMatchObject({ tasks: 1, memory: { usageBytes: null, limitBytes: null } });
    expect(nodes.filter(({ frozen }) => frozen).map(({ path }) => path)).toEqual(['/frozen', '/frozen/below']);
  });

  test('cgroup show gives every file as it is', async () => {
    const paths = ['/limits', '/oom', '/io', '/threads/b', '/empty'];
    const told = new Map<string, CgroupShowDocument>();
    const before = await world.truth();
    for (const path of paths) told.set(path, jsonOf(await world.guest.cli('cgroup', 'show', '--json', path)));
    const after = await world.truth();
    for (const path of paths) {
      const values = new Map(told.get(path)!.cgroups[0]!.files.map(({ file: name, value }) => [name, textOf(value)]));
      const texts = Object.entries(before.cgroups[path]!.files).flatMap(([name, content]) => {
        // Lists of members are in the document under other names; some files can only be written.
        if (/^cgroup\.(procs|threads)$/.test(name) || 'errno' in content) return [];
        return [
          { name, text: content.text, isStable: textOfContent(after.cgroups[path]!.files[name]) === content.text },
        ];
      });
      expect([...values.keys()].sort()).toEqual(texts.map(({ name }) => name).sort());
      const stable = texts.filter(({ isStable }) => isStable);
      expect(stable.map(({ name }) => name)).toEqual(expect.arrayContaining(['cgroup.type', 'cgroup.events']));
      expect(stable.map(({ name }) => [name, values.get(name)])).toEqual(
        stable.map(({ name, text: content }) => [name, content.trim()]),
      );
    }
  });
});

function byNumber(a: number, b: number): number {
  return a - b;
}

function textOfContent(content: Content | undefined): string | undefined {
  return content !== undefined && 'text' in content ? content.text : undefined;
}
