/** The graph of css_sets on this machine, held against what /proc says of every thread. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';

import { decodeCapture, encodeCapture } from '../../src/capture/file.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupFacts } from '../../src/schema/cgroups.ts';
import type { CssGraphDocument } from '../../src/schema/css-graph-document.ts';
import { bytesOf, nameText } from '../../src/text/bytes.ts';
import {
  cgroupFor,
  idleProcess,
  makeCgroup,
  mountedHierarchies,
  moveToAndFro,
  setCgroup,
  type MountedHierarchy,
} from '../support/cgroups.ts';
import { cli, jsonOf } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, Lab, labsLeft, startContainerd, startDockerd } from '../support/daemons.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { expectDocument } from '../support/schema.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A thread as the kernel shows it: `cgroup` is the text of its file, one character a byte. */
interface Thread {
  readonly tid: number;
  readonly pid: number;
  readonly state: string;
  readonly start: string;
  readonly cgroup: string;
}

/** Every thread of this machine. What ends meanwhile is left out. */
function threadsNow(): Map<number, Thread> {
  const threads = new Map<number, Thread>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const tid of namesOf(`/proc/${pid}/task`)) {
      const stat = contentOf(`/proc/${pid}/task/${tid}/stat`);
      const cgroup = contentOf(`/proc/${pid}/task/${tid}/cgroup`);
      if (stat === null || cgroup === null) continue;
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      threads.set(Number(tid), { tid: Number(tid), pid: Number(pid), state: fields[0]!, start: fields[19]!, cgroup });
    }
  }
  return threads;
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    return goneOr(error, null);
  }
}

function namesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    return goneOr(error, []);
  }
}

function goneOr<T>(error: unknown, otherwise: T): T {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ESRCH') return otherwise;
  throw error;
}

/** Those that are the same, and in the same cgroups, in both. */
function stableThreads(before: ReadonlyMap<number, Thread>, after: ReadonlyMap<number, Thread>): Thread[] {
  return [...before.values()].filter((one) => {
    const other = after.get(one.tid);
    return other?.start === one.start && other.cgroup === one.cgroup && (other.state === 'Z') === (one.state === 'Z');
  });
}

/** Tids that belong together, in an order that does not depend on how they were found. */
function grouped(groups: Iterable<readonly number[]>): number[][] {
  return [...groups]
    .filter((tids) => tids.length > 0)
    .map((tids) => [...tids].sort((a, b) => a - b))
    .sort((a, b) => a[0]! - b[0]!);
}

const v1 = (): MountedHierarchy[] =>
  // A new cgroup of cpuset takes no task before it has CPUs and memory.
  mountedHierarchies().filter(({ version, controllers }) => version === 1 && !controllers.includes('cpuset'));
const v2 = (): MountedHierarchy | undefined => mountedHierarchies().find(({ version }) => version === 2);

/** A shell that lives until the test ends; gives its pid and the first line that it prints. */
async function shell(context: TestContext, script: string, ...args: readonly string[]): Promise<[number, string]> {
  const child = spawn('sh', ['-c', script, 'sh', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  context.onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.setEncoding('utf8').once('data', resolve);
  });
  return [child.pid!, line.trim()];
}

/** A process whose threads are in different cgroups of two v1 hierarchies. */
async function splitProcess(context: TestContext): Promise<number> {
  const places = v1()
    .slice(0, 2)
    .map((hierarchy) => cgroupFor(context, hierarchy));
  const pid = await idleProcess(context);
  const tids = readdirSync(`/proc/${pid}/task`).map(Number);
  for (const [i, place] of places.entries()) {
    for (const name of ['x', 'y']) makeCgroup(`${place}/${name}`);
    for (const [n, tid] of tids.entries())
      setCgroup(`${place}/${(n >> i) % 2 === 0 ? 'x' : 'y'}`, 'tasks', String(tid));
  }
  return pid;
}

/** A zombie leader whose thread is in a v1 cgroup of the test's own. */
async function zombieLeader(context: TestContext): Promise<{ pid: number; tid: number }> {
  const [hierarchy] = v1();
  const place = hierarchy === undefined ? null : cgroupFor(context, hierarchy);
  const { namespaces } = await plantFor(context, 'zombie-leader');
  const holder = namespaces.flatMap(({ holders }) => holders).find(({ kind }) => kind === 'thread')!;
  if (place !== null) setCgroup(place, 'tasks', String(holder.tid));
  return { pid: holder.pid!, tid: holder.tid! };
}

