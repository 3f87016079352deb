/** Layers of real engines, each held against what its engine's own client says. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { chainIdsOf } from '../../src/engines/digest.ts';
import type { LayersAllDocument, LayersDocument, LayersWhoDocument } from '../../src/schema/layers-document.ts';
import { nameText } from '../../src/text/bytes.ts';
import { cliJson } from '../support/cli.ts';
import { describeWith, type Component } from '../support/components.ts';
import { busyboxRoot, type Client, type Lab, podmanIn, startContainerd, startDockerd } from '../support/daemons.ts';
import { useLab } from '../support/lab-for-tests.ts';
import { expectDocument } from '../support/schema.ts';

const NEEDED: readonly Component[] = ['root', 'busybox-static', 'unshare', 'nsenter', 'ip'];

async function layersOf(...args: readonly string[]): Promise<LayersDocument> {
  const document = await cliJson<LayersDocument>('layers', '--json', ...args);
  expectDocument(document);
  return document;
}

/** DiffIDs of the image's layers, lowest first. */
function diffIds({ layers }: LayersDocument): unknown[] {
  return layers.filter(({ kind }) => kind === 'image').map(({ diffId }) => diffId);
}

/** What must be the same whoever is asked. */
function lineage({ image, layers, history }: LayersDocument): unknown {
  return { image, history, layers: layers.map(({ sharedWith: _shared, ...layer }) => layer) };
}

/** A folder with a Dockerfile and a file. */
function buildFolder(lab: Lab, lines: readonly string[]): string {
  const folder = mkdtempSync(path.join(lab.dir, 'build-'));
  writeFileSync(`${folder}/Dockerfile`, `${lines.join('\n')}\n`);
  writeFileSync(`${folder}/file`, 'content\n');
  return folder;
}

/** What a build runs here may have no network: the lab's is its own. */
const DOCKERFILE = [
  'FROM nsi/base:1',
  'ENV A=b',
  'COPY file /file',
  'RUN busybox mkdir /d && echo x > /d/x',
  'RUN true',
  'RUN busybox rm -rf /d /file',
  'LABEL c=d',
  'CMD ["sleep", "3600"]',
];

