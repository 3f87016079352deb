/** Layer stores that were made by hand: Docker on AUFS, which few kernels have, and stores that somebody has tampered with. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { expect, test, type TestContext } from 'vitest';

import { captureChanges } from '../../src/capture/changes.ts';
import { captureLayers } from '../../src/capture/layers.ts';
import { chainIdsOf } from '../../src/engines/digest.ts';
import { liveHost } from '../../src/host/live.ts';
import type { Dir, Host } from '../../src/host/port.ts';
import { changesOf } from '../../src/model/changes.ts';
import { lineageOfMount, lineageOfRecord } from '../../src/model/layers/lineage.ts';
import { stackedFrom } from '../../src/model/layers/root.ts';
import { storesOf } from '../../src/model/layers/world.ts';
import { isMalformed } from '../../src/parse/malformed.ts';
import { parseMountinfo } from '../../src/parse/mountinfo.ts';
import type { LayersFacet } from '../../src/schema/layers.ts';
import type { MountsFacet } from '../../src/schema/mounts.ts';
import { nameText } from '../../src/text/bytes.ts';
import { bytesOfFile } from '../engines/recorded.ts';
import { tasksOf } from '../support/facts.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const DIFFS = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`);
const CHAINS = chainIdsOf(DIFFS);
const CACHES = ['a'.repeat(64), 'b'.repeat(64)];
const CONTAINER = 'c'.repeat(64);
const MOUNT = 'd'.repeat(64);
const INIT = `${MOUNT}-init`;
const IMAGE = 'e'.repeat(64);

/** Writes files of a directory by their paths below it. */
function files(root: string, contents: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(`${root}/${name}`), { recursive: true });
    writeFileSync(`${root}/${name}`, content);
  }
}

/** dockerd's data root with an image of two layers and a container of it, as its AUFS driver lays it out. */
function dataRoot(context: TestContext): string {
  const root = `${temporaryDirectory(context)}/data`;
  const layerdb = 'image/aufs/layerdb';
  for (const [i, chain] of CHAINS.entries()) {
    const at = `${layerdb}/sha256/${chain.slice('sha256:'.length)}`;
    files(root, { [`${at}/cache-id`]: CACHES[i]!, [`${at}/diff`]: DIFFS[i]!, [`${at}/size`]: '5' });
    if (i > 0) files(root, { [`${at}/parent`]: CHAINS[i - 1]! });
  }
  const history = [{ created_by: 'COPY a' }, { created_by: 'ENV A=b', empty_layer: true }, { created_by: 'RUN b' }];
  const mounted = `${layerdb}/mounts/${CONTAINER}`;
  files(root, {
    [`${mounted}/mount-id`]: MOUNT,
    [`${mounted}/init-id`]: INIT,
    [`${mounted}/parent`]: CHAINS[1]!,
    [`image/aufs/imagedb/content/sha256/${IMAGE}`]: JSON.stringify({
      rootfs: { type: 'layers', diff_ids: DIFFS },
      history,
    }),
    'image/aufs/repositories.json': JSON.stringify({ Repositories: { nsi: { 'nsi:1': `sha256:${IMAGE}` } } }),
    [`containers/${CONTAINER}/config.v2.json`]: JSON.stringify({ Name: '/web', Image: `sha256:${IMAGE}` }),
    // Of each layer the ones below it, the next one first.
    [`aufs/layers/${CACHES[0]!}`]: '',
    [`aufs/layers/${CACHES[1]!}`]: `${CACHES[0]!}\n`,
    [`aufs/layers/${INIT}`]: `${CACHES[1]!}\n${CACHES[0]!}\n`,
    [`aufs/layers/${MOUNT}`]: `${INIT}\n${CACHES[1]!}\n${CACHES[0]!}\n`,
    [`aufs/diff/${CACHES[0]!}/a`]: 'old\n',
    [`aufs/diff/${CACHES[0]!}/d/x`]: 'x\n',
    [`aufs/diff/${CACHES[0]!}/hidden`]: 'gone\n',
    [`aufs/diff/${CACHES[1]!}/b`]: 'b\n',
    [`aufs/diff/${CACHES[1]!}/.wh.hidden`]: '',
    [`aufs/diff/${INIT}/etc/hosts`]: '',
    [`aufs/diff/${MOUNT}/.wh.b`]: '',
    [`aufs/diff/${MOUNT}/a`]: 'newer\n',
    [`aufs/diff/${MOUNT}/hidden`]: 'anew\n',
    [`aufs/diff/${MOUNT}/d/.wh..wh..opq`]: '',
    [`aufs/diff/${MOUNT}/.wh..wh.aufs`]: '',
  });
  for (const folder of [MOUNT, INIT, ...CACHES]) mkdirSync(`${root}/aufs/mnt/${folder}`, { recursive: true });
  mkdirSync(`${root}/aufs/diff/${MOUNT}/.wh..wh.plnk`);
  return root;
}

