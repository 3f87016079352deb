/** What others than the host's own engines may cost who reads. */
import { describe, expect, it } from 'vitest';

import { captureEngines } from '../../src/capture/engines.ts';
import type { Dir, Read, Symlinks } from '../../src/host/port.ts';
import { Failure } from '../../src/host/port.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';
import { ID, recorded } from '../engines/recorded.ts';
import { MadeHost } from '../model/made-host.ts';
import { MadeFiles } from './made-files.ts';

const MIB = 1 << 20;

function status(uid: number): string {
  const caps = ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}:\t${'0'.repeat(16)}\n`).join('');
  return `Uid:\t${`${uid}\t`.repeat(4)}\nGid:\t0\t0\t0\t0\nGroups:\t\nNSpid:\t1\n${caps}NoNewPrivs:\t0\nSeccomp:\t0\n`;
}

/** Counts what is read below roots, and keeps how. */
class CountedFiles extends MadeFiles {
  bytes = 0;
  readonly reads: string[] = [];

  override readInRoot(task: Dir, path: string, limit: number, symlinks: Symlinks = 'follow'): Read<string> {
    const text = super.readInRoot(task, path, limit);
    if (!(text instanceof Failure)) this.bytes += text.length;
    this.reads.push(`${symlinks} ${path}`);
    return text;
  }
}

const conmonArgs = (folder: string, id: string): string =>
  `/usr/bin/conmon -c ${id} -u ${id} -b ${folder}/overlay-containers/${id}/userdata -r /usr/bin/crun -n x`;
const idOf = (index: number): string => index.toString(16).padStart(64, '0');

/** A conmon with a store of its own, all of which is blank but for nothing. */
function addStrangers(files: CountedFiles, made: MadeHost, count: number, uid: (index: number) => number): void {
  const blank = `[${' '.repeat(4 * MIB - 2)}]`;
  for (let i = 0; i < count; i++) {
    const pid = 100 + i;
    const folder = `/tmp/${String(i)}`;
    files.task(
      pid,
      conmonArgs(folder, idOf(i)),
      { [`${folder}/overlay-containers/containers.json`]: blank },
      { status: status(uid(i)) },
    );
    made.add({ pid, comm: 'conmon', start: pid * 10 });
  }
}

function addDocker(files: CountedFiles, made: MadeHost, count: number): void {
  const bundles = '/run/d/io.containerd.runtime.v2.task/moby';
  const ids = Array.from({ length: count }, (_, i) => idOf(100_000 + i));
  const root = Object.fromEntries(
    ids.flatMap((id) => [
      [`${bundles}/${id}/config.json`, recorded('oci-config-docker.json').replaceAll(ID, id)],
      [`/srv/docker/containers/${id}/config.v2.json`, recorded('docker-config.v2.json').replaceAll(ID, id)],
    ]),
  );
  for (const [i, id] of ids.entries()) {
    const pid = 10_000 + i;
    const argv = `/usr/bin/containerd-shim-runc-v2 -namespace moby -id ${id} -address /run/c.sock`;
    files.task(pid, argv, root, { cwd: `-> ${bundles}/${id}`, status: status(0) });
    made.add({ pid, comm: 'containerd-shim', start: pid * 10 });
  }
}

function unreadOf(files: MadeFiles, tasks: TasksFacet): { unread: number; docker: number } {
  const { containers, coverage } = captureEngines(files, tasks);
  expect(new Set(coverage.unread.map(({ outcome }) => outcome))).toEqual(new Set(['not collected']));
  return { unread: coverage.unread.length, docker: containers.filter(({ engine }) => engine === 'docker').length };
}

describe('state that is too much to read', () => {
  it.each([
    ['of one user', () => 1000, 44],
    ['of many users', (index: number) => 1000 + index, 68],
    ['of root in containers', () => 0, 68],
  ] as const)("%s is left, while the host's own engines are read whole", (_what, uid, most) => {
    const files = new CountedFiles();
    const made = new MadeHost();
    addStrangers(files, made, 300, uid);
    if (uid(0) === 0)
      for (let i = 0; i < 300; i++)
        made.add({ pid: 100 + i, comm: 'conmon', start: 1000 + i * 10, ns: { mnt: 900 + i } });
    addDocker(files, made, 200);
    const { unread, docker } = unreadOf(files, made.tasks);
    expect(docker).toBe(200);
    expect(unread).toBeGreaterThan(0);
    expect(files.bytes).toBeLessThan(most * MIB + 200 * 64 * 1024);
  });

  it('is a directory of a user with very many entries', () => {
    const files = new CountedFiles();
    const made = new MadeHost();
    const root = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`/run/user/1000/runc/c${String(i)}/state.json`, '{}']),
    );
    files.task(1, 'init', root);
    const { coverage } = captureEngines(files, made.tasks);
    expect(coverage.unread).toContainEqual({ path: '/run/user/1000/runc', outcome: 'not collected' });
    expect(files.reads.length).toBeLessThan(5000);
  });
});

describe('mounts that may keep a reader waiting', () => {
  const mountinfo = [
    '1 0 8:1 / / rw - ext4 /dev/a rw',
    '2 1 0:50 / /slow rw - fuse.sshfs x rw',
    '3 1 0:51 / /net/b rw - nfs4 x rw',
    '',
  ].join('\n');

  /** What is read of the store below this folder by a conmon in other namespaces than init. */
  function readsOf(folder: string, ns: Readonly<Record<string, number>>): { reads: string[]; unread: unknown[] } {
    const files = new CountedFiles();
    const made = new MadeHost();
    files.task(
      100,
      conmonArgs(folder, ID),
      { [`${folder}/overlay-containers/containers.json`]: '[]' },
      { status: status(0), mountinfo },
    );
    made.add({ pid: 100, comm: 'conmon', start: 1000, ns });
    const { coverage } = captureEngines(files, made.tasks);
    return { reads: files.reads, unread: [...coverage.unread] };
  }

  it.each(['/slow', '/slow/a', '//slow/a', '/net/b/c', '/a/../slow'])('%s is not looked into', (folder) => {
    const { reads, unread } = readsOf(folder, { mnt: 900 });
    expect(reads).toEqual([]);
    expect(unread).toEqual([{ path: `${folder}/overlay-containers/containers.json`, outcome: 'not collected' }]);
  });

  it('are not reached by a symbolic link either', () => {
    expect(readsOf('/slower', { mnt: 900 }).reads).toEqual(['refuse /slower/overlay-containers/containers.json']);
  });

  it("are no matter where they are the host's own, or a user namespace's, which they do not ask", () => {
    const read = ['follow /slow/overlay-containers/containers.json'];
    expect(readsOf('/slow', {}).reads).toEqual(read);
    expect(readsOf('/slow', { mnt: 900, user: 901 }).reads).toEqual(read);
  });
});