describeWith([...NEEDED, 'docker'], 'layers of docker', () => {
  let docker: Client;
  let data: string;
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    docker = await startDockerd(lab);
    data = `${lab.dir}/docker/data`;
    await docker('import', `${lab.dir}/root.tar`, 'nsi/base:1');
    await docker('build', '--network', 'none', '--tag', 'nsi/built:1', buildFolder(lab, DOCKERFILE));
    await docker('tag', 'nsi/built:1', 'nsi/again:2');
    const many = ['FROM scratch', ...Array.from({ length: 65 }, (_, i) => `COPY file /f${String(i)}`), 'CMD ["/x"]'];
    await docker('build', '--tag', 'nsi/many:1', buildFolder(lab, many));
    const more = ['FROM nsi/built:1', ...Array.from({ length: 62 }, (_, i) => `COPY file /f${String(i)}`)];
    await docker('build', '--tag', 'nsi/more:1', buildFolder(lab, more));
    await docker('save', '--output', `${lab.dir}/saved.tar`, 'nsi/built:1');
    for (const name of ['one', 'two'])
      await docker('run', '--detach', '--network', 'none', '--name', name, 'nsi/built:1');
    await docker('run', '--detach', '--network', 'none', '--name', 'deep', 'nsi/more:1');
    await docker('create', '--name', 'flat', 'nsi/many:1');
  });

  async function inspected(image: string): Promise<{ readonly id: string; readonly layers: readonly string[] }> {
    const [found] = JSON.parse(await docker('image', 'inspect', image)) as {
      Id: string;
      RootFS: { Layers: string[] };
    }[];
    return { id: found!.Id, layers: found!.RootFS.Layers };
  }

  test.each([
    ['one', 'nsi/built:1'],
    ['deep', 'nsi/more:1'],
    ['flat', 'nsi/many:1'],
  ])('of %s are those of docker image inspect, and steps those of docker history', async (name, image) => {
    const document = await layersOf(`docker:${name}`);
    const { id, layers } = await inspected(image);
    expect(document).toMatchObject({ engine: 'docker', driver: 'overlay2', notes: [], candidates: [] });
    expect(document.image?.id).toBe(id);
    expect(diffIds(document)).toEqual(layers);
    expect(document.layers.slice(-2).map(({ kind }) => kind)).toEqual(['init', 'writable']);
    expect(document.layers.map(({ index }) => index)).toEqual(document.layers.map((_, i) => i));
    const history = await docker(
      'history',
      '--no-trunc',
      '--human=false',
      '--format',
      '{{.Size}}\t{{.CreatedBy}}',
      image,
    );
    const steps = history.replace(/\n$/, '').split('\n').reverse();
    expect(document.history.map(({ createdBy }) => nameText(createdBy ?? '').trim())).toEqual(
      steps.map((line) => line.slice(line.indexOf('\t') + 1).trim()),
    );
    for (const [i, { layer, createdBy }] of document.history.entries()) {
      const size = steps[i]!.slice(0, steps[i]!.indexOf('\t'));
      if (layer === null) expect(size).toBe('0');
      else expect(document.layers[layer]).toMatchObject({ createdBy, bytes: size });
    }
  });

  test('a running root says who set it and where its layers lie, one that does not run is not mounted', async () => {
    const running = await layersOf('docker:one');
    expect(running.rootSetBy).toBe('pivot_root');
    expect(running.mount?.lowerdirs).toHaveLength(running.layers.length - 1);
    expect(running.mounts.map(({ path: at }) => at)).toContain('/etc/hosts');
    expect(running.unknown).toEqual({ changes: 'not collected', waste: 'not collected' });
    expect(await layersOf('docker:flat')).toMatchObject({ rootSetBy: null, mount: null, target: { pid: null } });
    // The build kept no layer of what changed nothing.
    expect(running.history.find(({ instruction }) => instruction === 'RUN true')?.layer).toBeNull();
    const instructions = running.layers.map(({ instruction }) => instruction);
    expect(instructions).toContain('RUN busybox rm -rf /d /file');
  });

  test('layers are shared with the other containers and images that have them', async () => {
    const { layers } = await layersOf('docker:one');
    const base = layers[0]!.sharedWith.flatMap(({ container }) => nameText(container?.name ?? ''));
    expect(base).toEqual(expect.arrayContaining(['two', 'deep']));
    expect(layers.at(-1)!.sharedWith).toEqual([]);
    const all = await cliJson<LayersAllDocument>('layers', '--all', '--json');
    expectDocument(all);
    const store = all.stores.find(({ root }) => root === data)!;
    const built = store.images.find(({ tags }) => tags.includes('nsi/built:1'))!;
    expect(built.tags).toEqual(['nsi/again:2', 'nsi/built:1']);
    expect(built.containers.map(({ name }) => name).sort()).toEqual(['one', 'two']);
    expect(store.orphans).toEqual([]);
    const who = await cliJson<LayersWhoDocument>('layers', 'who', layers[1]!.diffId!, '--json');
    expectDocument(who);
    const [mine] = who.layers.filter(({ root }) => root === data);
    expect(
      mine!.usedBy
        .map(({ container }) => container?.name)
        .filter(Boolean)
        .sort(),
    ).toEqual(['deep', 'one', 'two']);
    const byPath = await cliJson<LayersWhoDocument>('layers', 'who', `${nameText(layers[1]!.path)}/file`, '--json');
    expect(byPath.layers).toEqual([mine]);
  });

  test('a file is found in every layer that has it, and where it is deleted', async () => {
    const who = await cliJson<LayersWhoDocument>('layers', 'who', '/file', '--json');
    expectDocument(who);
    const mine = who.layers.filter(({ root }) => root === data);
    const brought = mine.find(({ file, instruction }) => file?.kind === 'present' && instruction?.startsWith('COPY'));
    expect(brought).toMatchObject({ kind: 'image' });
    const removed = mine.find(({ instruction }) => instruction === 'RUN busybox rm -rf /d /file');
    expect(removed?.file).toEqual({ kind: 'deleted', bytes: null });
    expect((await cliJson<LayersWhoDocument>('layers', 'who', '/no/such/file', '--json')).layers).toEqual([]);
  });

  test('each layer is shared with exactly those that docker inspect gives it to', async () => {
    const { layers } = await layersOf('docker:one');
    const ids = (await docker('image', 'ls', '--all', '--no-trunc', '--quiet')).trim().split('\n');
    const images = await Promise.all([...new Set(ids)].map(inspected));
    const names = (await docker('ps', '--all', '--format', '{{.Names}}')).trim().split('\n');
    const containers = await Promise.all(
      names.map(async (name) => {
        const id = (await docker('inspect', '--format', '{{.Image}}', name)).trim();
        return { name, image: images.find((image) => image.id === id)! };
      }),
    );
    const own = (await inspected('nsi/built:1')).id;
    for (const [i, { kind, diffId, sharedWith }] of layers.entries()) {
      if (kind !== 'image') continue;
      // The same content above other layers is another layer.
      const chain = layers.slice(0, i + 1).map((layer) => layer.diffId);
      const has = (image: { readonly layers: readonly string[] }): boolean =>
        JSON.stringify(image.layers.slice(0, i + 1)) === JSON.stringify(chain);
      const users = containers.filter(({ name, image }) => name !== 'one' && has(image)).map(({ name }) => name);
      const found = sharedWith.flatMap(({ container }) => nameText(container?.name ?? '') || []);
      expect(found.sort(), String(diffId)).toEqual(users.sort());
      const others = images.filter((image) => image.id !== own && has(image)).map(({ id }) => id);
      const named = sharedWith.flatMap(({ image }) => (image === null || image.id === own ? [] : image.id));
      expect([...new Set(named)].sort(), String(diffId)).toEqual([...new Set(others)].sort());
    }
  });

  test('an orphaned directory is found', async () => {
    mkdirSync(`${data}/overlay2/${'e'.repeat(64)}/diff`, { recursive: true });
    const { stores } = await cliJson<LayersAllDocument>('layers', '--all', '--json');
    rmSync(`${data}/overlay2/${'e'.repeat(64)}`, { recursive: true });
    expect(stores.find(({ root }) => root === data)!.orphans).toEqual([
      { path: `${data}/overlay2/${'e'.repeat(64)}/diff`, why: 'unrecorded' },
    ]);
  });

  test('without config.v2.json images are candidates, the one with the name first', async () => {
    const id = (await docker('inspect', '--format', '{{.Id}}', 'two')).trim();
    const config = `${data}/containers/${id}/config.v2.json`;
    renameSync(config, `${config}.away`);
    const document = await layersOf(id);
    renameSync(`${config}.away`, config);
    const { id: built, layers } = await inspected('nsi/built:1');
    expect(document.image).toBeNull();
    expect(document.candidates[0]).toMatchObject({ id: built, exact: true, layers: layers.length });
    expect(document.candidates.some(({ exact }) => !exact)).toBe(true);
    expect(diffIds(document)).toEqual(layers);
  });

  test('an image that was loaded has the same layers', async () => {
    const before = await inspected('nsi/built:1');
    await docker('load', '--input', `${place.lab.dir}/saved.tar`);
    expect(await inspected('nsi/built:1')).toEqual(before);
    await docker('create', '--name', 'loaded', 'nsi/built:1');
    expect(diffIds(await layersOf('docker:loaded'))).toEqual(before.layers);
  });

  test('the same with the daemon stopped, and of a container that is dead', async () => {
    const before = lineage(await layersOf('docker:one'));
    const deep = lineage(await layersOf('docker:deep'));
    const { lab } = place;
    await lab.onHost('sh', '-c', `kill -9 $(cat ${lab.dir}/docker/docker.pid) && sleep 0.2`);
    expect(lineage(await layersOf('docker:one'))).toEqual(before);
    const pid = (await layersOf('docker:deep')).target.pid!;
    process.kill(pid, 'SIGKILL');
    await lab.until('the container is dead', () => lab.attempt('sh', '-c', `! test -e /proc/${String(pid)}`));
    expect(lineage(await layersOf('docker:deep', '--state', data))).toEqual(deep);
  });
});

