/** Roots that no image was unpacked for: systemd-nspawn's, bubblewrap's, and those that a FUSE daemon stacks. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { LayerDirs } from '../../src/cli/layer-dirs.ts';
import { liveHost } from '../../src/host/live.ts';
import type { LayersDocument } from '../../src/schema/layers-document.ts';
import type { MountsDocument } from '../../src/schema/mounts-document.ts';
import { nameText } from '../../src/text/bytes.ts';
import { CLI, cliJson, run } from '../support/cli.ts';
import { describeWith, type Component } from '../support/components.ts';
import { busyboxRoot, type Client, type Lab, podmanIn } from '../support/daemons.ts';
import { useLab } from '../support/lab-for-tests.ts';
import { expectDocument } from '../support/schema.ts';

const NEEDED: readonly Component[] = ['root', 'busybox-static', 'unshare', 'nsenter', 'ip'];

async function layersOf(...args: readonly string[]): Promise<LayersDocument> {
  const document = await cliJson<LayersDocument>('layers', '--json', ...args);
  expectDocument(document);
  return document;
}

/** Waits for a process of the lab with this command line, and gives its pid. */
async function pidOf(lab: Lab, command: string): Promise<number> {
  await lab.until(`${command} runs`, () => lab.attempt('pgrep', '-f', `^${command}`));
  return Number((await lab.onHost('pgrep', '-o', '-f', `^${command}`)).trim());
}

const stackOf = ({ layers }: LayersDocument): unknown[] => layers.map(({ kind, path: at }) => [kind, at]);

