/** Changes as the kernel's own overlayfs writes them down, and those of a real docker held against `docker diff`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';

import { captureChanges, ChangesWalk } from '../../src/capture/changes.ts';
import { decodeRecording, encodeRecording } from '../../src/host/recording-file.ts';
import { liveHost } from '../../src/host/live.ts';
import type { Dir, Host } from '../../src/host/port.ts';
import { recordingOf } from '../../src/host/recording.ts';
import { replayHost } from '../../src/host/replay.ts';
import { changesOf } from '../../src/model/changes.ts';
import type { Change, ChangesFacet, MarkStyle } from '../../src/schema/changes.ts';
import type { LayersDocument } from '../../src/schema/layers-document.ts';
import { nameText } from '../../src/text/bytes.ts';
import { cliJson, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, type Client, Lab, startDockerd } from '../support/daemons.ts';
import { expectDocument } from '../support/schema.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A test's directory with the layers `l1` (the base) and `l2`, `upper` and `work`. */
function layersIn(context: TestContext, make: string): string {
  const dir = temporaryDirectory(context);
  execFileSync('sh', ['-euc', `mkdir l1 l2 upper work merged; ${make}`], { cwd: dir });
  return dir;
}

/** Mounts the layers in a mount namespace of their own, runs a script in the merged directory, and takes them down again. */
async function inOverlay(dir: string, script: string, options = 'redirect_dir=off,metacopy=off'): Promise<void> {
  const mount = `mount -t overlay -o lowerdir=l2:l1,upperdir=upper,workdir=work,${options} overlay merged`;
  const command = ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc'];
  const { status, stderr } = await run([...command, `cd '${dir}'; ${mount}; cd merged; ${script}`]);
  if (status !== 0) throw new Error(stderr);
}

function opened(host: Host, path: string): Dir {
  const dir = host.open(path);
  if (!('close' in dir)) throw new Error(`${path}: ${dir.errno}`);
  return dir;
}

interface Asked {
  readonly style?: MarkStyle;
  readonly layers?: readonly number[];
  readonly host?: Host;
}

function facetOf(dir: string, { style = 'overlay', layers = [1, 0], host = liveHost() }: Asked = {}): ChangesFacet {
  const upper = opened(host, path.join(dir, 'upper'));
  const lowers = layers.map((layer) => ({ layer, dir: opened(host, path.join(dir, `l${layer + 1}`)) }));
  const facet = captureChanges(host, { style, upper, lowers });
  for (const one of [upper, ...lowers.map(({ dir }) => dir)]) one.close();
  return facet;
}

/** `kind path`, with where it came from, its size and its layer where it has them. */
function shortly({ kind, path, from, bytes, layer, unknown }: Change): string {
  const more = [
    from === null ? '' : ` from ${nameText(from)}`,
    bytes === null ? '' : ` ${bytes}`,
    layer === null ? '' : ` L${layer}`,
    unknown === undefined ? '' : ` ${JSON.stringify(unknown)}`,
  ];
  return `${kind} ${nameText(path)}${more.join('')}`;
}

const changesIn = (dir: string, asked?: Asked): string[] => changesOf(facetOf(dir, asked).entries).map(shortly);

const NEEDED = ['root', 'unshare'] as const;