/** A task in each cgroup that is called as if it were removed. */
async function oddlyNamed(context: TestContext): Promise<number> {
  const places = [...v1(), ...[v2()].flatMap((one) => one ?? [])].map((hierarchy) => {
    const place = cgroupFor(context, hierarchy);
    makeCgroup(`${place}/f:x`);
    return makeCgroup(`${place}/f:x (deleted)`);
  });
  const [pid] = await shell(
    context,
    'for at; do echo $$ > "$at/cgroup.procs" || exit; done; echo; exec sleep 600',
    ...places,
  );
  return pid;
}

/** A zombie that still names the v2 cgroup in which it died, and which is gone. */
async function zombieOfRemoved(context: TestContext): Promise<number> {
  const hierarchy = v2();
  if (hierarchy === undefined) return context.skip('v2 is not mounted');
  const place = makeCgroup(`${cgroupFor(context, hierarchy)}/removed`);
  // What a shell became by exec never waits for its child.
  const [, pid] = await shell(
    context,
    `sh -c 'echo $$ > "$1/cgroup.procs"; sleep 0.1' sh "$1" & echo $!; exec sleep 600`,
    place,
  );
  await until(() => contentOf(`/proc/${pid}/stat`)?.includes(') Z ') === true);
  rmdirSync(place);
  expect(contentOf(`/proc/${pid}/cgroup`)).toMatch(/^0::.*\/removed \(deleted\)$/m);
  return Number(pid);
}

