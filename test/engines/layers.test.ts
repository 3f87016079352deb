/** Parsers of layer stores' files, as dockerd 20.10, containerd 1.6 and podman 4.3 wrote them. */
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { parseAufsBranch } from '../../src/engines/aufs.ts';
import { parseContainerdImages, parseSnapshots } from '../../src/engines/containerd-layers.ts';
import { chainIdsOf, digestOf } from '../../src/engines/digest.ts';
import { parseCacheId, parseDigestFile, parseLayerSize, parseRepositories } from '../../src/engines/docker-layers.ts';
import { parseImageConfig } from '../../src/engines/image-config.ts';
import {
  bigDataFile,
  parseStorageContainers,
  parseStorageImages,
  parseStorageLayers,
} from '../../src/engines/storage-layers.ts';
import { bytesOfFile, ID, OTHER } from './recorded.ts';

const BASE = 'sha256:2a6304f1af223edadf825b845939d7842181e810bbd08f1719f91e3c0650cb2f';
const COPIED = 'sha256:2f058285aba637f5068ed250d313c38097f8d24191b938f9b67d10c45f388201';
const CHAIN = 'sha256:8e448e605108dd887cf1b7936f7a4b7bc4d78b3ffa221fa4c828d12bdf65d076';

describe('digests', () => {
  it('make the chainIDs that dockerd named its directories by', () => {
    expect(chainIdsOf([BASE, COPIED])).toEqual([BASE, CHAIN]);
    expect(chainIdsOf([])).toEqual([]);
  });

  it.each(['sha256:../../etc', 'sha256:', `sha512:${ID}`, ID, 5, null, `${BASE}/x`, BASE.toUpperCase()])(
    'are nothing else: %j',
    (value) => {
      expect(digestOf(value)).toBeNull();
    },
  );
});

describe("dockerd's layerdb", () => {
  it.each([
    [parseDigestFile, COPIED, COPIED],
    [parseDigestFile, `${COPIED}\n`, COPIED],
    [parseDigestFile, '../x', null],
    [parseCacheId, `${ID}-init`, `${ID}-init`],
    [parseCacheId, '../../etc', null],
    [parseCacheId, '.', null],
    [parseCacheId, '', null],
    [parseLayerSize, '1982310', '1982310'],
    [parseLayerSize, '-1', null],
    [parseLayerSize, '9'.repeat(30), null],
  ])('%# gives what is well-formed alone', (parse, text, value) => {
    expect(parse(text)).toBe(value);
  });

  it('has the tags of images, and not the digests that they were pulled by', () => {
    const file = { Repositories: { a: { 'a:2': BASE, 'a:1': BASE, [`a@${COPIED}`]: BASE, 'a:x': 'no' }, b: 5 } };
    expect([...parseRepositories(JSON.stringify(file))!]).toEqual([[BASE, ['a:1', 'a:2']]]);
    expect(parseRepositories('{')).toBeNull();
  });
});

describe('parseImageConfig', () => {
  const config = {
    created: '2026-11-21T03:04:01Z',
    rootfs: { type: 'layers', diff_ids: [BASE, COPIED] },
    history: [{ comment: 'Imported from -' }, { created_by: 'ENV A=b', empty_layer: true }, { created_by: 'COPY' }],
  };

  it('reads layers and history', () => {
    const step = { createdAt: null, comment: null, createdBy: null, empty: false };
    expect(parseImageConfig(JSON.stringify(config))).toEqual({
      diffIds: [BASE, COPIED],
      createdAt: '2026-11-21T03:04:01Z',
      history: [
        { ...step, comment: 'Imported from -' },
        { ...step, createdBy: 'ENV A=b', empty: true },
        { ...step, createdBy: 'COPY' },
      ],
    });
  });

  it.each(['', '[]', '{}', '{"rootfs":{"type":"layers","diff_ids":["../x"]}}', '{"rootfs":{"type":"other"}}'])(
    'refuses %j',
    (text) => {
      expect(parseImageConfig(text)).toBeNull();
    },
  );
});

