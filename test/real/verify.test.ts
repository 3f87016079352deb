/** Layers of a real docker and a real podman: all are what their digests say, until somebody changes them. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  statSync,
  writeFileSync,
} from 'node:fs';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { verifyLayer } from '../../src/capture/verify.ts';
import { changesOfSubject, verifySubject } from '../../src/cli/layer-files.ts';
import { liveHost } from '../../src/host/live.ts';
import type { Dir } from '../../src/host/port.ts';
import { decodeRecording, encodeRecording } from '../../src/host/recording-file.ts';
import { recordingOf } from '../../src/host/recording.ts';
import { replayHost } from '../../src/host/replay.ts';
import type { LayerVerification } from '../../src/schema/verify.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, type Client, Lab, podmanIn, startDockerd } from '../support/daemons.ts';

/** Where one layer is. */
interface Where {
  readonly diffId: string;
  readonly diff: string;
  readonly tarSplit: string;
  readonly name: string;
}

function opened(path: string, host = liveHost()): Dir {
  const dir = host.open(path);
  if (!('close' in dir)) throw new Error(`${path}: ${dir.errno}`);
  return dir;
}

async function verify({ diffId, diff, tarSplit, name }: Where, host = liveHost()): Promise<LayerVerification> {
  const [dir, state] = [opened(diff, host), opened(tarSplit, host)];
  try {
    return await verifyLayer(host, { dir, style: 'overlay', diffId, tarSplit: { dir: state, path: name } });
  } finally {
    dir.close();
    state.close();
  }
}

/** What is found while something is done to the layer, which is then undone. */
async function whileChanged(where: Where, change: () => () => void): Promise<LayerVerification> {
  const undo = change();
  try {
    return await verify(where);
  } finally {
    undo();
  }
}

const FILES = 'cd /data && /bin/busybox mkdir -p new/dir && echo content > new/dir/file && : > new/empty';