describeWith([...NEEDED, 'docker', 'containerd', 'runc', 'podman'], 'layers of podman and containerd', () => {
  let podman: Client;
  let ctr: Client;
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    podman = podmanIn(lab);
    await podman('import', `${lab.dir}/root.tar`, 'nsi/base:1');
    const lines = ['FROM localhost/nsi/base:1', 'ENV A=b', 'COPY file /file', 'COPY file /other', 'LABEL c=d'];
    await podman('build', '--layers', '--isolation', 'chroot', '--tag', 'nsi/built:1', buildFolder(lab, lines));
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
    const where = ['--network', 'none', '--cgroup-parent', `/${lab.tag}`];
    await podman('run', '--detach', ...limits, ...where, '--name', 'pod', 'nsi/built:1', 'sleep', '3600');
    await podman('save', '--output', `${lab.dir}/image.tar`, 'nsi/built:1');
    ctr = await startContainerd(lab);
    await ctr('-n', lab.tag, 'images', 'import', `${lab.dir}/image.tar`);
    await ctr('-n', lab.tag, 'run', '--detach', 'localhost/nsi/built:1', `c-${lab.tag}`, '/bin/sleep', '3600');
  });

  async function expected(): Promise<readonly string[]> {
    const [image] = JSON.parse(await podman('image', 'inspect', 'nsi/built:1')) as { RootFS: { Layers: string[] } }[];
    return image!.RootFS.Layers;
  }

  test('podman: those of podman image inspect', async () => {
    const document = await layersOf('podman:pod');
    expect(document).toMatchObject({ engine: 'podman', driver: 'overlay', rootSetBy: 'pivot_root', notes: [] });
    expect(document.image?.tags).toEqual(['localhost/nsi/built:1']);
    expect(diffIds(document)).toEqual(await expected());
    expect(document.layers.at(-1)?.kind).toBe('writable');
    expect(document.history.map(({ layer }) => layer)).toEqual([0, null, 1, 2, null]);
  });

  test('containerd: those of the image that was imported, by the number of its snapshots', async () => {
    const document = await layersOf(`containerd:c-${place.lab.tag}`);
    expect(document).toMatchObject({ engine: 'containerd', driver: 'overlayfs', notes: [] });
    expect(document.image?.tags).toEqual(['localhost/nsi/built:1']);
    expect(diffIds(document)).toEqual(await expected());
    const chain = (await ctr('-n', place.lab.tag, 'snapshots', 'list')).match(/sha256:[0-9a-f]{64}/g);
    for (const { chainId, kind } of document.layers) if (kind === 'image') expect(chain).toContain(chainId);
  });

  test('containerd: containers that are labelled as CRI does it, in its namespace', async () => {
    const { lab } = place;
    const cri = (...args: readonly string[]): Promise<string> => ctr('-n', 'k8s.io', ...args);
    await cri('images', 'import', `${lab.dir}/image.tar`);
    const id = createHash('sha256').update(lab.tag).digest('hex');
    const labels = { 'io.cri-containerd.kind': 'container', 'io.kubernetes.container.name': 'web' };
    const annotations = { 'io.kubernetes.cri.container-type': 'container', 'io.kubernetes.cri.container-name': 'web' };
    const pairs = (flag: string, of: object): string[] =>
      Object.entries(of).flatMap(([name, value]) => [flag, `${name}=${String(value)}`]);
    const options = [...pairs('--label', labels), ...pairs('--annotation', annotations)];
    // Not in /k8s.io, where it would outlive the lab.
    const cgroup = `/${lab.tag}/k8s.io/${id}`;
    await cri('run', '--detach', '--cgroup', cgroup, ...options, 'localhost/nsi/built:1', id, '/bin/sleep', '3600');
    const document = await layersOf(id);
    expect(document).toMatchObject({ engine: 'cri', driver: 'overlayfs', rootSetBy: 'pivot_root', notes: [] });
    expect(document.image?.tags).toEqual(['localhost/nsi/built:1']);
    expect(diffIds(document)).toEqual(await expected());
    expect(document.layers.at(-1)?.kind).toBe('writable');
  });

  test("docker with containerd's image store: snapshots named by the container", async () => {
    const { lab } = place;
    const moby = (...args: readonly string[]): Promise<string> => ctr('-n', 'moby', ...args);
    await moby('images', 'import', `${lab.dir}/image.tar`);
    const id = createHash('sha256').update(`moby ${lab.tag}`).digest('hex');
    const top = chainIdsOf(await expected()).at(-1)!;
    // As dockerd prepares a container (moby, daemon/containerd/image_snapshot.go): an init layer, committed, and one above it.
    await moby('snapshots', 'prepare', `${id}-init-key`, top);
    await moby('snapshots', 'commit', `${id}-init`, `${id}-init-key`);
    await moby('snapshots', 'prepare', id, `${id}-init`);
    const document = await layersOf(`docker:${id}`, '--state', `${lab.dir}/containerd/root`);
    expect(document).toMatchObject({ engine: 'docker', driver: 'overlayfs', rootSetBy: null, mount: null, notes: [] });
    expect(diffIds(document)).toEqual(await expected());
    expect(document.layers.slice(-2).map(({ kind }) => kind)).toEqual(['init', 'writable']);
    // Which image it was made from is in a file of dockerd's alone.
    expect(document.image).toBeNull();
    expect(document.candidates[0]).toMatchObject({ tags: ['localhost/nsi/built:1'], exact: true });
    expect(document.history.map(({ layer }) => layer)).toEqual([0, null, 1, 2, null]);
  });

  test('containerd: the same with the daemon stopped', async () => {
    const { lab } = place;
    const before = lineage(await layersOf(`containerd:c-${lab.tag}`));
    await lab.onHost(
      'sh',
      '-c',
      `for p in $(pgrep -x containerd); do grep -q ${lab.tag} /proc/$p/cgroup && kill -9 $p; done; sleep 0.2`,
    );
    expect(lineage(await layersOf(`containerd:c-${lab.tag}`))).toEqual(before);
  });
});

