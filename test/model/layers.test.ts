/** Stacks, images and who shares them, of stores made by hand. */
import { describe, expect, it } from 'vitest';

import { chainIdsOf } from '../../src/engines/digest.ts';
import { candidatesFor } from '../../src/model/layers/candidates.ts';
import { instructionOf, placeHistory } from '../../src/model/layers/history.ts';
import { recordOfFuse } from '../../src/model/layers/fuse.ts';
import { lineageOfMount, lineageOfRecord } from '../../src/model/layers/lineage.ts';
import { summaryOf } from '../../src/model/layers/overview.ts';
import { rootOf, stackedFrom } from '../../src/model/layers/root.ts';
import { whoHas } from '../../src/model/layers/who.ts';
import { storesOf } from '../../src/model/layers/world.ts';
import type { LayersFacet, LayerStore, StoredImage, StoredLayer } from '../../src/schema/layers.ts';
import type { MountFacts, MountTable } from '../../src/schema/mounts.ts';
import { NS_TYPES } from '../../src/schema/namespace.ts';
import { MadeHost } from './made-host.ts';

const diffId = (n: number): string => `sha256:${String(n).repeat(64)}`;
const id = (letter: string): string => letter.repeat(64);
const ROOT = '/var/lib/docker';
const dir = (name: string): string => `${ROOT}/overlay2/${name}/diff`;

/** A docker store with a chain of layers `1 … count`, of which images take so many. */
function store(count: number, images: Readonly<Record<string, number>>, over: Partial<LayerStore> = {}): LayerStore {
  const all = Array.from({ length: count }, (_, i) => diffId(i + 1));
  const chain = chainIdsOf(all);
  const layers = all.map((diff, i): StoredLayer => ({
    key: chain[i]!,
    parent: chain[i - 1] ?? null,
    role: 'image',
    diffId: diff,
    bytes: '100',
    createdAt: null,
    dirs: [dir(`c${String(i + 1)}`), `${ROOT}/overlay2/l/L${String(i + 1)}`],
  }));
  const plain = { diffId: null, bytes: null, createdAt: null };
  layers.push(
    { key: 'm-init', parent: chain.at(-1)!, role: 'init', ...plain, dirs: [dir('m-init')] },
    { key: 'm', parent: 'm-init', role: 'writable', ...plain, dirs: [dir('m')] },
  );
  const made = Object.entries(images).map(([name, n], i): StoredImage => ({
    id: `sha256:${id('abcdef'.charAt(i))}`,
    tags: name.startsWith('-') ? [] : [name],
    top: chain[n - 1]!,
    diffIds: all.slice(0, n),
    history: all.slice(0, n).flatMap((_, at) => [
      { createdAt: null, createdBy: 'ENV A=b', comment: null, empty: true },
      {
        createdAt: `2026-01-0${String(at + 1)}T00:00:00Z`,
        createdBy: `step ${String(at + 1)}`,
        comment: null,
        empty: false,
      },
    ]),
    createdAt: `2026-01-0${String(i + 1)}T00:00:00Z`,
  }));
  const containers = [
    { engine: 'docker' as const, id: id('9'), name: 'web', image: made[0]!.id, layer: 'm', createdAt: null },
  ];
  const directories = layers.map(({ dirs }) => dirs[0]!);
  return {
    kind: 'docker',
    driver: 'overlay2',
    root: ROOT,
    via: null,
    layers,
    images: made,
    containers,
    directories,
    ...over,
  };
}

const facet = (...stores: readonly LayerStore[]): LayersFacet => ({
  version: 1,
  stores,
  aufs: [],
  coverage: { unread: [] },
});

/** A mounted stack by the short links, as overlay2 mounts it. */
const mounted = (count: number) => ({
  lower: [dir('m-init'), ...Array.from({ length: count }, (_, i) => `${ROOT}/overlay2/l/L${String(count - i)}`)].map(
    (path) => ({ path, dataOnly: false }),
  ),
  upper: dir('m'),
  work: `${ROOT}/overlay2/m/work`,
  notes: [],
});

/** A mount at the root, of an ordinary file system. */
const mount = (over: Partial<MountFacts>): MountFacts => ({
  id: 1,
  parent: 0,
  dev: '8:1',
  root: '/',
  path: '/',
  options: ['rw'],
  propagation: [],
  fsType: 'ext4',
  source: '/dev/sda1',
  superOptions: [],
  ...over,
});