describeWith(['root', 'busybox-static', 'unshare', 'nsenter', 'ip', 'docker'], 'layers of dockerd', () => {
  let lab: Lab;
  let docker: Client;
  let layers: Where[];
  beforeAll(async () => {
    lab = await Lab.start();
    const root = await busyboxRoot(lab);
    mkdirSync(`${root}/data/d`, { recursive: true });
    writeFileSync(`${root}/data/d/x`, 'x');
    writeFileSync(`${root}/data/gone`, 'x');
    writeFileSync(`${root}/data/${'long'.repeat(50)}`, 'x');
    symlinkSync(`/${'target/'.repeat(20)}`, `${root}/data/link`);
    symlinkSync('short', `${root}/data/short`);
    execFileSync('mkfifo', [`${root}/data/fifo`]);
    execFileSync('ln', [`${root}/data/gone`, `${root}/data/hard`]);
    await lab.onHost('tar', '-C', root, '-cf', `${lab.dir}/root.tar`, '.');
    docker = await startDockerd(lab);
    await docker('import', `${lab.dir}/root.tar`, 'nsi/v:0');
    const steps = [
      FILES,
      'cd /data && /bin/busybox rm gone && /bin/busybox rm -r d && /bin/busybox mkdir d && echo 1 > d/y',
      'cd /data && i=0; while [ $i -lt 300 ]; do echo $i > file$i; i=$((i+1)); done; /bin/busybox dd if=/dev/zero of=big bs=1M count=3',
    ];
    for (const [i, step] of steps.entries()) {
      await docker('run', '--name', `step${i}`, '--network', 'none', `nsi/v:${i}`, 'sh', '-ec', step);
      await docker('commit', `step${i}`, `nsi/v:${i + 1}`);
    }
    layers = layersOf(`${lab.dir}/docker/data`);
  });
  afterAll(() => lab.stop());

  test('every layer is what its digest says', async () => {
    const ids = JSON.parse(await docker('inspect', '--format', '{{json .RootFS.Layers}}', 'nsi/v:3')) as string[];
    expect(layers.map(({ diffId }) => diffId).sort()).toEqual([...ids].sort());
    for (const layer of layers) {
      expect(await verify(layer)).toMatchObject({ result: 'verified', computed: layer.diffId, faults: [], why: null });
    }
  });

  test('a flipped byte, also with its time set back, a longer and a shorter file are named', async () => {
    const layer = withFile(layers, 'data/new/dir/file');
    const file = `${layer.diff}/data/new/dir/file`;
    const change = (text: string) => (): (() => void) => {
      const [content, { atime, mtime }] = [readFileSync(file), statSync(file)];
      writeFileSync(file, text);
      utimesSync(file, atime, mtime);
      return () => writeFileSync(file, content);
    };
    expect(await whileChanged(layer, change('cOntent\n'))).toMatchObject({
      result: 'differs',
      faultCount: 1,
      faults: [{ path: '/data/new/dir/file', fault: 'content' }],
    });
    for (const text of ['content\n\n', 'conten']) {
      expect(await whileChanged(layer, change(text))).toMatchObject({
        result: 'differs',
        computed: null,
        faults: [{ path: '/data/new/dir/file', fault: 'size', expected: '8', found: String(text.length) }],
      });
    }
    expect((await verify(layer)).result).toBe('verified');
  });

  test('what the digest does not cover is compared with the headers', async () => {
    const layer = withFile(layers, 'data/short');
    const fault = async (change: () => () => void): Promise<unknown> => {
      const { result, computed, faults } = await whileChanged(layer, change);
      expect({ result, computed }).toEqual({ result: 'differs', computed: layer.diffId });
      return faults;
    };
    const at = (name: string): string => `${layer.diff}/data/${name}`;
    expect(
      await fault(() => {
        rmSync(at('short'));
        symlinkSync('/etc/shadow', at('short'));
        return () => {
          rmSync(at('short'));
          symlinkSync('short', at('short'));
        };
      }),
    ).toEqual([{ path: '/data/short', fault: 'metadata', expected: 'short', found: '/etc/shadow' }]);
    expect(
      await fault(() => {
        chmodSync(at('d/x'), 0o4755);
        return () => chmodSync(at('d/x'), 0o644);
      }),
    ).toEqual([{ path: '/data/d/x', fault: 'metadata', expected: 'mode 644', found: 'mode 4755' }]);
  });

  test('missing and extra files, and whiteouts, are named', async () => {
    const layer = withFile(layers, 'data/d/y');
    const moved = `${lab.dir}/moved`;
    const away = (name: string) => (): (() => void) => {
      renameSync(`${layer.diff}/data/${name}`, moved);
      return () => renameSync(moved, `${layer.diff}/data/${name}`);
    };
    expect((await whileChanged(layer, away('d/y'))).faults).toEqual([{ path: '/data/d/y', fault: 'missing' }]);
    expect((await whileChanged(layer, away('gone'))).faults).toEqual([{ path: '/data/gone', fault: 'missing' }]);
    const extra = await whileChanged(layer, () => {
      mkdirSync(`${layer.diff}/data/extra/below`, { recursive: true });
      symlinkSync('/', `${layer.diff}/root`);
      return () => {
        rmSync(`${layer.diff}/data/extra`, { recursive: true });
        rmSync(`${layer.diff}/root`);
      };
    });
    expect(extra).toMatchObject({ result: 'differs', computed: layer.diffId });
    expect(extra.faults).toEqual([
      { path: '/data/extra', fault: 'extra', found: 'directory' },
      { path: '/root', fault: 'extra', found: 'symlink' },
    ]);
  });

  test('a link or a FIFO in the place of a file is not followed or opened', async () => {
    const layer = withFile(layers, 'data/new/dir/file');
    const [dir, kept] = [`${layer.diff}/data/new/dir`, `${lab.dir}/kept`];
    const replaced = await whileChanged(layer, () => {
      renameSync(dir, kept);
      symlinkSync(kept, dir);
      return () => {
        rmSync(dir);
        renameSync(kept, dir);
      };
    });
    expect(replaced.faults).toEqual([
      { path: '/data/new/dir', fault: 'type', expected: 'directory', found: 'symlink' },
      { path: '/data/new/dir/file', fault: 'unreadable', found: 'ELOOP' },
    ]);
    const fifo = await whileChanged(layer, () => {
      renameSync(`${dir}/file`, kept);
      execFileSync('mkfifo', [`${dir}/file`]);
      return () => renameSync(kept, `${dir}/file`);
    });
    expect(fifo.faults).toEqual([{ path: '/data/new/dir/file', fault: 'type', expected: 'file', found: 'fifo' }]);
  });

  test('what cannot be verified says why', async () => {
    const [layer] = layers;
    const dir = opened(layer!.diff);
    const none = await verifyLayer(liveHost(), { dir, style: 'overlay', diffId: layer!.diffId, tarSplit: null });
    expect(none).toMatchObject({ result: 'unverifiable', why: { outcome: 'absent' } });
    dir.close();
    const path = `${layer!.tarSplit}/${layer!.name}`;
    const content = readFileSync(path);
    for (const bytes of [content.subarray(0, content.length - 40), Buffer.from('not gzip'), Buffer.alloc(0)]) {
      const damaged = await whileChanged(layer!, () => {
        writeFileSync(path, bytes);
        return () => writeFileSync(path, content);
      });
      expect(damaged.result).not.toBe('verified');
    }
    const other = { ...layer!, diffId: `sha256:${'0'.repeat(64)}` };
    expect(await verify(other)).toMatchObject({
      result: 'differs',
      computed: layer!.diffId,
      faults: [],
      why: { outcome: 'malformed' },
    });
  });

  test('the layers of a lineage are found in the state of the engine, and its changes with them', async () => {
    const dataRoot = `${lab.dir}/docker/data`;
    const stack = [withFile(layers, 'data/short'), withFile(layers, 'data/new/dir/file')].map((layer) => ({
      kind: 'image' as const,
      path: layer.diff,
      stored: { key: `sha256:${layer.tarSplit.split('/').at(-1)!}`, diffId: layer.diffId },
      digests: null,
    }));
    expect(layers).toHaveLength(4);
    const facts = { kind: 'docker', driver: 'overlay2', root: dataRoot, via: null };
    const writable = {
      kind: 'writable' as const,
      path: withFile(layers, 'data/file1').diff,
      stored: null,
      digests: null,
    };
    const sight = { isOnHost: false, places: [] };
    const subject = { text: 'x', mount: null, sight, lineage: { store: { facts }, layers: [...stack, writable] } };
    const verified = await verifySubject(liveHost(), subject);
    expect(verified.map(({ index, verification }) => [index, verification.result])).toEqual([
      [0, 'verified'],
      [1, 'verified'],
    ]);
    const { changes, coverage } = changesOfSubject(liveHost(), subject, null);
    expect(changes).toHaveLength(301);
    expect(coverage).toMatchObject({ marks: 'read', unreadCount: 0, stopped: false });
    expect(changesOfSubject(liveHost(), subject, stack[0]!.stored.diffId.slice(7, 19)).changes).toHaveLength(301);
    expect(() => changesOfSubject(liveHost(), subject, '7')).toThrow('7 is no layer below the writable one');
    const gone = { ...subject, lineage: { ...subject.lineage, layers: [{ ...stack[0]!, path: '/nowhere' }] } };
    expect((await verifySubject(liveHost(), gone))[0]!.verification).toMatchObject({ result: 'unverifiable' });
    expect(() => changesOfSubject(liveHost(), gone, null)).toThrow('has no layer that it writes to');
  });

  test('replays from a recording', async () => {
    const layer = withFile(layers, 'data/d/y');
    const { host, recording } = recordingOf(liveHost());
    const live = await verify(layer, host);
    expect(live.result).toBe('verified');
    expect(await verify(layer, replayHost(decodeRecording(encodeRecording(recording()), 'a.rec')))).toEqual(live);
  });
});

