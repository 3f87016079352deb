/**
 * What happens in a lab on this machine, step by step, and what the history says of it: exactly that. Nothing of the lab is left
 * out of the lists but noise, so that whatever else a step changes, or seems to change, fails the test. What other software does
 * meanwhile is taken out of each capture before it is stored.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { changeText } from '../../reports/diff-words.ts';
import { decodeCapture, encodeCapture } from '../../src/capture/file.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { DiffChange, DiffDocument } from '../../src/schema/diff-document.ts';
import type { SnapshotsDocument } from '../../src/schema/history.ts';
import { nameText } from '../../src/text/bytes.ts';
import { CLI, cliJson } from '../support/cli.ts';
import { describeWith, type Component } from '../support/components.ts';
import { busyboxRoot, type Client, Lab, labsLeft, startDockerd } from '../support/daemons.ts';
import { onlyOf } from '../support/lab-capture.ts';
import { expectDocument } from '../support/schema.ts';

const NEEDED: readonly Component[] = ['root', 'unshare', 'nsenter', 'ip'];

const V2 = existsSync('/sys/fs/cgroup/cgroup.procs') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
const V1 = '/sys/fs/cgroup/pids';

/** A lab with a history in it. */
class Story {
  readonly lab: Lab;
  readonly db: string;
  #last = 0;

  constructor(lab: Lab) {
    this.lab = lab;
    this.db = `${lab.dir}/history.db`;
  }

