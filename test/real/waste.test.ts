/** Hidden and duplicate bytes of layers that the kernel's own overlayfs wrote, and of a real docker's. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';

import { Digests } from '../../src/capture/waste/digest.ts';
import { type FileAt, StackWalk } from '../../src/capture/waste/stack-walk.ts';
import { liveHost } from '../../src/host/live.ts';
import { Failure, type Host } from '../../src/host/port.ts';
import { decodeRecording, encodeRecording } from '../../src/host/recording-file.ts';
import { recordingOf } from '../../src/host/recording.ts';
import { replayHost } from '../../src/host/replay.ts';
import type { ChangesCoverage, MarkStyle } from '../../src/schema/changes.ts';
import type { LayersDocument } from '../../src/schema/layers-document.ts';
import { nameText } from '../../src/text/bytes.ts';
import { cliJson, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, type Client, Lab, startDockerd } from '../support/daemons.ts';
import { expectDocument } from '../support/schema.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A test's directory with the layers `l0` (the base), `l1` and `l2`. `fill FILE BYTES LETTER` makes a file. */
function layersIn(context: TestContext, script: string): string {
  const dir = temporaryDirectory(context);
  execFileSync('sh', ['-euc', `mkdir l0 l1 l2 work merged; ${FILL}; ${script}`], { cwd: dir });
  return dir;
}

const FILL = 'fill() { head -c "$2" /dev/zero | tr "\\\\0" "$3" > "$1"; }';

/** Runs a script in the directory that the layers are merged in, `l2` the upper one. */
async function inOverlay(dir: string, script: string, options = 'redirect_dir=off,metacopy=off'): Promise<void> {
  const mount = `mount -t overlay -o lowerdir=l1:l0,upperdir=l2,workdir=work,${options} overlay merged`;
  const command = ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc'];
  const { status, stderr } = await run([...command, `cd '${dir}'; ${mount}; cd merged; ${script}`]);
  if (status !== 0) throw new Error(stderr);
}

interface Walked {
  readonly files: readonly FileAt[];
  readonly coverage: ChangesCoverage;
}

function walkOf(
  dir: string,
  { style = 'overlay', host = liveHost() }: { readonly style?: MarkStyle; readonly host?: Host } = {},
  each: (file: FileAt) => void = () => undefined,
): Walked {
  const layers = ['l2', 'l1', 'l0'].map((name, i) => {
    const opened = host.open(path.join(dir, name));
    if (opened instanceof Failure) throw new Error(opened.errno);
    return { layer: 2 - i, dir: opened };
  });
  const walk = new StackWalk(host, style, layers);
  const files = [...walk.files()];
  for (const file of files) each(file);
  for (const { dir: one } of layers) one.close();
  return { files, coverage: walk.coverage };
}

/** `#<layer> path`, and what hides it. */
function shortly({ layer, path: at, cover }: FileAt): string {
  return `#${String(layer)} ${at}${cover === null ? '' : ` ${cover.how} by ${String(cover.by)}`}`;
}

const said = (dir: string, asked?: Parameters<typeof walkOf>[1]): string[] =>
  walkOf(dir, asked).files.map(shortly).sort();

function setXattrs(dir: string, xattrs: readonly (readonly string[])[]): void {
  const script = 'import json, os, sys\nfor p, n, v in json.loads(sys.argv[1]): os.setxattr(p, n, v.encode())';
  execFileSync('python3', ['-c', script, JSON.stringify(xattrs)], { cwd: dir });
}

const NEEDED = ['root', 'unshare'] as const;

