/** Mount namespaces made for the purpose, and those of containers: the answer of `mounts` against findmnt(8) and Docker. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';

import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';

import type { MountRow, MountsDocument } from '../../src/schema/mounts-document.ts';
import { nameText } from '../../src/text/bytes.ts';
import { displayWidth } from '../../src/text/width.ts';
import { CLI, cli, cliJson, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, type Client, Lab, startDockerd } from '../support/daemons.ts';
import { expectDocument } from '../support/schema.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** What `findmnt` says of one mount. */
interface Found {
  readonly id: number;
  readonly parent: number;
  readonly target: string;
  readonly fstype: string;
  readonly fsroot: string;
  readonly 'maj:min': string;
  readonly propagation: string;
}

/** Runs a script in a mount namespace of its own, with a tmpfs at its first argument, until the test ends. */
async function inNamespace(context: TestContext, script: string): Promise<{ pid: number; dir: string }> {
  const dir = temporaryDirectory(context);
  const whole = `mount -t tmpfs base "$1" && cd "$1" && ${script}\necho $$; exec sleep 600`;
  const unshare = 'exec unshare --mount --propagation private sh -ec "$2" sh "$1"';
  const child = spawn('sh', ['-c', unshare, 'sh', dir, whole], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.onTestFinished(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  // What the script started is not its end: the shell becomes the sleeper.
  return { pid: Number(said.toString().trim()), dir };
}

async function mountsOf(...args: readonly string[]): Promise<MountsDocument> {
  const document = await cliJson<MountsDocument>('mounts', ...args, '--json');
  expectDocument(document);
  return document;
}

async function findmnt(pid: number): Promise<Found[]> {
  const columns = 'ID,PARENT,TARGET,FSTYPE,FSROOT,MAJ:MIN,PROPAGATION';
  const { stdout } = await run(['findmnt', '--json', '--list', '-N', String(pid), '-o', columns]);
  return (JSON.parse(stdout) as { filesystems: Found[] }).filesystems;
}

/** The same of our answer. */
function asFound({ id, parent, path, fsType, root, dev, propagation }: MountRow): Found {
  return {
    id,
    parent: parent ?? -1,
    target: nameText(path),
    fstype: nameText(fsType),
    fsroot: nameText(root),
    'maj:min': dev,
    propagation: propagation.text,
  };
}

const byId = (a: { id: number }, b: { id: number }): number => a.id - b.id;

/** Paths of the mounts below `dir`, each with what the answer says of it. */
function below(document: MountsDocument, dir: string): Map<string, MountRow[]> {
  const found = new Map<string, MountRow[]>();
  for (const row of document.mounts) {
    const path = nameText(row.path);
    if (path !== dir && !path.startsWith(`${dir}/`)) continue;
    const name = path.slice(dir.length + 1);
    found.set(name, [...(found.get(name) ?? []), row]);
  }
  return found;
}

const MANY = `
mkdir a b bound sh peer sl ub ns.d part m l1 l2 u w ro
mount -t tmpfs one a; mkdir a/x; mount -t tmpfs under a/x; mount -t tmpfs two a
mkdir b/sub; mount --bind b/sub bound
mount -t tmpfs shr sh; mount --make-shared sh; mount --bind sh peer; mount --bind sh sl; mount --make-slave sl
mount -t tmpfs ub ub; mount --make-unbindable ub
touch ns; mount --bind /proc/self/ns/net ns
mount -t tmpfs -o ro,nosuid,nodev,noexec ro ro`;

describeWith(['root', 'unshare', 'findmnt', 'python3'], 'mounts', () => {
  test('has what findmnt has, and knows what is covered', async (context) => {
    const { pid, dir } = await inNamespace(context, MANY);
    const document = await mountsOf(String(pid));
    const found = await findmnt(pid);
    // What is a slave or unbindable it calls private besides.
    const parents = new Set(found.map(({ id }) => id));
    const expected = found.map((one) => ({
      ...one,
      parent: parents.has(one.parent) ? one.parent : -1,
      propagation: one.propagation.replace('private,', ''),
    }));
    expect(document.mounts.map(asFound).toSorted(byId)).toEqual(expected.toSorted(byId));

    const rows = below(document, dir);
    const [one, two] = rows.get('a')!;
    expect(one).toMatchObject({ source: 'one', coveredBy: { id: two!.id } });
    expect(two).toMatchObject({ source: 'two', coveredBy: null, parent: one!.id });
    expect(rows.get('a/x')).toMatchObject([{ source: 'under', coveredBy: { id: two!.id } }]);
    expect(rows.get('bound')).toMatchObject([{ kind: 'bind', root: '/b/sub', here: `${dir}/b/sub`, host: null }]);
    const [shared, peer, slave] = ['sh', 'peer', 'sl'].map((name) => rows.get(name)![0]!);
    expect(shared!.propagation.peers.sample).toMatchObject([{ id: peer!.id }]);
    expect(shared!.propagation.sendsTo.sample).toMatchObject([{ id: slave!.id }]);
    expect(slave!.propagation.receivesFrom.sample.map(({ id }) => id)).toEqual([shared!.id, peer!.id]);
    expect(rows.get('ub')).toMatchObject([{ propagation: { text: 'unbindable' } }]);
    expect(rows.get('ns')).toMatchObject([{ kind: 'namespace', root: readlinkSync(`/proc/${String(pid)}/ns/net`) }]);
    expect(rows.get('ro')).toMatchObject([{ readOnly: true, kind: 'filesystem' }]);
  });

  test('shows a slave in another namespace where it receives from', async (context) => {
    const { pid, dir } = await inNamespace(
      context,
      'mkdir s; mount -t tmpfs s s; mount --make-shared s; unshare --mount --propagation slave sleep 600 & sleep 0.2',
    );
    const { stdout } = await run(['pgrep', '-P', String(pid)]);
    const child = Number(stdout.trim());
    context.onTestFinished(() => void process.kill(child, 'SIGKILL'));
    const [sender] = below(await mountsOf(String(pid)), dir).get('s')!;
    const [receiver] = below(await mountsOf(String(child)), dir).get('s')!;
    expect(sender!.propagation.sendsTo.sample).toMatchObject([{ id: receiver!.id }]);
    expect(receiver!.propagation).toMatchObject({ text: 'slave', receivesFrom: { sample: [{ id: sender!.id }] } });
  });

  test('shows a chrooted process what it sees, and its namespace as a whole', async (context) => {
    const { pid, dir } = await inNamespace(
      context,
      `mkdir -p jail/p out; mount -t tmpfs in jail/p; mount -t tmpfs out out
exec python3 -c 'import os, time; os.chroot("jail"); os.chdir("/"); print(os.getpid(), flush=True); time.sleep(600)'`,
    );
    const document = await mountsOf(String(pid));
    expect(document.mounts.map(({ path }) => path)).toEqual(['/p']);
    expect(document.target.root).toBe(`${dir}/jail`);
    const whole = await mountsOf(readlinkSync(`/proc/${String(pid)}/ns/mnt`));
    // Kernels before 6.12 tell only what the process sees.
    if (whole.target.root === '/') expect([...below(whole, dir).keys()]).toEqual(['', 'jail/p', 'out']);
  });

  test('makes the relative layers of an overlay absolute', async (context) => {
    const [one, two] = ['A', 'B'].map((letter) => `l/${letter.repeat(26)}`);
    const { pid, dir } = await inNamespace(
      context,
      `mkdir -p layers/id1/diff layers/id1/work layers/id1/merged layers/A layers/B layers/l; cd layers
ln -s ../A ${one!}; ln -s ../B ${two!}
mount -t overlay overlay -o lowerdir=${one!}:${two!},upperdir=id1/diff,workdir=id1/work id1/merged
exec python3 -c 'import os, time; os.chroot("id1/merged"); os.chdir("/"); print(os.getpid(), flush=True); time.sleep(600)'`,
    );
    const { mounts } = await mountsOf(String(pid));
    const [root] = mounts;
    expect(mounts).toHaveLength(1);
    expect(root).toMatchObject({ path: '/', fsType: 'overlay' });
    expect(root!.superOptions).toContain(`lowerdir=${one!}:${two!}`);
    // Kernels before 6.12 do not tell where it is mounted: nobody sees it from outside.
    if (root!.uniqueId === undefined) return;
    expect(root!.overlay).toMatchObject({
      lower: [one, two].map((layer) => ({ path: `${dir}/layers/${layer!}`, dataOnly: false })),
      upper: `${dir}/layers/id1/diff`,
      work: `${dir}/layers/id1/work`,
      base: `${dir}/layers`,
    });
  });

  test('of a namespace that only an open file keeps', async (context) => {
    const { pid, dir } = await inNamespace(context, MANY);
    const inum = readlinkSync(`/proc/${String(pid)}/ns/mnt`);
    const before = await mountsOf(String(pid));
    const holder = spawn('sh', ['-c', 'exec 9<"$1"; echo; exec sleep 600', 'sh', `/proc/${String(pid)}/ns/mnt`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    context.onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await run(['test', '-e', `/proc/${String(pid)}/ns/mnt`])).status).not.toBe(0);
    const { status, stdout, stderr } = await cli('mounts', inum, '--json');
    // Kernels before 6.12 do not list it, seccomp may forbid it.
    if (status !== 0 && /not collected|unsupported|denied|was found/.test(stderr)) context.skip(stderr);
    const document = JSON.parse(stdout) as MountsDocument;
    expectDocument(document);
    expect(document.target).toMatchObject({ kind: 'namespace', pid: null, text: inum });
    // The same, but that nobody is there to ask but the kernel, which has its own ids for them as well.
    const settled = ({ uniqueId: _, elsewhere: __, propagation, ...row }: MountRow): unknown => [row, propagation.text];
    expect(document.mounts.map(settled)).toEqual(before.mounts.map(settled));
    expect(below(document, dir).get('a')?.[0]?.uniqueId).toMatch(/^\d+$/);
  });

  test('fits the terminal and shows no control characters', async (context) => {
    const { pid } = await inNamespace(
      context,
      `${MANY}\nmkdir "$(printf 'e\\033[31m\\nx')"; mount -t tmpfs "$(printf 'e\\033]0;x')" e*`,
    );
    for (const columns of [80, 160]) {
      const { stdout } = await run([...CLI, 'mounts', String(pid), '--all'], { COLUMNS: String(columns) });
      expect(stdout).toContain('(covered)');
      // eslint-disable-next-line no-control-regex -- what must not be there
      expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
      expect(Math.max(...stdout.split('\n').map(displayWidth))).toBeLessThanOrEqual(columns);
    }
  });

  test('refuses what has no mounts', async () => {
    for (const target of [readlinkSync('/proc/self/ns/net'), 'no-such-thing']) {
      const { status } = await cli('mounts', target);
      expect(status).toBe(2);
    }
  });
});

describeWith(['root', 'docker'], 'mounts of a Docker container', () => {
  let lab: Lab;
  let docker: Client;
  beforeAll(async () => {
    lab = await Lab.start();
    docker = await startDockerd(lab);
    await busyboxRoot(lab);
    await docker('import', `${lab.dir}/root.tar`, 'bb');
    await lab.onHost('mkdir', '-p', `${lab.dir}/shared/sub`, `${lab.dir}/kept`);
    await docker(
      ...['run', '-d', '--name', 'store', '--network=none', '-v', 'data:/data', '-v', `${lab.dir}/shared/sub:/in`],
      ...['-v', `${lab.dir}/kept:/kept:ro`, '--tmpfs', '/scratch', 'bb', 'sleep', '3600'],
    );
  }, 120_000);
  afterAll(() => lab.stop());

  test('tells volumes, bind mounts and what the engine put there, with their paths on the host', async () => {
    const document = await mountsOf('docker:store');
    const rows = new Map(document.mounts.map((row) => [nameText(row.path), row]));
    const inspected = JSON.parse(await docker('inspect', 'store')) as [
      { readonly Mounts: readonly { Type: string; Source: string; Destination: string; RW: boolean; Name?: string }[] },
    ];
    expect(inspected[0].Mounts).toHaveLength(3);
    for (const { Type, Source, Destination, RW, Name } of inspected[0].Mounts) {
      expect(rows.get(Destination), Destination).toMatchObject({
        kind: Type,
        host: { path: Source, writable: RW, volume: Name ?? null },
        readOnly: !RW,
      });
    }
    expect(rows.get('/etc/hosts')).toMatchObject({ kind: 'engine' });
    expect(rows.get('/scratch')).toMatchObject({ kind: 'filesystem', host: null });
    expect(rows.get('/proc')).toMatchObject({ kind: 'pseudo' });
    const root = rows.get('/')!;
    expect(root).toMatchObject({ kind: 'root' });
    if (root.fsType === 'overlay') {
      const upper = (await docker('inspect', '--format', '{{.GraphDriver.Data.UpperDir}}', 'store')).trim();
      expect(root.overlay?.upper).toBe(upper);
      expect(root.elsewhere.sample.map(({ path }) => path)).toContain(upper.replace(/diff$/, 'merged'));
    }
  });
});