async function inOwnCgroupNamespace(context: TestContext): Promise<number> {
  const places = [...v1().slice(0, 1), ...[v2()].flatMap((one) => one ?? [])].map((one) => cgroupFor(context, one));
  const script =
    'for at; do echo $$ > "$at/cgroup.procs" || exit; done; exec unshare --cgroup sh -c "echo; exec sleep 600"';
  const [pid] = await shell(context, script, ...places);
  return pid;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    if (waited > 30_000) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describeWith(
  ['root', 'cc', 'docker', 'containerd', 'runc', 'lxc', 'busybox-static', 'unshare', 'nsenter', 'ip'],
  'the graph of css_sets, with containers of Docker, containerd and LXC',
  () => {
    let lab: Lab;
    const containers: number[] = [];

    beforeAll(async () => {
      lab = await Lab.start();
      const root = await busyboxRoot(lab);
      const docker = await startDockerd(lab);
      await docker('import', `${lab.dir}/root.tar`, 'nsi/busybox:1');
      await docker('run', '--detach', '--name', 'web', '--memory', '64m', 'nsi/busybox:1', 'sleep', '3600');
      containers.push(Number(await docker('inspect', '--format', '{{.State.Pid}}', 'web')));
      const ctr = await startContainerd(lab);
      await ctr('-n', lab.tag, 'run', '--detach', '--rootfs', root, 'plain', '/bin/sleep', '3600');
      const listed = await ctr('-n', lab.tag, 'tasks', 'list');
      containers.push(Number(/^plain\s+(\d+)/m.exec(listed)?.[1]));
      const name = `${lab.tag}-lxc`;
      mkdirSync(`${lab.dir}/lxc/${name}`, { recursive: true });
      const config = [`lxc.uts.name = ${name}`, `lxc.rootfs.path = dir:${root}`, 'lxc.net.0.type = empty'];
      config.push('lxc.mount.auto = proc:mixed sys:ro', 'lxc.apparmor.profile = unconfined', '');
      writeFileSync(`${lab.dir}/lxc/${name}/config`, config.join('\n'));
      const at = ['-P', `${lab.dir}/lxc`, '-n', name];
      await lab.onHost('lxc-start', ...at, '-d');
      await lab.onHost('lxc-wait', ...at, '-s', 'RUNNING', '-t', '20');
      containers.push(Number(/\d+/.exec(await lab.onHost('lxc-info', ...at, '-p', '-H'))?.[0]));
    });

    afterAll(async () => {
      await lab.stop();
      expect(labsLeft()).not.toContain(lab.tag);
    });

    // Whatever else happens on this machine meanwhile may have its way once.
    test('holds every live thread once, in the sets that follow from /proc', { retry: 1 }, async (context) => {
      const split = await splitProcess(context);
      const leader = await zombieLeader(context);
      const odd = await oddlyNamed(context);
      const zombie = await zombieOfRemoved(context);
      const apart = await inOwnCgroupNamespace(context);

      const before = threadsNow();
      const answer = await cli('cgroup', 'graph', '--check', '--json');
      const after = threadsNow();
      const graph = jsonOf<CssGraphDocument>(answer);
      expectDocument(graph);
      expect(graph.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(graph.checks.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['every-thread-once', 'one-cgroup-per-hierarchy', 'members', 'cgroup-counts']),
      );

      const stable = stableThreads(before, after);
      const living = stable.filter(({ state }) => state !== 'Z');
      const isLiving = new Set(living.map(({ tid }) => tid));
      const all = graph.cssSets.flatMap(({ tids }) => tids);
      expect(new Set(all).size).toBe(all.length);
      const byText = Map.groupBy(living, ({ cgroup }) => cgroup);
      expect(grouped(graph.cssSets.map(({ tids }) => tids.filter((tid) => isLiving.has(tid))))).toEqual(
        grouped([...byText.values()].map((threads) => threads.map(({ tid }) => tid))),
      );
      expect(graph.dead.filter((tid) => stable.some((one) => one.tid === tid)).toSorted((a, b) => a - b)).toEqual(
        stable
          .filter(({ state }) => state === 'Z')
          .map(({ tid }) => tid)
          .sort((a, b) => a - b),
      );
      expect(graph.dead).toEqual(expect.arrayContaining([zombie, leader.pid]));

      // What was put up is there, and in sets of its own.
      const setOf = new Map(graph.cssSets.flatMap((set) => set.tids.map((tid) => [tid, set] as const)));
      for (const pid of [odd, apart, ...containers]) expect(setOf.get(pid), String(pid)).toBeDefined();
      const splitTids = readdirSync(`/proc/${split}/task`).map(Number);
      const hierarchies = Math.min(2, v1().length);
      expect(new Set(splitTids.map((tid) => setOf.get(tid)?.id)).size).toBe(2 ** hierarchies);
      expect(setOf.get(leader.tid)).toMatchObject({ tasks: 1, processes: 1 });
      expect(setOf.get(odd)).toMatchObject({ tids: [odd] });
      checkLinks(graph, living);
    });

    test('is found broken in a capture that was tampered with', async (context) => {
      const file = path.join(temporaryDirectory(context), 'host.nsc');
      await splitProcess(context);
      expect((await cli('capture', '--output', file)).status).toBe(0);
      const untouched = readFileSync(file);
      const check = ['cgroup', 'graph', '--check', '--from', file] as const;
      expect(await cli(...check)).toMatchObject({ status: 0 });
      for (const tamper of [moveMember, dropMember, moveThread, dropThread]) {
        const { capture, told } = tamper(decodeCapture(untouched, file));
        writeFileSync(file, encodeCapture(capture));
        expect((await cli(...check)).status, tamper.name).toBe(1);
        const { status, stdout } = await cli(...check, '--json');
        expect(status).toBe(1);
        const graph = JSON.parse(stdout) as CssGraphDocument;
        const failed = graph.checks.filter(({ ok }) => !ok);
        expect(
          failed.map(({ name }) => name),
          tamper.name,
        ).toEqual([told.check]);
        expect(failed[0]!.detail).toContain(told.detail);
        expectDocument(graph);
        // Without --check it only tells.
        expect((await cli('cgroup', 'graph', '--from', file)).status).toBe(0);
      }
    });

    test('gives no false alarm while threads start, end and move', { timeout: 300_000 }, async (context) => {
      const places = [...v1().slice(0, 2), ...[v2()].flatMap((one) => one ?? [])].map((hierarchy) => {
        const place = cgroupFor(context, hierarchy);
        return { version: hierarchy.version, a: makeCgroup(`${place}/a`), b: makeCgroup(`${place}/b`) };
      });
      const pid = await idleProcess(context);
      const tids = readdirSync(`/proc/${pid}/task`);
      for (const [i, { version, a, b }] of places.entries()) {
        const list = version === 1 ? 'tasks' : 'cgroup.procs';
        const id = version === 1 ? Number(tids[i % tids.length]) : pid;
        await moveToAndFro(context, id, [`${a}/${list}`, `${b}/${list}`]);
      }
      await plantFor(context, 'storm', 100, 280);
      let explained = 0;
      for (let run = 0; run < 20; run++) {
        const { status, stdout } = await cli('cgroup', 'graph', '--check', '--json');
        const graph = JSON.parse(stdout) as CssGraphDocument;
        expect(graph.checks.filter(({ ok }) => !ok)).toEqual([]);
        expect(status).toBe(0);
        explained += graph.checks.filter(({ detail }) => detail.includes('explained')).length;
      }
      // Else nothing raced, and nothing was tried.
      expect(explained).toBeGreaterThan(0);
    });
  },
);

/** Links, sets and cgroups say the same, and a cgroup is what its key and path say. */
function checkLinks({ links, cssSets, cgroups, hierarchies }: CssGraphDocument, threads: readonly Thread[]): void {
  const told = links.map(([set, key]) => `${String(set)} ${key}`);
  const follow = cssSets.flatMap((set) => Object.values(set.cgroups).map((key) => `${String(set.id)} ${key}`));
  expect(told.toSorted()).toEqual(follow.sort());
  const byKey = new Map(cgroups.map((one) => [one.key, one]));
  expect(byKey.size).toBe(cgroups.length);
  for (const set of cssSets) {
    expect(Object.keys(set.cgroups).map(Number).sort()).toEqual(hierarchies.map(({ id }) => id).sort());
    for (const [id, key] of Object.entries(set.cgroups)) expect(byKey.get(key)?.hierarchy).toBe(Number(id));
  }
  const mounted = new Map(mountedHierarchies().map((one) => [one.id, one]));
  const setOf = new Map(cssSets.flatMap((set) => set.tids.map((tid) => [tid, set] as const)));
  const seen = new Set<string>();
  for (const { tid, cgroup } of threads) {
    const { id, cgroups: own } = setOf.get(tid)!;
    if (seen.has(`${String(id)} ${cgroup}`)) continue;
    seen.add(`${String(id)} ${cgroup}`);
    for (const line of cgroup.trimEnd().split('\n')) {
      const [, hierarchy = '', at = ''] = /^(\d+):[^:]*:(.*)$/.exec(line) ?? [];
      const facts = byKey.get(own[hierarchy]!)!;
      expect(bytesOf(facts.path)).toBe(at);
      const mount = mounted.get(Number(hierarchy));
      const inode = mount === undefined ? null : statSync(Buffer.from(`${mount.path}${at}`, 'latin1')).ino;
      if (inode !== null) expect(facts.inode, line).toBe(inode);
    }
  }
}

interface Tampered {
  readonly capture: Capture;
  readonly told: { readonly check: string; readonly detail: string };
}

/** Two cgroups of one v1 hierarchy, the first of which has members. */
function neighbours({ cgroups }: Capture): [from: number, to: number, tid: number] {
  const all = cgroups!.cgroups;
  const from = all.findIndex(({ path: at, tids = [] }) => nameText(at).endsWith('/x') && tids.length > 0);
  const to = all.findIndex(
    ({ path: at, hierarchy }) => nameText(at).endsWith('/y') && hierarchy === all[from]!.hierarchy,
  );
  return [from, to, all[from]!.tids![0]!];
}

function withMembers(
  capture: Capture,
  changes: Readonly<Record<number, (tids: readonly number[]) => number[]>>,
): Capture {
  const facet = capture.cgroups!;
  const changed = facet.cgroups.map((one, i): CgroupFacts => {
    const change = changes[i];
    return change === undefined ? one : { ...one, tids: change(one.tids ?? []) };
  });
  return { ...capture, cgroups: { ...facet, cgroups: changed } };
}

/** A thread in the list of its neighbour. */
function moveMember(capture: Capture): Tampered {
  const [from, to, tid] = neighbours(capture);
  const changed = withMembers(capture, {
    [from]: (tids) => tids.filter((one) => one !== tid),
    [to]: (tids) => [...tids, tid].sort((a, b) => a - b),
  });
  return { capture: changed, told: { check: 'members', detail: `thread ${String(tid)} is not listed in ` } };
}

/** A thread in no list. */
function dropMember(capture: Capture): Tampered {
  const [from, , tid] = neighbours(capture);
  const changed = withMembers(capture, { [from]: (tids) => tids.filter((one) => one !== tid) });
  return { capture: changed, told: { check: 'members', detail: `thread ${String(tid)} is not listed in ` } };
}

/** A whole process in the cgroups of another. */
function moveThread(capture: Capture): Tampered {
  const [, , tid] = neighbours(capture);
  const tasks = capture.tasks!;
  const process = tasks.processes.find(({ pid, tids = [] }) => pid === tid || tids.includes(tid))!;
  const other = tasks.processes.find(({ cgroup }) => cgroup !== null && cgroup !== process.cgroup)!;
  const processes = tasks.processes.map((one) => (one === process ? { ...one, cgroup: other.cgroup } : one));
  return {
    capture: { ...capture, tasks: { ...tasks, processes } },
    told: { check: 'members', detail: 'is not listed in ' },
  };
}

/** A thread that /proc does not have. */
function dropThread(capture: Capture): Tampered {
  const [, , tid] = neighbours(capture);
  const tasks = capture.tasks!;
  const processes = tasks.processes.filter(({ pid, tids = [] }) => pid !== tid && !tids.includes(tid));
  return {
    capture: { ...capture, tasks: { ...tasks, processes } },
    told: { check: 'members', detail: 'is listed in ' },
  };
}