/** The layers in dockerd's state. */
function layersOf(dataRoot: string): Where[] {
  const db = `${dataRoot}/image/overlay2/layerdb/sha256`;
  return readdirSync(db).map((chain) => ({
    diffId: readFileSync(`${db}/${chain}/diff`, 'utf8'),
    diff: `${dataRoot}/overlay2/${readFileSync(`${db}/${chain}/cache-id`, 'utf8')}/diff`,
    tarSplit: `${db}/${chain}`,
    name: 'tar-split.json.gz',
  }));
}

/** The layer that has this file. */
function withFile(layers: readonly Where[], file: string): Where {
  return layers.find(({ diff }) => lstatSync(`${diff}/${file}`, { throwIfNoEntry: false }) !== undefined)!;
}

describeWith(['root', 'busybox-static', 'unshare', 'nsenter', 'ip', 'podman', 'runc'], 'a layer of podman', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
    await busyboxRoot(lab);
    await podmanIn(lab)('import', `${lab.dir}/root.tar`, 'nsi/v:0');
  });
  afterAll(() => lab.stop());

  test('is what its digest says', async () => {
    const store = `${lab.dir}/podman/root`;
    const [layer] = JSON.parse(readFileSync(`${store}/overlay-layers/layers.json`, 'utf8')) as {
      id: string;
      'diff-digest': string;
    }[];
    const where: Where = {
      diffId: layer!['diff-digest'],
      diff: `${store}/overlay/${layer!.id}/diff`,
      tarSplit: `${store}/overlay-layers`,
      name: `${layer!.id}.tar-split.gz`,
    };
    expect(await verify(where)).toMatchObject({ result: 'verified', computed: where.diffId });
  });
});