describe('parseAufsBranch', () => {
  it.each([
    ['/var/lib/docker/aufs/diff/a=rw\n', { path: '/var/lib/docker/aufs/diff/a', mode: 'rw' }],
    ['/a=b/c=ro+wh\n', { path: '/a=b/c', mode: 'ro+wh' }],
    ['/a=rr', { path: '/a', mode: 'rr' }],
    ['a=rw', null],
    ['/a', null],
  ])('%j', (text, branch) => {
    expect(parseAufsBranch(text)).toEqual(branch);
  });
});

describe('containers-storage', () => {
  it('reads layers, images and containers, and leaves out what is no id', () => {
    const layers = [
      { id: ID, 'diff-digest': BASE, 'diff-size': 5, created: '2026-11-21T03:04:54Z' },
      { id: OTHER, parent: ID },
      { id: '../x' },
      7,
    ];
    expect(parseStorageLayers(JSON.stringify(layers))).toEqual([
      { id: ID, parent: null, diffId: BASE, bytes: '5', createdAt: '2026-11-21T03:04:54Z' },
      { id: OTHER, parent: ID, diffId: null, bytes: null, createdAt: null },
    ]);
    const images = [{ id: ID, names: ['a:1', ''], layer: OTHER, 'big-data-names': ['manifest', `sha256:${ID}`] }];
    expect(parseStorageImages(JSON.stringify(images))).toEqual([
      { id: ID, names: ['a:1'], layer: OTHER, config: `sha256:${ID}`, createdAt: null },
    ]);
    expect(parseStorageContainers(JSON.stringify([{ id: ID, names: ['a'], image: OTHER, layer: '..' }]))).toEqual([
      { engine: 'podman', id: ID, name: 'a', image: `sha256:${OTHER}`, layer: null, createdAt: null },
    ]);
    for (const parse of [parseStorageLayers, parseStorageImages, parseStorageContainers]) {
      expect(parse('{}')).toBeNull();
    }
  });

  it('names the file of big data as it does', () => {
    expect(bigDataFile('manifest')).toBe('manifest');
    expect(bigDataFile('sha256:ab')).toBe(`=${Buffer.from('sha256:ab').toString('base64')}`);
  });
});

describe("containerd's databases", () => {
  const recorded = (name: string): string => gunzipSync(bytesOfFile(name)).toString('latin1');
  const base = 'sha256:7ddeb6a28a4db2940df0df12da04b58532caa56173becb7487ea4b0a78331faa';
  const top = 'sha256:59b7c3a841515da41880c6fcfa7b45263063083a1eb9185fc783a54eb949de01';
  const config = 'sha256:f613aa06be54ca9cfc39928f33559bbccfc35888c6abd982b8b450a579a56d2e';

  it('have snapshots by the number of their directory', () => {
    const snapshots = parseSnapshots(recorded('containerd-snapshots.db.gz'));
    expect(snapshots).toMatchObject([
      { key: `nsi/${base}`, parent: null, id: '1', kind: 'committed' },
      { key: `nsi/${top}`, parent: `nsi/${base}`, id: '2', kind: 'committed', bytes: '8192' },
      { key: 'nsi/cont', parent: `nsi/${top}`, id: '3', kind: 'active', bytes: null },
    ]);
    expect(parseSnapshots('no database')).toBeNull();
  });

  it('lead from the name of an image to its configuration and highest snapshot', () => {
    expect(parseContainerdImages(recorded('containerd-images.db.gz'), 'overlayfs')).toEqual({
      configs: [{ namespace: 'nsi', digest: config, top, tags: ['localhost/nsi/built:1'] }],
      containers: [
        {
          engine: 'containerd',
          id: 'cont',
          name: null,
          image: 'localhost/nsi/built:1',
          layer: 'nsi/cont',
          namespace: 'nsi',
          createdAt: expect.stringMatching(/^2026-/) as string,
        },
      ],
    });
    expect(parseContainerdImages(recorded('containerd-images.db.gz'), 'btrfs')?.configs).toEqual([]);
  });
});