describeWith(NEEDED, 'the upper directory of a real overlay', () => {
  test('added, modified, deleted, metadata alone, and the layer each was copied up from', async (context) => {
    const dir = layersIn(
      context,
      `mkdir -p l1/etc l2/etc l1/gone
       echo base > l1/etc/base; echo base > l1/etc/mode; echo top > l2/etc/top; echo base > l1/etc/top
       echo x > l1/etc/touched; echo same > l1/etc/rewritten; echo 1 > l1/etc/opened; ln -s /a l1/etc/link
       echo 12345 > l1/gone/file; echo abcd > l1/etc/forged`,
    );
    await inOverlay(
      dir,
      `echo longer > etc/base; echo top2 > etc/top; chmod 600 etc/mode; touch -d @1 etc/touched
       printf 'same\\n' > etc/rewritten; : >> etc/opened; rm -r gone; ln -sfn /b etc/link; echo new > etc/new; mkdir etc/newdir
       touch -r etc/forged /tmp/.stamp.$$; printf 'wxyz\\n' > etc/forged; touch -r /tmp/.stamp.$$ etc/forged; rm /tmp/.stamp.$$`,
    );
    expect(changesIn(dir)).toEqual([
      'modified /etc/base 7 L0',
      // Of the same size, and with its time set back.
      'modified /etc/forged 5 L0',
      'modified /etc/link L0',
      'metadata /etc/mode 5 L0',
      'added /etc/new 4',
      'added /etc/newdir',
      'metadata /etc/rewritten 5 L0',
      'modified /etc/top 5 L1',
      'metadata /etc/touched 2 L0',
      'deleted /gone L0',
    ]);
  });

  test('against one layer alone', async (context) => {
    const dir = layersIn(context, 'echo 1 > l1/a; echo 22 > l2/a; echo 1 > l1/b; echo 1 > l2/c; echo 1 > l2/d');
    await inOverlay(dir, 'echo 1 > a; rm b c; echo 333 > d');
    // What equals the base is no change against it but for its time.
    expect(changesIn(dir, { layers: [0] })).toEqual(['metadata /a 2 L0', 'deleted /b 2 L0', 'added /d 4']);
    expect(changesIn(dir, { layers: [1] })).toEqual(['modified /a 2 L1', 'deleted /c 2 L1', 'modified /d 4 L1']);
  });

  test('rm -rf d; mkdir d leaves an opaque directory, a new directory is only added', async (context) => {
    const dir = layersIn(context, 'mkdir -p l1/d/sub l1/e; echo 1 > l1/d/old; echo 1 > l1/d/sub/x');
    await inOverlay(dir, 'rm -rf d; mkdir d d/sub; echo 1 > d/old; mkdir e/new');
    expect(changesIn(dir)).toEqual(['opaque /d L0', 'added /d/old 2', 'added /d/sub', 'added /e/new']);
  });

  test('renames: a directory by its redirect, a file by its origin; chmod by metacopy', async (context) => {
    const dir = layersIn(
      context,
      'mkdir -p l1/d/sub l1/e/f; echo 12 > l1/d/sub/x; echo 123 > l1/file; echo 1 > l1/e/f/y; echo 1 > l1/m',
    );
    await inOverlay(
      dir,
      `mv d moved; echo 34567 > moved/sub/x; mv e/f e/g; mv e moved/e; echo 99 > moved/e/g/y
       mv file other; chmod 600 m; ln m m2`,
      'redirect_dir=on,metacopy=on',
    );
    expect(changesIn(dir)).toEqual([
      'metadata /m 2 L0',
      'added /m2 2',
      'renamed /moved from /d L0',
      'renamed /moved/e from /e L0',
      'renamed /moved/e/g from /e/f L0',
      'modified /moved/e/g/y 3 L0',
      'modified /moved/sub/x 6 L0',
      'renamed /other from /file 4 L0',
    ]);
  });

  test('without metacopy and redirect_dir: a rename of a file is told by its origin', async (context) => {
    const dir = layersIn(context, 'echo 12 > l1/a; mkdir l1/d; echo 1 > l1/d/b');
    await inOverlay(dir, 'mv a d/c; mv d/b b');
    expect(changesIn(dir)).toEqual(['renamed /b from /d/b 2 L0', 'renamed /d/c from /a 3 L0']);
  });

  test('marks of a user namespace count only where the mount heeds them', async (context) => {
    const dir = layersIn(context, 'mkdir -p l1/d; echo 1 > l1/d/a; echo 1 > l1/b');
    await inOverlay(dir, 'rm -rf d; mkdir d; rm b', 'userxattr');
    expect(changesIn(dir, { style: 'overlay-userxattr' })).toEqual(['deleted /b 2 L0', 'opaque /d L0']);
    // A container set them on its own files: there is a directory, and no more than that.
    expect(changesIn(dir)).toEqual(['deleted /b 2 L0', 'metadata /d L0']);
  });

  test('whiteouts by extended attribute and by name', (context) => {
    const xattrs = [
      ['upper', 'trusted.overlay.opaque', 'x'],
      ['upper/a', 'trusted.overlay.whiteout', ''],
    ];
    const dir = layersIn(context, 'echo 1 > l1/a; echo 1 > l1/b; : > upper/a; : > upper/c');
    setXattrs(dir, xattrs);
    expect(changesIn(dir)).toEqual(['deleted /a 2 L0', 'added /c 0']);

    const aufs = layersIn(
      context,
      'mkdir -p l1/d upper/d upper/.wh..wh.plnk; echo 1 > l1/a; : > upper/.wh.a; : > upper/d/.wh..wh..opq',
    );
    expect(changesIn(aufs, { style: 'aufs' })).toEqual(['deleted /a 2 L0', 'opaque /d L0']);
    expect(changesIn(aufs)).toContain('added /.wh.a 0');
  });

  test('hostile content is neither followed nor opened, and takes no memory', async (context) => {
    const dir = layersIn(context, 'mkdir l1/d; echo 1 > l1/d/x; truncate -s 1T l1/sparse');
    await inOverlay(
      dir,
      `ln -s / root; ln -s ../../../../etc up; ln -s /etc/passwd d/y; mkfifo fifo; mknod null c 1 3; mknod disk b 254 0
       python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
       truncate -s 1T huge; rm d/x; ln -s /etc/shadow d/x; touch sparse
       touch 'a,b:c' "$(printf 'new\\nline')" "$(printf 'bad\\377')" "$(printf '\\033[31m')"`,
    );
    execFileSync('python3', ['-c', DEEP, path.join(dir, 'upper')]);
    const changes = changesOf(facetOf(dir).entries);
    const shown = changes.filter(({ path }) => !nameText(path).startsWith('/deep')).map(shortly);
    expect(shown).toEqual([
      'added /\u001b[31m 0',
      'added /a,b:c 0',
      'added /bad\ufffd 0',
      'modified /d/x L0',
      'added /d/y',
      'added /disk',
      'added /fifo',
      'added /huge 1099511627776',
      'added /new\nline 0',
      'added /null',
      'added /root',
      'added /socket',
      // Too large to be compared: it may be the same.
      'modified /sparse 1099511627776 L0 {"content":"not collected"}',
      'added /up',
    ]);
    expect(changes.filter(({ path }) => nameText(path).startsWith('/deep'))).toHaveLength(4_001);
    expect(changes.find(({ path }) => nameText(path) === '/bad\ufffd')!.path).toMatchObject({
      base64: expect.any(String) as string,
    });
  });

  test('holds few directories open and leaves none', (context) => {
    const dir = layersIn(context, 'true');
    execFileSync('python3', ['-c', DEEP, path.join(dir, 'upper')]);
    const script = `
      import { liveHost } from './src/host/live.ts';
      import { captureChanges } from './src/capture/changes.ts';
      import { readdirSync } from 'node:fs';
      const host = liveHost();
      const upper = host.open('${dir}/upper');
      const before = readdirSync('/proc/self/fd').length;
      const { entries, coverage } = captureChanges(host, { style: 'overlay', upper, lowers: [] });
      console.log(JSON.stringify([entries.length, coverage.unreadCount, readdirSync('/proc/self/fd').length - before]));`;
    const command = `ulimit -n 640; exec '${process.execPath}' --input-type=module --eval "$1"`;
    const said = execFileSync('sh', ['-c', command, 'sh', script], { encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual([4_001, 0, 0]);
  });

  test('without CAP_SYS_ADMIN says that marks are denied', (context) => {
    const dir = layersIn(context, 'true');
    const host = liveHost();
    const weak: Host = { ...host, reader: () => ({ ...host.reader(), capEff: '0000000000000000' }) };
    expect(facetOf(dir, { host: weak }).coverage.marks).toBe('denied');
    expect(facetOf(dir).coverage.marks).toBe('read');
  });

  test('replays from a recording', async (context) => {
    const dir = layersIn(context, 'mkdir l1/d; echo 12 > l1/a; echo 12 > l1/b; ln -s x l1/c');
    await inOverlay(dir, 'echo 13 > a; mv b d/b; rm c; ln -s y c');
    const { host, recording } = recordingOf(liveHost());
    const live = facetOf(dir, { host });
    const replayed = replayHost(decodeRecording(encodeRecording(recording()), 'a.rec'));
    expect(facetOf(dir, { host: replayed })).toEqual(live);
    expect(live.entries).toHaveLength(5);
  });

  test('is a stream: the first entry is there before the last is looked at', (context) => {
    const dir = layersIn(context, 'touch upper/a upper/b upper/c');
    const host = liveHost();
    const upper = opened(host, path.join(dir, 'upper'));
    const walk = new ChangesWalk(host, { style: 'overlay', upper, lowers: [] });
    for (const { path } of walk.entries()) {
      expect(path).toBe('/a');
      break;
    }
    expect(walk.coverage.entries).toBe(1);
    upper.close();
  });
});

/** 2,000 directories one in the other, each with one more beside it, so that every one of them has to be come back to. */
const DEEP = `
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
os.mkdir('deep', dir_fd=fd)
at = os.open('deep', os.O_RDONLY, dir_fd=fd)
for _ in range(2000):
    os.mkdir('directory', dir_fd=at)
    os.mkdir('z', dir_fd=at)
    at, old = os.open('directory', os.O_RDONLY, dir_fd=at), at
    os.close(old)
`;

function setXattrs(dir: string, xattrs: readonly (readonly string[])[]): void {
  const script = 'import json, os, sys\nfor p, n, v in json.loads(sys.argv[1]): os.setxattr(p, n, v.encode())';
  execFileSync('python3', ['-c', script, JSON.stringify(xattrs)], { cwd: dir });
}

describeWith([...NEEDED, 'docker', 'busybox-static', 'nsenter', 'ip'], 'a container of dockerd', () => {
  let lab: Lab;
  let docker: Client;
  beforeAll(async () => {
    lab = await Lab.start();
    const root = await busyboxRoot(lab);
    for (const directory of ['d/sub', 'e', 'f', 'g']) mkdirSync(`${root}/data/${directory}`, { recursive: true });
    for (const file of ['a', 'b', 'c', 'd/x', 'd/sub/y', 'e/z', 'mode']) writeFileSync(`${root}/data/${file}`, file);
    await lab.onHost('tar', '-C', root, '-cf', `${lab.dir}/root.tar`, '.');
    docker = await startDockerd(lab);
    await docker('import', `${lab.dir}/root.tar`, 'nsi/changes:1');
  });
  afterAll(() => lab.stop());

  test('changes are those of docker diff, but for where that is blind', async () => {
    const script = `cd /data; echo new > added; echo longer > a; /bin/busybox rm b; /bin/busybox chmod 600 mode
      /bin/busybox mv c moved; /bin/busybox rm -rf d; /bin/busybox mkdir d; echo 1 > d/x; /bin/busybox mkdir n; echo 1 > n/file
      /bin/busybox chmod 700 f; /bin/busybox touch g/in; /bin/busybox ln -s /etc/passwd link; /bin/busybox mkfifo fifo`;
    await docker('run', '--name', 'changed', '--network', 'none', 'nsi/changes:1', 'sh', '-ec', script);
    const stack = JSON.parse(await docker('inspect', '--format', '{{json .GraphDriver.Data}}', 'changed')) as Record<
      'LowerDir' | 'UpperDir',
      string
    >;
    const host = liveHost();
    const lowerDirs = stack.LowerDir.split(':');
    const facet = captureChanges(host, {
      style: 'overlay',
      upper: opened(host, stack.UpperDir),
      lowers: lowerDirs.map((dir, i) => ({ layer: lowerDirs.length - 1 - i, dir: opened(host, dir) })),
    });
    const ours = new Map(changesOf(facet.entries).map((change) => [nameText(change.path), change]));
    const theirs = (await docker('diff', 'changed'))
      .trim()
      .split('\n')
      .map((line) => ({ letter: line[0]!, path: line.slice(2) }));

    const LETTER = { added: 'A', modified: 'C', deleted: 'D', metadata: 'C', opaque: 'D', renamed: 'A' };
    const differences: string[] = [];
    for (const { letter, path } of theirs) {
      const change = ours.get(path);
      const said = change === undefined ? null : LETTER[change.kind];
      if (said !== letter) differences.push(`${letter} ${path}: ${change?.kind ?? 'none'}`);
      ours.delete(path);
    }
    differences.push(...[...ours.values()].map(({ kind, path }) => `none ${nameText(path)}: ${kind}`));
    // docs/changes.md has the reasons.
    expect(differences.sort()).toEqual([
      'C /data/d/x: added',
      'C /data/d: opaque',
      'C /data/g: none',
      'C /data: none',
      'D /data/c: none',
      'D /data/d/sub: none',
    ]);
    const document = await cliJson<LayersDocument>(
      ...['layers', 'changed', '--files', '--verify', '--json', '--state', `${lab.dir}/docker/data`],
    );
    expectDocument(document);
    expect(document.changes).toEqual(changesOf(facet.entries));
    expect(document.verified).toMatchObject([{ index: 0, result: 'verified', faults: [] }]);
    const kinds = Object.fromEntries(changesOf(facet.entries).map(({ path, kind }) => [nameText(path), kind]));
    expect(kinds).toMatchObject({
      '/data/d': 'opaque',
      '/data/moved': 'renamed',
      '/data/mode': 'metadata',
      '/data/f': 'metadata',
    });
  });
});