describeWith(['root', 'unshare', 'busybox-static'], 'roots without an engine', () => {
  const place = useLab(async (lab) => {
    const root = await busyboxRoot(lab);
    for (const folder of ['mid', 'upper:1', 'work', 'merged']) mkdirSync(`${lab.dir}/${folder}`);
    const script = [
      `cd ${lab.dir} && mount -t overlay overlay -o 'lowerdir=mid:${root},upperdir=${lab.dir}/upper\\:1,workdir=${lab.dir}/work' merged`,
      `exec chroot merged /bin/sleep 4711`,
    ];
    lab.spawn('plain', ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script.join(' && ')]);
    await lab.until('it sleeps', () => lab.attempt('pgrep', '-f', '^/bin/sleep 4711'));
  });

  test('a chroot onto an overlay: the directories by the mount alone', async () => {
    const { lab } = place;
    const pid = (await lab.onHost('pgrep', '-f', '^/bin/sleep 4711')).trim();
    const document = await layersOf(pid);
    expect(document).toMatchObject({ engine: null, driver: 'overlay', image: null, rootSetBy: 'chroot' });
    expect(document.layers.map(({ kind, path: at, diffId }) => ({ kind, at, diffId }))).toEqual([
      { kind: 'image', at: `${lab.dir}/root`, diffId: null },
      { kind: 'image', at: expect.stringMatching(/mid$/) as string, diffId: null },
      { kind: 'writable', at: `${lab.dir}/upper:1`, diffId: null },
    ]);
  });
});