describe('history', () => {
  const step = (createdBy: string, empty: boolean) => ({ createdAt: null, createdBy, comment: null, empty });

  it('gives the steps that are not empty the layers in order', () => {
    const steps = [step('a', true), step('b', false), step('c', true), step('d', false), step('e', true)];
    expect(placeHistory(steps, 2)?.map(({ layer }) => layer)).toEqual([null, 0, null, 1, null]);
    expect(placeHistory(steps, 3)).toBeNull();
    expect(placeHistory([], 0)).toEqual([]);
  });

  it.each([
    ['/bin/sh -c #(nop)  ENV A=b', 'ENV A=b'],
    ['/bin/sh -c #(nop) COPY file:1 in /a ', 'COPY file:1 in /a'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['|1 V=2 /bin/sh -c make', 'RUN make'],
    ['RUN /bin/sh -c make all # buildkit', 'RUN make all'],
    ['RUN |2 A=b C=d /bin/sh -c make # buildkit', 'RUN make'],
    ['COPY a /a # buildkit', 'COPY a /a'],
    ['WORKDIR /x', 'WORKDIR /x'],
    ['bazel build', 'bazel build'],
  ])('%s was written as %s', (createdBy, instruction) => {
    expect(instructionOf(createdBy)).toBe(instruction);
  });
});

describe('a lineage', () => {
  it('leads from a mount to the digests, the image and the steps', () => {
    const lineage = lineageOfMount(mounted(3), storesOf(facet(store(3, { 'a:1': 3 }))), null);
    expect(lineage.image?.facts.tags).toEqual(['a:1']);
    expect(lineage.notes).toEqual([]);
    const chain = chainIdsOf([1, 2, 3].map(diffId));
    expect(
      lineage.layers.map(({ kind, path, digests, step }) => [kind, path, digests?.chainId, step?.createdBy]),
    ).toEqual([
      ['image', dir('c1'), chain[0], 'step 1'],
      ['image', dir('c2'), chain[1], 'step 2'],
      ['image', dir('c3'), chain[2], 'step 3'],
      ['init', dir('m-init'), undefined, undefined],
      ['writable', dir('m'), undefined, undefined],
    ]);
  });

  it('is the same by records alone', () => {
    const [one] = storesOf(facet(store(3, { 'a:1': 3 })));
    const byMount = lineageOfMount(mounted(3), [one!], null);
    expect(lineageOfRecord(one!, one!.containers[0]!)).toEqual(byMount);
  });

  it('has candidates where no record says the image: exact ones, named ones, newer ones first', () => {
    const made = store(3, { '-x': 3, 'a:1': 3, 'b:1': 3, 'base:1': 1, '-y': 2 });
    const [one] = storesOf(facet({ ...made, containers: made.containers.map((c) => ({ ...c, image: null })) }));
    const { image, candidates, layers, history } = lineageOfMount(mounted(3), [one!], null);
    expect(image).toBeNull();
    expect(candidates.map(({ image: { facts }, exact }) => [facts.tags[0] ?? facts.id.slice(7, 8), exact])).toEqual([
      ['b:1', true],
      ['a:1', true],
      ['a', true],
      ['e', false],
      ['base:1', false],
    ]);
    expect(layers[2]?.step?.createdBy).toBe('step 3');
    expect(history).toHaveLength(6);
    expect(candidatesFor(one!, [])).toEqual([]);
  });

  it('does not take the image that a record names where the layers are others', () => {
    const lineage = lineageOfMount(mounted(2), storesOf(facet(store(3, { 'a:1': 3, 'b:1': 2 }))), null);
    expect(lineage.image).toBeNull();
    expect(lineage.notes[0]).toMatch(/not the layers of the image/);
    expect(lineage.candidates[0]?.image.facts.tags).toEqual(['b:1']);
  });

  it('says where the records contradict each other', () => {
    const made = store(2, { 'a:1': 2 });
    const layers = made.layers.map((layer, i) => (i === 1 ? { ...layer, diffId: diffId(7) } : layer));
    const { notes } = lineageOfMount(mounted(2), storesOf(facet({ ...made, layers })), null);
    expect(notes).toEqual([expect.stringContaining(`${diffId(7)} by its own record and ${diffId(2)}`)]);
  });

  it('ends where forged parents go round in a circle', () => {
    const made = store(2, { 'a:1': 2 });
    const layers = made.layers.map((layer) => ({ ...layer, parent: made.layers[1]!.key }));
    const [one] = storesOf(facet({ ...made, layers }));
    expect(lineageOfRecord(one!, one!.containers[0]!).layers.length).toBeLessThan(2000);
  });

  it('of what no engine made is the directories alone', () => {
    const stacked = {
      lower: [{ path: '/lower', dataOnly: false }],
      upper: '/var/lib/lxc/a/delta0',
      work: '/var/lib/lxc/a/work',
      notes: [],
    };
    const { store: none, layers } = lineageOfMount(stacked, [], null);
    expect(none).toBeNull();
    expect(layers.map(({ kind, path }) => [kind, path])).toEqual([
      ['image', '/lower'],
      ['writable', '/var/lib/lxc/a/delta0'],
    ]);
  });
});

describe('stores', () => {
  const mounts = { version: 1 as const, tables: [], unread: [] };

  it('say what is shared and what nothing uses', () => {
    const made = store(3, { 'a:1': 3, 'b:1': 2 });
    const summary = summaryOf(
      storesOf(facet({ ...made, directories: [...made.directories, dir('lost')] }))[0]!,
      mounts,
    );
    // The lower two: two images and a container; the third: an image and the container.
    expect(summary).toMatchObject({ layers: 3, bytes: 300n, sharedBytes: 500n });
    expect(summary.images.map(({ bytes, ownBytes }) => [bytes, ownBytes])).toEqual([
      [300n, 100n],
      [200n, 0n],
    ]);
    expect(summary.orphans).toEqual([{ path: dir('lost'), why: 'unrecorded' }]);
  });

  it('name the writable layer of a container that is gone', () => {
    const made = store(1, { 'a:1': 1 });
    const containers = made.containers.map((container) => ({ ...container, name: null, image: null }));
    expect(summaryOf(storesOf(facet({ ...made, containers }))[0]!, mounts).orphans).toEqual([
      { path: dir('m'), why: 'container gone' },
    ]);
  });

  it.each([diffId(2), '222222', dir('c2'), `${dir('c2')}/usr/bin/x`, `${ROOT}/overlay2/c2/`, `${ROOT}/overlay2/l/L2`])(
    'know who has %s',
    (text) => {
      const found = whoHas(storesOf(facet(store(3, { 'a:1': 3, 'b:1': 2, 'c:1': 1 }))), text);
      expect(found.map(({ layer }) => layer.diffId)).toEqual([diffId(2)]);
      expect(found[0]!.users.map(({ kind }) => kind)).toEqual(['container', 'image', 'image']);
    },
  );

  it.each(['', '22', 'sha256:zz', '/', '/var/lib/docker/overlay2/c22/diff'])('know nothing of %j', (text) => {
    expect(whoHas(storesOf(facet(store(3, { 'a:1': 3 }))), text)).toEqual([]);
  });
});

describe('fuse-overlayfs', () => {
  const [one] = storesOf(facet(store(2, { 'web:1': 2 })));
  const table = (...mounts: readonly MountFacts[]): MountTable => ({ mntns: 1, pid: 1, root: '/', mounts });
  const rooted = { ...mount({}), fsType: 'fuse.fuse-overlayfs', dev: '0:77' };
  const merged = { ...rooted, path: `${ROOT}/overlay2/m/merged` };
  const found = (...tables: readonly MountTable[]): string | undefined =>
    recordOfFuse(rooted, { tables }, [one!])?.container.facts.name as string | undefined;

  it('is known by where the engine has mounted it', () => {
    expect(found(table(rooted), table(merged))).toBe('web');
    expect(found(table(rooted))).toBeUndefined();
    expect(found(table(rooted), table({ ...merged, dev: '0:78' }))).toBeUndefined();
    expect(found(table(rooted), table({ ...merged, root: '/sub' }))).toBeUndefined();
    expect(found(table(rooted), table({ ...merged, path: `${ROOT}/overlay2/c1/merged` }))).toBeUndefined();
  });

  it('is not believed where whoever has it for a root may have mounted it', () => {
    expect(found(table(rooted, merged))).toBeUndefined();
  });
});

describe('the root of a process', () => {
  it.each([
    ['in the mount namespace of init', {}, undefined, [], 'host'],
    ['in another one with the same root', { mnt: 99 }, undefined, [mount({})], 'host'],
    ['in another one with another root', { mnt: 99 }, undefined, [mount({ dev: '0:50' })], 'pivot_root'],
    ['with a root below', { mnt: 99 }, '/srv', [mount({}), mount({ path: '/srv', dev: '0:9' })], 'chroot'],
  ] as const)('%s', (_, ns, root, mounts, setBy) => {
    const { tasks } = new MadeHost().add({ pid: 7, ns });
    const host = tasks.processes.find(({ pid }) => pid === 1)!.ns[NS_TYPES.indexOf('mnt')];
    const tables = [
      { mntns: host!, pid: 1, root: '/', mounts: [mount({})] },
      { mntns: 99, pid: 7, root: '/', mounts },
    ];
    const made = tasks.processes.find(({ pid }) => pid === 7)!;
    const found = rootOf(root === undefined ? made : { ...made, root }, tasks, { version: 1, tables, unread: [] });
    expect(found.setBy).toBe(setBy);
    if (setBy === 'chroot') expect(found.mount?.path).toBe('/srv');
  });

  it('on aufs is stacked from the branches that sysfs names', () => {
    const branches = [
      { path: '/d/aufs/diff/m', mode: 'rw' },
      { path: '/d/aufs/diff/m-init', mode: 'ro+wh' },
      { path: '/d/aufs/diff/c1', mode: 'ro+wh' },
    ];
    const layers = { ...facet(), aufs: [{ si: 'ab12', branches }] };
    const aufs = mount({ fsType: 'aufs', superOptions: ['rw', 'si=ab12', 'dio'] });
    const stacked = stackedFrom(aufs, { version: 1, tables: [], unread: [] }, layers)!;
    expect(stacked).toMatchObject({ upper: '/d/aufs/diff/m', notes: [] });
    expect(lineageOfMount(stacked, [], null).layers.map(({ kind }) => kind)).toEqual(['image', 'init', 'writable']);
    expect(stackedFrom(aufs, { version: 1, tables: [], unread: [] }, facet())!.notes).toHaveLength(1);
    expect(stackedFrom(mount({}), { version: 1, tables: [], unread: [] }, facet())).toBeNull();
  });
});