describeWith(NEEDED, 'the files of a stack', () => {
  test('deleted, replaced, below a new directory, below what is none any more', async (context) => {
    const dir = layersIn(
      context,
      `mkdir l0/d l0/o l0/sub; fill l0/gone 1000 a; fill l0/d/x 200 b; fill l0/o/y 30 c; fill l0/kept 4 d; fill l0/again 5 f
       fill l1/kept 4 e; fill l1/other 4 e; fill l0/sub/z 1 z; ln -s / l1/sub`,
    );
    await inOverlay(dir, 'rm gone; rm -r d; echo file > d; rm -r o; mkdir o; chmod 600 again');
    expect(said(dir)).toEqual([
      '#0 /again replaced by 2',
      '#0 /d/x replaced by 2',
      '#0 /gone deleted by 2',
      '#0 /kept replaced by 1',
      '#0 /o/y opaque by 2',
      '#0 /sub/z replaced by 1',
      '#1 /kept',
      '#1 /other',
      '#2 /again',
      '#2 /d',
    ]);
  });

  test('what a redirect shows under another name is not hidden, nor the data of what has only metadata above it', async (context) => {
    const dir = layersIn(
      context,
      `mkdir -p l0/d/sub l0/e/f l1/d l0/p; echo 1 > l0/d/sub/x; echo 1 > l0/d/gone; echo 1 > l1/d/y; echo 1 > l0/e/f/z
       echo 1 > l0/m; echo 1 > l0/file; echo 1 > l0/p/q; echo 1 > l0/two; ln l0/two l0/p/two`,
    );
    await inOverlay(
      dir,
      `mv d moved; rm moved/gone; mv e/f e/g; mv e moved/e; chmod 600 m; chmod 600 file; mv file p/other; rm two`,
      'redirect_dir=on,metacopy=on',
    );
    expect(said(dir)).toEqual([
      '#0 /d/gone deleted by 2',
      '#0 /d/sub/x',
      '#0 /e/f/z',
      '#0 /file',
      '#0 /m',
      '#0 /p/q',
      '#0 /p/two',
      '#0 /two deleted by 2',
      '#1 /d/y',
    ]);
    expect(walkOf(dir).coverage).toMatchObject({ unreadCount: 0, stopped: false, mounts: 0 });
  });

  test('redirects that lead nowhere, to the root, round and out, and very many of them', (context) => {
    const dir = layersIn(
      context,
      'mkdir -p l0/a/b l2/root l2/nowhere l2/out l2/self l2/many l0/many; echo 1 > l0/a/b/c; echo 1 > l0/x; cd l2/many; mkdir $(seq 300)',
    );
    const redirects = { root: '/', nowhere: '/no/such', out: '../../..', self: '.' };
    setXattrs(dir, [
      ...Object.entries(redirects).map(([name, to]) => [`l2/${name}`, 'trusted.overlay.redirect', to]),
      ...readdirSync(`${dir}/l2/many`).map((name) => [`l2/many/${name}`, 'trusted.overlay.redirect', '/a']),
    ]);
    const { files, coverage } = walkOf(dir);
    // Each file once, however many names lead to it.
    expect(files.map(shortly).sort()).toEqual(['#0 /a/b/c', '#0 /x']);
    const unread = coverage.unread.map(({ path: at, outcome }) => `${outcome} ${nameText(at)}`);
    expect(unread).toEqual(expect.arrayContaining(['absent /nowhere', 'absent /out']));
    expect(coverage.entries).toBeLessThan(1_000);
  });

  test('marks of a user namespace count only where the mount heeds them', async (context) => {
    const dir = layersIn(context, 'mkdir -p l0/d; echo 1 > l0/d/a; echo 1 > l0/b');
    await inOverlay(dir, 'rm -rf d; mkdir d; rm b', 'userxattr');
    expect(said(dir, { style: 'overlay-userxattr' })).toEqual(['#0 /b deleted by 2', '#0 /d/a opaque by 2']);
    expect(said(dir)).toEqual(['#0 /b deleted by 2', '#0 /d/a']);
  });

  test('whiteouts by extended attribute, and those of AUFS and fuse-overlayfs by name', (context) => {
    const dir = layersIn(context, 'echo 1 > l0/a; : > l2/a; echo 1 > l0/b; : > l2/c');
    setXattrs(dir, [
      ['l2', 'trusted.overlay.opaque', 'x'],
      ['l2/a', 'trusted.overlay.whiteout', ''],
    ]);
    expect(said(dir)).toEqual(['#0 /a deleted by 2', '#0 /b', '#2 /c']);

    const named = layersIn(
      context,
      `mkdir -p l0/d l1/d l2/.wh..wh.plnk; echo 1 > l0/a; echo 1 > l0/d/x; : > l1/d/.wh..wh..opq; : > l2/.wh.a
       echo 1 > l1/d/y; echo 1 > l2/.wh..wh.plnk/1`,
    );
    for (const style of ['aufs', 'fuse-overlayfs'] as const) {
      expect(said(named, { style })).toEqual(['#0 /a deleted by 2', '#0 /d/x opaque by 1', '#1 /d/y']);
    }
  });

  test('hostile content is neither followed nor opened, and is not read to its end', (context) => {
    const dir = layersIn(
      context,
      `mkdir l1/d; ln -s / l1/root; ln -s ../../../../etc l1/up; ln -s /etc/passwd l1/d/y; mkfifo l1/fifo; mkfifo l0/fifo
       mknod l1/null c 1 3; mknod l1/disk b 254 0; truncate -s 1T l0/sparse l1/other; printf x >> l0/sparse
       touch "$(printf 'l1/new\\nline')" "$(printf 'l1/bad\\377')" "$(printf 'l1/\\033[31m')"; python3 -c "$DEEP" l0; python3 -c "$DEEP" l1`.replaceAll(
        '"$DEEP"',
        `'${DEEP}'`,
      ),
    );
    const host = liveHost();
    const digests = new Digests(host.tree);
    const read: string[] = [];
    const { files, coverage } = walkOf(dir, { host }, (file) => {
      if (BigInt(file.bytes) === 0n) return;
      const digest = digests.of(file);
      read.push(`${file.path} ${digest instanceof Failure ? digest.outcome : 'read'}`);
    });
    digests.close();
    expect(read.sort()).toEqual(['/other not collected', '/sparse not collected']);
    const shallow = files.filter(({ path: at }) => !at.startsWith('/deep')).map(shortly);
    expect(shallow.sort()).toEqual(['#0 /sparse', '#1 /\u001b[31m', '#1 /bad\u00ff', '#1 /new\nline', '#1 /other']);
    expect(
      files
        .filter(({ path: at }) => at.startsWith('/deep'))
        .map(({ cover }) => cover?.by ?? null)
        .sort(),
    ).toEqual([...Array.from({ length: 2_000 }, () => 1), ...Array.from({ length: 2_000 }, () => null)]);
    expect(coverage).toMatchObject({ unreadCount: 0, stopped: false });
  });

  test('leaves nothing open, also where it is not followed to the end', (context) => {
    const dir = layersIn(context, 'mkdir -p l0/a/b l1/a/b; echo 1 > l0/a/b/c; echo 1 > l1/a/b/c');
    const host = liveHost();
    const layer = host.open(path.join(dir, 'l0'));
    if (layer instanceof Failure) throw new Error(layer.errno);
    const before = readdirSync('/proc/self/fd').length;
    for (const { name } of new StackWalk(host, 'overlay', [{ layer: 0, dir: layer }]).files()) {
      expect(name).toBe('c');
      break;
    }
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
    layer.close();
  });

  test('without CAP_SYS_ADMIN says that marks are denied', (context) => {
    const host = liveHost();
    const weak: Host = { ...host, reader: () => ({ ...host.reader(), capEff: '0000000000000000' }) };
    expect(walkOf(layersIn(context, 'true'), { host: weak }).coverage.marks).toBe('denied');
  });

  test('replays from a recording', async (context) => {
    const dir = layersIn(context, 'mkdir l0/d; echo 1 > l0/d/a; echo 1 > l0/b; fill l1/c 4096 x');
    await inOverlay(dir, 'mv d e; rm b', 'redirect_dir=on');
    const { host, recording } = recordingOf(liveHost());
    const digestsOf = (of: Host): { files: string[]; digests: string[] } => {
      const digests = new Digests(of.tree);
      const each: string[] = [];
      const { files } = walkOf(dir, { host: of }, (file) => {
        const digest = digests.of(file);
        each.push(digest instanceof Failure ? digest.outcome : digest);
      });
      digests.close();
      return { files: files.map(shortly).sort(), digests: each };
    };
    const live = digestsOf(host);
    expect(live.files).toEqual(['#0 /b deleted by 2', '#0 /d/a', '#1 /c']);
    expect(digestsOf(replayHost(decodeRecording(encodeRecording(recording()), 'a.rec')))).toEqual(live);
  });
});