  /** The id of the newest snapshot, which is taken now. */
  async snapshot(): Promise<number> {
    const file = `${this.lab.dir}/now.nsc`;
    await cliJson('capture', '--output', file, '--json');
    const capture = onlyOf(decodeCapture(readFileSync(file), file), this.lab);
    writeFileSync(file, encodeCapture(capture));
    return (this.#last = await this.stored(file));
  }

  /** The id of the snapshot that a capture in a file becomes. */
  async stored(file: string): Promise<number> {
    const { snapshots } = await cliJson<SnapshotsDocument>('snapshot', 'import', file, '--db', this.db, '--json');
    return snapshots[0]!.id;
  }

  /** Does something, takes a snapshot, and gives a line for all that is no noise since the snapshot before. */
  async after(act?: () => unknown): Promise<string[]> {
    const before = this.#last;
    await act?.();
    return this.between(before, await this.snapshot());
  }

  /** The same between any two sides. */
  async between(a: number | string, b: number | string): Promise<string[]> {
    const document = await this.diff(a, b);
    expect(document.notCompared).toEqual([]);
    return document.changes.map((change) => this.#line(change));
  }

  async diff(a: number | string, b: number | string, ...flags: readonly string[]): Promise<DiffDocument> {
    const db = typeof a === 'number' || typeof b === 'number' ? ['--db', this.db] : [];
    const document = await cliJson<DiffDocument>('diff', String(a), String(b), ...db, '--json', ...flags);
    expectDocument(document);
    expect(document.ignored).toBe(0);
    return document;
  }

  /** Without what differs from run to run, and without what depends on the swap that this machine has. */
  #line(change: DiffChange): string {
    const { importance, aspect, container, field } = change;
    const owner = container === null ? '' : `${nameText(container.name ?? container.id)} `;
    const mark = importance === 'high' ? '! ' : '';
    if (aspect === 'limits' && field === 'memory.swap') return `${owner}limits: memory.swap ${change.kind}`;
    return `${mark}${owner}${aspect}: ${changeText(change)}`
      .replaceAll(/\b[0-9a-f]{64}\b/g, 'ID')
      .replaceAll(/\bpid \d+/g, 'pid N')
      .replaceAll(/\[\d+\]/g, '[N]')
      .replaceAll(this.lab.dir, 'DIR')
      .replaceAll(this.lab.tag, 'LAB');
  }

  /** Waits for a sleep that long, and gives its pid. */
  async sleeping(seconds: number): Promise<number> {
    const pattern = `^(/bin/)?sleep ${String(seconds)}$`;
    await this.lab.until('it sleeps', () => this.lab.attempt('pgrep', '-f', pattern));
    return Number(await this.lab.onHost('pgrep', '-f', pattern));
  }

  /** Ends a process and waits until it is gone. */
  async kill(pid: number): Promise<void> {
    process.kill(pid, 'SIGKILL');
    await this.lab.until('it is gone', () => this.lab.attempt('sh', '-c', `! test -e /proc/${String(pid)}`));
  }

  /** Writes a snapshot into a file, changed. Gives the file. */
  async edited(id: number, edit: (capture: Capture) => Capture): Promise<string> {
    const file = `${this.lab.dir}/${String(id)}.nsc`;
    await cliJson('snapshot', 'export', String(id), '--db', this.db, '-o', file, '--json');
    writeFileSync(file, encodeCapture(edit(decodeCapture(readFileSync(file), file))));
    return file;
  }
}

function useStory(setUp?: (lab: Lab) => Promise<void>): { readonly story: Story } {
  const place: { story: Story } = { story: undefined as unknown as Story };
  beforeAll(async () => {
    place.story = new Story(await Lab.start());
    await setUp?.(place.story.lab);
    await place.story.snapshot();
  });
  afterAll(async () => {
    await place.story.lab.stop();
    // Others may have labs of their own.
    expect(labsLeft().filter((name) => name.includes(place.story.lab.tag))).toEqual([]);
  });
  return place;
}

describeWith([...NEEDED, 'busybox-static', 'docker'], 'the life of a container', () => {
  let docker: Client;
  const place = useStory(async (lab) => {
    await busyboxRoot(lab);
    docker = await startDockerd(lab);
    await docker('import', `${lab.dir}/root.tar`, 'nsi/base:1');
  });

  const run = (...args: readonly string[]): Promise<string> =>
    docker('run', '-d', '--network', 'none', ...args, 'nsi/base:1', '/bin/sleep', '3600');

  test('is told in exactly what happened', async () => {
    const { story } = place;
    const { lab } = story;
    expect(await story.after()).toEqual([]);
    expect(await story.after(() => run('--name', 'web', '--memory', '64m'))).toEqual([
      'web containers: created (docker, image nsi/base:1, 1 task)',
    ]);
    expect(await story.after()).toEqual([]);
    expect(await story.after(() => docker('update', '--memory', '128m', '--memory-swap', '256m', 'web'))).toEqual([
      '! web limits: memory limit loosened 64 MiB -> 128 MiB (cgroup /LAB/ID)',
      'web limits: memory.swap loosened',
    ]);
    expect(await story.after(() => docker('update', '--cpus', '0.5', '--pids-limit', '100', 'web'))).toEqual([
      'web limits: cpu.time limit tightened no limit -> 0.5 CPUs (cgroup /LAB/ID)',
      'web limits: pids limit tightened no limit -> 100 (cgroup /LAB/ID)',
    ]);
    expect(await story.after(() => docker('exec', '-d', 'web', '/bin/sleep', '3001'))).toEqual([
      'web tasks: pid N sleep started',
    ]);
    // What is in the directories of layers is in no snapshot (docs/diff.md, "Blind spots").
    expect(await story.after(() => docker('exec', 'web', '/bin/sh', '-c', 'echo x > /x; : > /sbin/init'))).toEqual([]);

    const leader = (await docker('inspect', '--format', '{{.State.Pid}}', 'web')).trim();
    const enter = async (): Promise<void> => {
      lab.spawn('entered', ['nsenter', '--target', leader, '--all', '/bin/sleep', '3002']);
      await story.sleeping(3002);
    };
    const [entered, ...others] = await story.after(enter);
    expect(entered).toMatch(/^! web tasks: pid N sleep started \(has more than the first process .*CAP_SYS_ADMIN/);
    expect(others).toEqual([]);

    const pid = await story.sleeping(3001);
    const out = `${V2}/${lab.tag}/out`;
    mkdirSync(out);
    expect(await story.after(() => writeFileSync(`${out}/cgroup.procs`, String(pid)))).toEqual([
      '! web tasks: pid N sleep moved, cgroup v2 /LAB/ID -> /LAB/out (out of the cgroup of its container: its limits no longer bind it)',
      'web cgroups: cgroup /LAB/out created (in v2)',
    ]);

    expect(await story.after(() => docker('restart', '-t', '0', 'web'))).toEqual([
      'web containers: first process pid N sleep -> pid N sleep (restarted, 1 task)',
    ]);
    expect(await story.after(() => docker('rename', 'web', 'shop'))).toEqual(['shop containers: renamed web -> shop']);
    expect(await story.after(() => docker('stop', '-t', '0', 'shop'))).toEqual([
      'shop containers: ended (docker, image nsi/base:1, stopped, its record is kept, 1 task)',
    ]);
    expect(await story.after(() => docker('start', 'shop'))).toEqual([
      'shop containers: created (docker, image nsi/base:1, 1 task)',
    ]);
    expect(await story.after(() => docker('rm', '-f', 'shop'))).toEqual([
      'shop containers: ended (docker, image nsi/base:1, 1 task)',
    ]);
  });

  test('goes on after another start of the machine, of which nothing else is the same', async () => {
    const { story } = place;
    await run('--name', 'stays');
    const id = await story.snapshot();
    const again = await story.edited(id, (capture) => ({
      ...capture,
      takenAt: new Date(Date.parse(capture.takenAt) + 60_000).toISOString(),
      host: { ...capture.host, bootId: '00000000-0000-4000-8000-000000000000' },
    }));
    const document = await story.diff(id, await story.stored(again), '--all');
    expect(document.sameBoot).toBe(false);
    const [boot, ...rest] = document.changes;
    expect(boot).toMatchObject({ aspect: 'host', kind: 'changed', field: 'boot', importance: 'high' });
    // What engines call by an id, and nothing else, is the same: it was started anew.
    expect(rest.map(({ container }) => container?.name)).toContain('stays');
    for (const { aspect, kind, field, importance } of rest)
      expect([aspect, kind, field, importance]).toEqual(['containers', 'changed', 'leader', 'noise']);
    await docker('rm', '-f', 'stays');
  });
});

describeWith(NEEDED, 'without an engine the history tells of', () => {
  const place = useStory();

  test.runIf(existsSync(V2))('a thread that was moved by hand', async () => {
    const { story } = place;
    const { lab } = story;
    const threads = lab.spawn('threads', [process.execPath, '-e', 'console.log(1); setInterval(() => {}, 1e6)']);
    await lab.until('it runs', () => lab.attempt('grep', '-q', '1', `${lab.dir}/threads.log`));
    const group = `${V2}/${lab.tag}-threads`;
    mkdirSync(group);
    writeFileSync(`${group}/cgroup.procs`, String(threads.pid));
    mkdirSync(`${group}/part`);
    writeFileSync(`${group}/part/cgroup.type`, 'threaded');
    await story.snapshot();
    const tid = threadOf(threads.pid!);
    const comm = readFileSync(`/proc/${String(threads.pid)}/task/${tid}/comm`, 'utf8').trim();
    const line = `tasks: pid N ${comm} moved, cgroup`;
    expect(await story.after(() => writeFileSync(`${group}/part/cgroup.threads`, tid))).toEqual([
      `${line} v2 /LAB-threads -> /LAB-threads/part (a thread of pid N)`,
    ]);
    if (existsSync(V1)) {
      mkdirSync(`${V1}/${lab.tag}-threads`);
      await story.snapshot();
      expect(await story.after(() => writeFileSync(`${V1}/${lab.tag}-threads/tasks`, tid))).toEqual([
        `${line} pids / -> /LAB-threads (a thread of pid N)`,
      ]);
    }
    expect(await story.after(() => story.kill(threads.pid!))).toEqual([]);
  });

  test('a namespace that a bind mount keeps after its last task', async () => {
    const { story } = place;
    const { lab } = story;
    const unshare = (): number => lab.spawnInside('kept', ['unshare', '--uts', 'sleep', '4711']).pid!;
    await story.snapshot();
    expect(await story.after(async () => (unshare(), story.sleeping(4711)))).toEqual([
      'namespaces: namespace uts:[N] created (pid N sleep)',
    ]);
    const pid = await story.sleeping(4711);
    const file = `${lab.dir}/kept.ns`;
    writeFileSync(file, '');
    expect(await story.after(() => lab.inside('mount', '--bind', `/proc/${String(pid)}/ns/uts`, file))).toEqual([
      'mounts: mount DIR/kept.ns added (nsfs uts:[N], in mnt:[N])',
    ]);
    expect(await story.after(() => story.kill(pid))).toEqual([
      '! namespaces: namespace uts:[N] has no task left (kept by a bind mount)',
    ]);
    expect(await story.after(() => lab.inside('umount', file))).toEqual([
      'namespaces: namespace uts:[N] ended (no task in it, kept by a bind mount)',
      'mounts: mount DIR/kept.ns removed (nsfs uts:[N], in mnt:[N])',
    ]);
  });

  test('a cgroup that was removed and made again', async () => {
    const { story } = place;
    const group = `${V2}/${story.lab.tag}/again`;
    await story.snapshot();
    expect(await story.after(() => mkdirSync(group))).toEqual(['cgroups: cgroup /LAB/again created (in v2)']);
    const again = (): void => {
      rmdirSync(group);
      mkdirSync(group);
    };
    expect(await story.after(again)).toEqual(['cgroups: cgroup /LAB/again made anew (in v2)']);
    expect(await story.after(() => rmdirSync(group))).toEqual(['cgroups: cgroup /LAB/again ended (in v2)']);
  });

  test('a number that another namespace got', { timeout: 300_000 }, async () => {
    const { story } = place;
    const { lab } = story;
    const linkOf = (pid: number): string => readlinkSync(`/proc/${String(pid)}/ns/uts`);
    /** Processes that sleep in namespaces of their own, which begin right after another one was killed. */
    const successors = async (killed: number): Promise<number[]> => {
      const script = 'kill -9 $1; for i in 1 2 3 4 5 6 7 8; do unshare --uts sleep 4712 & done; wait';
      const parent = lab.spawn('uts', ['sh', '-c', script, 'sh', String(killed)]).pid!;
      const sleeping = `test $(pgrep -c -x -P ${String(parent)} sleep) = 8`;
      await lab.until('they sleep', () => lab.attempt('sh', '-c', sleeping));
      return (await lab.onHost('pgrep', '-P', String(parent))).trim().split('\n').map(Number);
    };
    // The kernel gives the lowest number that is free (ida_alloc): the one that ended, unless somebody else was faster.
    const attempt = async (): Promise<{ readonly before: number; readonly pid: number } | null> => {
      const first = lab.spawn('uts', ['unshare', '--uts', 'sleep', '4712']).pid!;
      await lab.until('it sleeps', () => lab.attempt('grep', '-q', 'sleep', `/proc/${String(first)}/comm`));
      const link = linkOf(first);
      const before = await story.snapshot();
      const pids = await successors(first);
      const pid = pids.find((one) => linkOf(one) === link) ?? null;
      for (const other of pids) if (other !== pid) await story.kill(other);
      return pid === null ? null : { before, pid };
    };
    let found = await attempt();
    for (let more = 0; found === null && more < 20; more++) found = await attempt();
    const { before, pid } = found!;
    expect(await story.after()).toEqual([
      "namespaces: number of uts:[N] is another namespace's now (another namespace with the number of one that ended)",
    ]);
    // Without the kernel's own ids only who is in them tells them apart.
    const after = await story.snapshot();
    const withoutIds = (capture: Capture): Capture => ({
      ...capture,
      namespaces: {
        ...capture.namespaces!,
        namespaces: capture.namespaces!.namespaces.map((facts) => ({ ...facts, id: null })),
      },
    });
    const [a, b] = [await story.edited(before, withoutIds), await story.edited(after, withoutIds)];
    expect(await story.between(a, b)).toEqual([
      "namespaces: number of uts:[N] is another namespace's now (nothing tells whether it is the one that had the number before; not certain)",
    ]);
    await story.kill(pid);
    await story.snapshot();
  });

  test('a pid that another process got', async () => {
    const { story } = place;
    const take = [...CLI, 'snapshot', 'take', '--db', `${story.lab.dir}/inside.db`].join(' ');
    // In a pid namespace of its own, as that has its own last pid; the second process is in another network namespace.
    const script = `
      sleep 4713 & first=$!
      ${take} >&2
      kill $first; wait $first
      echo $((first - 1)) > /proc/sys/kernel/ns_last_pid
      unshare --net sleep 4714 & second=$!
      sleep 0.2
      ${take} >&2
      kill $second
      echo $first $second`;
    const pids = await story.lab.inside('unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c', script);
    const [first, second] = pids.trim().split(' ');
    expect(second).toBe(first);
    const db = path.join(story.lab.dir, 'inside.db');
    const { changes } = await cliJson<DiffDocument>('diff', '1', '2', '--db', db, '--all', '--json');
    const told = changes.filter(({ subject }) => subject.type === 'task' && subject.key.startsWith(`${first!}:`));
    expect(told.map(({ kind, importance }) => [kind, importance])).toEqual([
      ['ended', 'noise'],
      ['created', 'noise'],
    ]);
    expect(changes.filter(({ kind }) => kind === 'moved')).toEqual([]);
  });
});

/** A thread of a process that is not its first. */
function threadOf(pid: number): string {
  const tid = readdirSync(`/proc/${String(pid)}/task`).find((name) => name !== String(pid));
  if (tid === undefined) throw new Error(`pid ${String(pid)} has one thread alone`);
  return tid;
}