describeWith([...NEEDED, 'nspawn'], 'systemd-nspawn', () => {
  let root: string;
  const place = useLab(async (lab) => {
    root = await busyboxRoot(lab);
    mkdirSync(`${root}/data`);
    for (const folder of ['lower', 'upper', 'bound']) mkdirSync(`${lab.dir}/${folder}`);
  });

  /** Starts one on a copy of the root of its own: a directory is locked by whoever runs on it. */
  async function start(name: string, ...options: readonly string[]): Promise<{ readonly at: string; pid: number }> {
    const { lab } = place;
    const at = `${lab.dir}/${name}`;
    cpSync(root, at, { recursive: true, verbatimSymlinks: true });
    const seconds = String(47_000 + name.length);
    // Without a system bus it can register itself nowhere and get no scope: it stays in the cgroup that it was started in.
    const quiet = ['--register=no', '--keep-unit', '--link-journal=no', '--resolv-conf=off', '--timezone=off'];
    const machine = ['--directory', at, '--machine', `${lab.tag}-${name}`];
    lab.spawnInside(name, ['systemd-nspawn', ...quiet, ...machine, ...options, '/bin/sleep', seconds]);
    try {
      return { at, pid: await pidOf(lab, `/bin/sleep ${seconds}`) };
    } catch (error) {
      throw new Error(readFileSync(`${lab.dir}/${name}.log`, 'utf8'), { cause: error });
    }
  }

  test('on a directory has no layers, and its mounts say what is bound and what is an overlay', async () => {
    const { lab } = place;
    const { lower, upper, bound } = { lower: `${lab.dir}/lower`, upper: `${lab.dir}/upper`, bound: `${lab.dir}/bound` };
    const { at, pid } = await start('plain', `--overlay=${lower}:${upper}:/data`, `--bind-ro=${bound}:/var`);
    const document = await layersOf(`nspawn:${lab.tag}-plain`);
    expect(document).toMatchObject({ engine: 'nspawn', rootSetBy: 'pivot_root', mount: null, layers: [], image: null });
    expect(document.target.pid).toBe(pid);
    expect(document.notes).toEqual(['its root is no stack of layers']);
    const below = new Map(document.mounts.map((mount) => [mount.path, mount]));
    expect(below.get('/var')).toMatchObject({ root: expect.stringMatching(/\/bound$/) as string, readOnly: true });
    expect(below.get('/data')).toMatchObject({ fsType: 'overlay', readOnly: false });
    const { mounts } = await cliJson<MountsDocument>('mounts', String(pid), '--json');
    expect(mounts.find((mount) => mount.path === '/')?.root).toBe(at);
    const overlay = mounts.find((mount) => mount.path === '/data')?.overlay;
    expect(overlay).toMatchObject({ lower: [{ path: lower }], upper });
  });

  test('with --volatile=overlay writes above its directory, where nobody else can look', async () => {
    const { lab } = place;
    const { at, pid } = await start('volatile', '--volatile=overlay');
    const document = await layersOf(String(pid));
    expect(document).toMatchObject({ engine: 'nspawn', driver: 'overlay', rootSetBy: 'pivot_root' });
    expect(document.notes).toEqual([expect.stringMatching(/the host's own of the same names may be others$/)]);
    expect(stackOf(document)).toEqual([
      ['image', at],
      ['writable', expect.stringMatching(/^\/tmp\/nspawn-volatile-.*\/upper$/)],
    ]);
    // Nothing but the overlay has the tmpfs any more that its upper directory is on.
    const { status, stderr } = await run([...CLI, 'layers', '--files', `nspawn:${lab.tag}-volatile`]);
    expect(stderr).toMatch(/upper cannot be opened: ENOENT/);
    expect(status).toBe(2);
  });

  test('a copy that goes with it (--ephemeral) is a directory beside the one that was named', async () => {
    const { at, pid } = await start('ephemeral', '--ephemeral');
    const document = await layersOf(String(pid));
    expect(document).toMatchObject({ engine: 'nspawn', rootSetBy: 'pivot_root', mount: null, layers: [] });
    const { mounts } = await cliJson<MountsDocument>('mounts', String(pid), '--json');
    const name = path.basename(at);
    expect(mounts.find((mount) => mount.path === '/')?.root).toMatch(new RegExp(`/\\.#machine\\.${name}[0-9a-f]{16}$`));
  });
});

describeWith([...NEEDED, 'bwrap'], 'bubblewrap', () => {
  const place = useLab(async (lab) => {
    const root = await busyboxRoot(lab);
    for (const folder of ['mid', 'upper', 'work', 'merged']) mkdirSync(`${lab.dir}/${folder}`);
    lab.spawn('bound', ['bwrap', '--ro-bind', root, '/', '--dev', '/dev', '--tmpfs', '/tmp', '/bin/sleep', '47101']);
    const overlay = `mount -t overlay overlay -o lowerdir=mid:root,upperdir=upper,workdir=work merged`;
    const bwrap = 'exec bwrap --bind merged / --dev /dev /bin/sleep 47102';
    lab.spawn('stacked', ['unshare', '--mount', 'sh', '-ec', `cd '${lab.dir}'; ${overlay}; ${bwrap}`]);
  });

  test('a root that is bound has no layers, and is the directory that was bound', async () => {
    const pid = await pidOf(place.lab, '/bin/sleep 47101');
    const document = await layersOf(String(pid));
    expect(document).toMatchObject({ engine: 'bwrap', rootSetBy: 'pivot_root', mount: null, layers: [] });
    const { mounts } = await cliJson<MountsDocument>('mounts', String(pid), '--json');
    expect(mounts.find((mount) => mount.path === '/')).toMatchObject({ root: `${place.lab.dir}/root` });
    expect(document.mounts.map((mount) => mount.path)).toContain('/tmp');
  });

  test('a root that is an overlay has the directories of it, relative as they were given', async () => {
    const pid = await pidOf(place.lab, '/bin/sleep 47102');
    const document = await layersOf(String(pid));
    expect(document).toMatchObject({ engine: 'bwrap', driver: 'overlay', rootSetBy: 'pivot_root' });
    expect(stackOf(document)).toEqual([
      ['image', expect.stringMatching(/root$/)],
      ['image', expect.stringMatching(/mid$/)],
      ['writable', expect.stringMatching(/upper$/)],
    ]);
  });
});

const BUSYBOX = '/bin/busybox';

describeWith(NEEDED, 'an overlay that no engine has a record of, in a mount namespace of its own', () => {
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    // What the host has at the paths that those in their own namespaces use for something else.
    for (const name of ['hidden', 'stays', 'forged', 'shown']) {
      for (const folder of ['lower', 'upper', 'work', 'merged'])
        mkdirSync(`${lab.dir}/${name}/${folder}`, { recursive: true });
      writeFileSync(`${lab.dir}/${name}/upper/of-host`, 'x');
    }
    cpSync(`${lab.dir}/root`, `${lab.dir}/shown/lower`, { recursive: true, verbatimSymlinks: true });
    writeFileSync(`${lab.dir}/shown/lower/file`, 'one');
  });

  /** Starts a process whose root is the overlay of `name`: `before` prepares its directories, `enter` goes into it. */
  async function start(name: string, seconds: number, before: string, enter: string): Promise<number> {
    const { lab } = place;
    const sleep = `${BUSYBOX} sleep ${String(seconds)}`;
    const fill = `cp -a '${lab.dir}/root/.' lower/; echo one > lower/file`;
    const mount = `mount -t overlay overlay -o lowerdir="$PWD/lower",upperdir="$PWD/upper",workdir="$PWD/work" merged`;
    const write = 'echo two > merged/file; echo new > merged/new';
    const script = `cd '${lab.dir}/${name}'; ${before.replace('FILL', fill)}; ${mount}; ${write}; ${enter.replace('SLEEP', sleep)}`;
    lab.spawn(name, ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', script]);
    return pidOf(lab, sleep);
  }

  const TMPFS = 'mount -t tmpfs tmpfs .; cd "$PWD"; mkdir lower upper work merged; FILL';
  const PIVOT = `mkdir merged/old; cd merged; pivot_root . old; ${BUSYBOX} umount -l /old; exec SLEEP`;
  const CHANGES = [
    ['/new', 'added'],
    ['/old', 'added'],
    ['/file', 'modified'],
  ];

  const changesOf = ({ changes }: LayersDocument): unknown[] =>
    changes!.map(({ path: at, kind }) => [nameText(at), kind]).sort();

  test("whose directories nobody sees any more is not held against the host's of the same names", async () => {
    const pid = await start('hidden', 47_301, TMPFS, PIVOT);
    const { notes } = await layersOf(String(pid));
    expect(notes).toEqual([expect.stringMatching(/the host's own of the same names may be others$/)]);
    for (const flags of [['--files'], ['--tree'], ['--against', '0'], ['--waste'], ['--verify']]) {
      const { status, stdout, stderr } = await run([...CLI, 'layers', String(pid), ...flags]);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/hidden\/upper on this host is not the directory that .* writes to: .*absent/);
    }
    const { status, stdout } = await run([...CLI, 'layers', String(pid), '--files', '--json']);
    const error: unknown = JSON.parse(stdout);
    expect([status, error]).toMatchObject([2, { schema: 'nsinspect/error/1', error: { code: 'other-layer' } }]);
  });

  test('whose directories another process of its mount namespace sees is looked at through that', async () => {
    const pid = await start('stays', 47_302, TMPFS, `chroot merged SLEEP; true`);
    const document = await layersOf(String(pid), '--files');
    expect(changesOf(document)).toEqual(CHANGES.filter(([at]) => at !== '/old').sort());
  });

  test("whose directories are the host's is looked at on the host", async () => {
    const pid = await start('shown', 47_303, 'true', PIVOT);
    const document = await layersOf(String(pid), '--files');
    expect(changesOf(document)).toEqual([...CHANGES, ['/of-host', 'added']].sort());
  });

  test('with a lower directory that only it has is not held against the one of the host', async () => {
    const pid = await start('forged', 47_304, 'mount -t tmpfs tmpfs lower; FILL', PIVOT);
    const { status, stderr } = await run([...CLI, 'layers', String(pid), '--files']);
    expect(stderr).toMatch(/whether .*forged\/lower on this host is .* is not known: not collected \(nothing in it/);
    expect(status).toBe(2);
  });
});

/** Programs that have to end whatever a FUSE daemon does. */
const ENDS: readonly (readonly string[])[] = [['tree'], ['ls'], ['layers', '--all'], ['layers', 'who', '/bin/busybox']];

describeWith([...NEEDED, 'fuse-overlayfs'], 'fuse-overlayfs', () => {
  let pid: number;
  let above: number;
  let daemon: number;
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    for (const folder of ['mid', 'up', 'work', 'merged', 'up2', 'work2', 'stacked']) mkdirSync(`${lab.dir}/${folder}`);
    const mount = 'fuse-overlayfs -o lowerdir=mid:root,upperdir=up,workdir=work merged';
    // A second stack of the kernel's has the first one below it; one more process stands in it.
    const overlay = `mount -t overlay overlay -o lowerdir=${lab.dir}/merged,upperdir=${lab.dir}/up2,workdir=${lab.dir}/work2 stacked`;
    const both = `chroot stacked /bin/sleep 47202 & cd merged; exec chroot . /bin/sleep 47201`;
    lab.spawn('fuse', ['unshare', '--mount', 'sh', '-ec', `cd '${lab.dir}'; ${mount}; ${overlay}; ${both}`]);
    pid = await pidOf(lab, '/bin/sleep 47201');
    above = await pidOf(lab, '/bin/sleep 47202');
    daemon = await pidOf(lab, mount);
  });

  test('says that nobody is told what it stacked', async () => {
    const document = await layersOf(String(pid));
    expect(document).toMatchObject({ driver: 'fuse.fuse-overlayfs', rootSetBy: 'chroot', layers: [], image: null });
    expect(document).not.toHaveProperty('mount');
    expect(document.unknown).toEqual({ changes: 'not collected', waste: 'not collected', mount: 'unsupported' });
    expect(document.notes).toEqual([expect.stringMatching(/^its layers are not known: what fuse-overlayfs stacked/)]);
  });

  test('a daemon that is stopped keeps nobody waiting', async () => {
    process.kill(daemon, 'SIGSTOP');
    try {
      const targets = [String(pid), String(above)].flatMap((one) =>
        ['layers', 'mounts', 'limits', 'inspect', 'why'].map((name) => [name, one]),
      );
      const capture = ['capture', '-o', `${place.lab.dir}/all.nsi`];
      for (const args of [...ENDS, ...targets, capture]) {
        const { status } = await run(['timeout', '--signal', 'KILL', '20', ...CLI, ...args]);
        expect(status, args.join(' ')).toBe(0);
      }
      // Its lower layer lies on FUSE where it was mounted, and on the host is an empty directory.
      const files = ['layers', String(above), '--files'];
      const { status, stderr } = await run(['timeout', '--signal', 'KILL', '20', ...CLI, ...files]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/merged on this host is .* is not known/)]);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }
  });

  test('a layer that lies on it, for an engine that sees it there, is left alone', () => {
    const { lab } = place;
    const facts = { kind: 'docker', driver: 'overlay2', root: lab.dir, via: daemon };
    const dirs = new LayerDirs(liveHost(), { store: { facts } });
    expect(dirs.at(`${lab.dir}/merged`)).toMatchObject({ outcome: 'not collected', errno: 'EAGAIN' });
    expect(dirs.at(`${lab.dir}/merged/bin`)).toMatchObject({ errno: 'EAGAIN' });
    expect(dirs.at(`${lab.dir}/mid`)).not.toHaveProperty('errno');
    dirs.close();
  });
});

describeWith([...NEEDED, 'fuse-overlayfs', 'podman', 'runc'], 'podman with fuse-overlayfs', () => {
  let podman: Client;
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    const plain = podmanIn(lab);
    podman = (...args) => plain('--storage-opt', 'overlay.mount_program=/usr/bin/fuse-overlayfs', ...args);
    await podman('import', `${lab.dir}/root.tar`, 'nsi/base:1');
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
    const where = ['--network', 'none', '--cgroup-parent', `/${lab.tag}`];
    const script =
      'echo x > /new; /bin/busybox rm /bin/cat; /bin/busybox rm -rf /usr; /bin/busybox mkdir /usr; exec sleep 3600';
    await podman('run', '--detach', ...limits, ...where, '--name', 'pod', 'nsi/base:1', 'sh', '-c', script);
  });

  test("has its layers by the engine's record, and its changes by fuse-overlayfs's own marks", async () => {
    const { lab } = place;
    const { pid } = (await layersOf('podman:pod')).target;
    await lab.until('it has written', () => lab.attempt('grep', '-q', '^sleep', `/proc/${String(pid)}/cmdline`));
    const document = await layersOf('podman:pod', '--files', '--verify');
    const [image] = JSON.parse(await podman('image', 'inspect', 'nsi/base:1')) as { RootFS: { Layers: string[] } }[];
    expect(document).toMatchObject({ engine: 'podman', driver: 'overlay', rootSetBy: 'pivot_root' });
    expect(document.image?.tags).toEqual(['localhost/nsi/base:1']);
    expect(document.layers.map(({ kind, diffId }) => [kind, diffId])).toEqual([
      ['image', image!.RootFS.Layers[0]],
      ['writable', null],
    ]);
    expect(document.notes).toEqual([expect.stringMatching(/these are the layers of the engine's record$/)]);
    expect(document.unknown).toEqual({ waste: 'not collected', mount: 'unsupported' });
    expect(document.verified).toMatchObject([{ index: 0, result: 'verified' }]);
    const kinds = Object.fromEntries(document.changes!.map((change) => [nameText(change.path), change.kind]));
    expect(kinds).toMatchObject({ '/new': 'added', '/bin/cat': 'deleted', '/usr': 'opaque' });
  });
});