describeWith([...NEEDED, 'lxc'], 'LXC with an overlay', () => {
  const place = useLab(async (lab) => {
    const root = await busyboxRoot(lab);
    const name = `${lab.tag}-overlay`;
    const home = `${lab.dir}/lxc/${name}`;
    mkdirSync(`${home}/delta0`, { recursive: true });
    const config = [
      `lxc.uts.name = ${name}`,
      `lxc.rootfs.path = overlay:${root}:${home}/delta0`,
      'lxc.net.0.type = empty',
      'lxc.mount.auto = proc:mixed sys:ro',
      'lxc.apparmor.profile = unconfined',
    ];
    writeFileSync(`${home}/config`, `${config.join('\n')}\n`);
    await lab.onHost('lxc-start', '-P', `${lab.dir}/lxc`, '-n', name, '-d');
  });

  test('has the directories that its configuration names, and no digests', async () => {
    const { lab } = place;
    const document = await layersOf(`lxc:${lab.tag}-overlay`, '--files');
    expect(document).toMatchObject({
      engine: 'lxc',
      driver: 'overlay',
      image: null,
      rootSetBy: 'pivot_root',
      notes: [expect.stringMatching(/not seen mounted on the host/)],
      changes: expect.any(Array) as unknown[],
    });
    expect(document.layers.map(({ kind, path: at, diffId }) => ({ kind, at, diffId }))).toEqual([
      { kind: 'image', at: `${lab.dir}/root`, diffId: null },
      { kind: 'writable', at: `${lab.dir}/lxc/${lab.tag}-overlay/delta0`, diffId: null },
    ]);
  });
});