/** 2,000 directories one in the other, each with one file beside it, so that every one of them has to be come back to. */
const DEEP = `
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
os.mkdir("deep", dir_fd=fd)
at = os.open("deep", os.O_RDONLY, dir_fd=fd)
for _ in range(2000):
    os.mkdir("directory", dir_fd=at)
    os.close(os.open("z", os.O_CREAT, dir_fd=at))
    at, old = os.open("directory", os.O_RDONLY, dir_fd=at), at
    os.close(old)
`;

describeWith([...NEEDED, 'docker', 'busybox-static', 'nsenter', 'ip'], 'the waste of a container of dockerd', () => {
  let lab: Lab;
  let docker: Client;
  beforeAll(async () => {
    lab = await Lab.start();
    const root = await busyboxRoot(lab);
    mkdirSync(`${root}/data/d/sub`, { recursive: true });
    for (const file of ['a', 'b', 'c', 'd/x', 'd/sub/y', 'kept', 'mode']) writeFileSync(`${root}/data/${file}`, file);
    writeFileSync(`${root}/data/large`, 'x'.repeat(10_000));
    await lab.onHost('tar', '-C', root, '-cf', `${lab.dir}/root.tar`, '.');
    docker = await startDockerd(lab);
    await docker('import', `${lab.dir}/root.tar`, 'nsi/waste:1');
    mkdirSync(`${lab.dir}/build`);
    const lines = ['FROM nsi/waste:1', 'RUN cat /data/large > /copy', 'RUN cat /data/large > /data/again'];
    writeFileSync(`${lab.dir}/build/Dockerfile`, `${lines.join('\n')}\n`);
    await docker('build', '--network', 'none', '--tag', 'nsi/waste:2', `${lab.dir}/build`);
  });
  afterAll(() => lab.stop());

  const wasteOf = async (name: string): Promise<LayersDocument> => {
    const state = `${lab.dir}/docker/data`;
    const document = await cliJson<LayersDocument>('layers', name, '--files', '--waste', '--json', '--state', state);
    expectDocument(document);
    return document;
  };

  test('hidden: what the container deleted, renamed, changed and covered', async () => {
    const script = `cd /data; echo longer > a; /bin/busybox rm b; /bin/busybox chmod 600 mode; /bin/busybox mv c moved
      /bin/busybox rm -rf d; /bin/busybox mkdir d; echo 1 > d/x`;
    await docker('run', '--name', 'wasteful', '--network', 'none', 'nsi/waste:1', 'sh', '-ec', script);
    const { waste, changes, unknown } = await wasteOf('wasteful');
    expect(changes).not.toHaveLength(0);
    expect(unknown).toBeUndefined();
    // `a`, `b` and `c`, `mode`, `d/x` and `d/sub/y`: each has its own name in it.
    expect(waste).toMatchObject({ hiddenBytes: '17', duplicateBytes: '0', hidden: { count: 6 } });
    expect(waste?.layers[0]).toMatchObject({ index: 0, hiddenBytes: '17', hiddenFiles: 6 });
    expect(waste?.hidden.largest[0]).toEqual({ path: '/data/d/sub/y', layer: 0, bytes: '7', by: 2, how: 'opaque' });
  });

  test('duplicates: what build steps made once more', async () => {
    await docker('create', '--name', 'copies', '--network', 'none', 'nsi/waste:2', 'true');
    const { waste } = await wasteOf('copies');
    expect(waste).toMatchObject({ hiddenBytes: '0', duplicateBytes: '20000', duplicates: { count: 1 } });
    const [digest] = (await run(['sha256sum', `${lab.dir}/root/data/large`])).stdout.split(' ');
    expect(waste?.duplicates.largest).toMatchObject([
      {
        sha256: digest,
        bytes: '10000',
        count: 3,
        layers: 3,
        copies: [
          { layer: 2, path: '/data/again', hidden: false },
          { layer: 1, path: '/copy', hidden: false },
          { layer: 0, path: '/data/large', hidden: false },
        ],
      },
    ]);
    const state = `${lab.dir}/docker/data`;
    const { stdout } = await run([process.execPath, 'bin/run.js', 'layers', 'copies', '--waste', '--state', state]);
    expect(stdout).toContain('in more than one layer: 1 file, 19.5 KiB, 24 KiB on disk');
  });
});