/** The live host, with a sysfs of aufs (`/sys/fs/aufs`) that lies elsewhere. */
function withSysfs(sysfs: string): Host {
  const host = liveHost();
  return { ...host, open: (at) => host.open(at.replace(/^\/sys\/fs\/aufs\//, `${sysfs}/`)) };
}

const NO_MOUNTS: MountsFacet = { version: 1, tables: [], unread: [] };

function facetOf(host: Host, mounts: MountsFacet, named: readonly string[]): LayersFacet {
  return captureLayers(host, { tasks: tasksOf([]), engines: NO_ENGINES, mounts }, named);
}

const NO_ENGINES: Parameters<typeof captureLayers>[1]['engines'] = {
  version: 1,
  processes: [],
  containers: [],
  coverage: { unread: [] },
};

function opened(host: Host, at: string): Dir {
  const dir = host.open(at);
  if (!('close' in dir)) throw new Error(`${at}: ${dir.errno}`);
  return dir;
}

test('Docker on AUFS: from the mount and sysfs to the image, its steps, and what the container changed', (context) => {
  const root = dataRoot(context);
  const sysfs = temporaryDirectory(context);
  const branch = (id: string, mode: string): string => `${root}/aufs/diff/${id}=${mode}\n`;
  files(`${sysfs}/si_5fe1d1bd`, {
    br0: branch(MOUNT, 'rw'),
    br1: branch(INIT, 'ro+wh'),
    br2: branch(CACHES[1]!, 'ro+wh'),
    br3: branch(CACHES[0]!, 'ro+wh'),
    brid0: '64\n',
    xi_path: `${root}/aufs/.aufs.xino\n`,
  });
  const line = `90 80 0:44 / ${root}/aufs/mnt/${MOUNT} rw,relatime - aufs none rw,si=5fe1d1bd,dio,dirperm1\n`;
  const parsed = parseMountinfo(line);
  if (isMalformed(parsed)) throw new Error(parsed.what);
  const mounts: MountsFacet = { ...NO_MOUNTS, tables: [{ mntns: 1, pid: 1, root: '/', mounts: parsed }] };
  const host = withSysfs(sysfs);
  // Nothing names the data root but the branches.
  const facet = facetOf(host, mounts, []);
  const stores = storesOf(facet);
  const stacked = stackedFrom(parsed[0]!, mounts, facet)!;
  const lineage = lineageOfMount(stacked, stores, null);
  expect(lineage).toMatchObject({ notes: [], image: { facts: { id: `sha256:${IMAGE}`, tags: ['nsi:1'] } } });
  expect(lineage.store?.facts).toMatchObject({ root, driver: 'aufs' });
  expect(lineage.container?.facts).toMatchObject({ id: CONTAINER, name: 'web' });
  const shown = lineage.layers.map(({ kind, path: at, digests, step }) => [
    kind,
    path.basename(nameText(at)),
    digests?.diffId ?? null,
    digests?.chainId ?? null,
    step?.createdBy ?? null,
  ]);
  expect(shown).toEqual([
    ['image', CACHES[0], DIFFS[0], CHAINS[0], 'COPY a'],
    ['image', CACHES[1], DIFFS[1], CHAINS[1], 'RUN b'],
    ['init', INIT, null, null, null],
    ['writable', MOUNT, null, null, null],
  ]);
  // A container that is not mounted has the same by the records alone.
  expect(lineageOfRecord(lineage.store!, lineage.container!)).toEqual(lineage);

  const layers = [...lineage.layers.entries()].slice(0, -1).reverse();
  const lowers = layers.map(([layer, { path: at }]) => ({ layer, dir: opened(host, nameText(at)) }));
  const upper = opened(host, `${root}/aufs/diff/${MOUNT}`);
  const { entries } = captureChanges(host, { style: 'aufs', upper, lowers });
  for (const dir of [upper, ...lowers.map(({ dir }) => dir)]) dir.close();
  expect(changesOf(entries).map(({ kind, path: at, layer }) => [kind, at, layer])).toEqual([
    ['modified', '/a', 0],
    ['deleted', '/b', 1],
    ['opaque', '/d', 0],
    ['added', '/hidden', null],
  ]);
});

/** Ways to spoil a file, and what is then said of it. */
const SPOILED: readonly (readonly [string, (at: string) => void])[] = [
  ['a FIFO', (at) => execFileSync('mkfifo', [at])],
  ['a directory', (at) => mkdirSync(at)],
  ['a link to the log of the kernel, which keeps readers waiting', (at) => symlinkSync('/proc/kmsg', at)],
  ['a link to itself', (at) => symlinkSync(path.basename(at), at)],
  [
    '100 MB',
    (at) => {
      writeFileSync(at, '');
      truncateSync(at, 100_000_000);
    },
  ],
  ['a way out', (at) => writeFileSync(at, '../../../../etc')],
];

const LAYERDB = `image/aufs/layerdb`;
const STORE_FILES = [
  ...['cache-id', 'diff', 'parent', 'size'].map((name) => `${LAYERDB}/sha256/${CHAINS[1]!.slice(7)}/${name}`),
  ...['mount-id', 'init-id', 'parent'].map((name) => `${LAYERDB}/mounts/${CONTAINER}/${name}`),
  `image/aufs/imagedb/content/sha256/${IMAGE}`,
  'image/aufs/repositories.json',
  `containers/${CONTAINER}/config.v2.json`,
];

test.for(SPOILED)("no file of dockerd's may be %s", ([, spoil], context) => {
  // One fixture for each file: what one of them leads to is not to hide what the next one does.
  for (const name of STORE_FILES) {
    expectSaid(dataRoot(context), name, spoil);
  }
});

test.for(SPOILED)("no file of podman's or containerd's may be %s", ([, spoil], context) => {
  const layers = JSON.stringify([{ id: CACHES[0], 'diff-digest': DIFFS[0] }]);
  const storage = { 'overlay-layers/layers.json': layers, 'overlay-containers/containers.json': '[]' };
  for (const name of [...Object.keys(storage), 'overlay-images/images.json', `${SNAPSHOTS}/metadata.db`, META]) {
    const root = temporaryDirectory(context);
    files(root, { ...storage, 'overlay-images/images.json': '[]' });
    mkdirSync(`${root}/${SNAPSHOTS}`);
    mkdirSync(path.dirname(`${root}/${META}`));
    // Without snapshots nothing more is read.
    writeFileSync(`${root}/${SNAPSHOTS}/metadata.db`, gunzipSync(bytesOfFile('containerd-snapshots.db.gz')));
    expectSaid(root, name, spoil);
  }
});

/** What the configuration of an image can be besides: whoever built the image wrote it. */
const SPOILED_CONFIGS: typeof SPOILED = [
  ...SPOILED,
  [
    '1 TiB',
    (at) => {
      writeFileSync(at, '');
      truncateSync(at, 2 ** 40);
    },
  ],
  ['a link to a device that never ends', (at) => symlinkSync('/dev/zero', at)],
  ['a link through the top of the tree', (at) => symlinkSync('../'.repeat(30) + 'proc/kmsg', at)],
  ['a device that never ends', (at) => execFileSync('mknod', [at, 'c', '1', '5'])],
  ['bytes of no meaning', (at) => writeFileSync(at, Buffer.from([0, 255, 123, 10, 27]))],
  ['cut', (at) => writeFileSync(at, '{"rootfs":{"type":"layers","diff_ids":["sha256:')],
  ['a list', (at) => writeFileSync(at, '[]')],
  ['a million brackets', (at) => writeFileSync(at, '['.repeat(1_000_000))],
];

test.for(SPOILED_CONFIGS)(
  "no configuration of an image, podman's or containerd's, may be %s",
  ([what, spoil], context) => {
    if (what.includes('device') && process.geteuid?.() !== 0) context.skip();
    const root = temporaryDirectory(context);
    const id = CACHES[0]!;
    const config = `sha256:${IMAGE}`;
    const image = { id: IMAGE, names: ['nsi:1'], layer: id, 'big-data-names': [config] };
    const bigData = `overlay-images/${IMAGE}/=${Buffer.from(config).toString('base64')}`;
    files(root, {
      'overlay-layers/layers.json': JSON.stringify([{ id, 'diff-digest': DIFFS[0] }]),
      'overlay-images/images.json': JSON.stringify([image]),
      [bigData]: JSON.stringify({
        rootfs: { type: 'layers', diff_ids: DIFFS.slice(0, 1) },
        history: [{ created_by: 'COPY a' }],
      }),
      // The name is the digest that the recorded database leads to.
      [BLOB]: JSON.stringify({ rootfs: { type: 'layers', diff_ids: DIFFS } }),
    });
    for (const [name, recorded] of [
      [`${SNAPSHOTS}/metadata.db`, 'containerd-snapshots.db.gz'],
      [META, 'containerd-images.db.gz'],
    ] as const) {
      mkdirSync(path.dirname(`${root}/${name}`), { recursive: true });
      writeFileSync(`${root}/${name}`, gunzipSync(bytesOfFile(recorded)));
    }
    const whole = facetOf(liveHost(), NO_MOUNTS, [root]);
    expect(whole.coverage.unread.filter(({ path: at }) => nameText(at).startsWith(root))).toEqual([]);
    expectSaid(root, bigData, spoil);
    expectSaid(root, BLOB, spoil);
    // What the other files say of the layers and of the container still counts.
    const { stores } = facetOf(liveHost(), NO_MOUNTS, [root]);
    const mine = stores.filter((store) => store.root === root);
    expect(mine.map(({ kind, layers }) => [kind, layers.length]).sort()).toEqual([
      ['containerd', 3],
      ['containers-storage', 1],
    ]);
  },
);

const BLOB =
  'io.containerd.content.v1.content/blobs/sha256/f613aa06be54ca9cfc39928f33559bbccfc35888c6abd982b8b450a579a56d2e';

const META = 'io.containerd.metadata.v1.bolt/meta.db';
const SNAPSHOTS = 'io.containerd.snapshotter.v1.overlayfs';

/** A store with a spoiled file is read to its end, the file is named as unread, and no path leaves the store. */
function expectSaid(root: string, name: string, spoil: (at: string) => void): void {
  const spoiled = `${root}/${name}`;
  rmSync(spoiled, { recursive: true, force: true });
  spoil(spoiled);
  const { stores, coverage } = facetOf(liveHost(), NO_MOUNTS, [root]);
  const said = coverage.unread.filter(({ path: at }) => nameText(at) === spoiled).map(({ outcome }) => outcome);
  expect(said, spoiled).toHaveLength(1);
  expect(['malformed', 'not collected'], spoiled).toContain(said[0]);
  for (const at of stores
    .filter((store) => store.root === root)
    .flatMap(({ layers }) => layers.flatMap((l) => l.dirs))) {
    expect(path.resolve(nameText(at)).startsWith(`${root}/`), nameText(at)).toBe(true);
  }
}

test('parents that go round in a circle end', (context) => {
  const root = dataRoot(context);
  for (const chain of CHAINS) files(root, { [`${LAYERDB}/sha256/${chain.slice(7)}/parent`]: CHAINS[1]! });
  const store = storesOf(facetOf(liveHost(), NO_MOUNTS, [root])).find(({ facts }) => facts.root === root)!;
  const lineage = lineageOfRecord(store, store.containers[0]!);
  expect(lineage.image).toBeNull();
  expect(lineage.notes).not.toEqual([]);
});
