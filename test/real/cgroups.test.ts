/** Makes cgroups in the hierarchies of this machine and holds the facet against their files. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test, type TestContext } from 'vitest';

import { capture } from '../../src/capture/capture.ts';
import { liveHost } from '../../src/host/live.ts';
import { cgroupFile, isLeftAlone } from '../../src/parse/cgroup-files.ts';
import type { CgroupFacts, CgroupsCollected, CgroupsFacet, FileValue } from '../../src/schema/cgroups.ts';
import { bytesOf, nameOf, nameText } from '../../src/text/bytes.ts';
import {
  catCgroup,
  churn,
  cgroupFor,
  hierarchyWith,
  idleProcess,
  makeCgroup,
  mountedHierarchies,
  namesIn,
  removeCgroups,
  setCgroup,
  type MountedHierarchy,
} from '../support/cgroups.ts';
import { jsonOf, ROOT, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { TOOL } from '../support/replay.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ALL: CgroupsCollected = { tids: true, files: 'all', only: null };

async function facetNow(cgroups: CgroupsCollected = ALL): Promise<CgroupsFacet> {
  const tasks = { detail: 'none', cgroups: true, root: false, threadCgroups: true } as const;
  const taken = await capture(liveHost(), { facets: ['tasks', 'cgroups'], tasks, cgroups }, TOOL);
  return taken.cgroups!;
}

/** What the facet says of the cgroup whose directory this is. */
function factsAt(facet: CgroupsFacet, hierarchy: MountedHierarchy, directory: string): CgroupFacts {
  const name = directory.slice(hierarchy.path.length) || '/';
  const found = facet.cgroups.find((one) => one.hierarchy === hierarchy.id && bytesOf(one.path) === name);
  if (found === undefined) throw new Error(`${name} is not in hierarchy ${hierarchy.id}`);
  return found;
}

/** The words of a value, in the order in which its file has them. */
function wordsOf(value: FileValue): readonly string[] {
  switch (value.kind) {
    case 'number':
      return [value.value];
    case 'max':
      return ['max'];
    case 'pair':
      return [value.first, value.second];
    case 'words':
      return value.words;
    case 'list':
      return value.list === '' ? [] : [value.list];
    case 'keyed':
      return value.entries.flat();
    case 'nested':
      return value.entries.flatMap(({ key, values }) => [key, ...Object.entries(values).map((pair) => pair.join('='))]);
    case 'lines':
      return value.lines.flat();
    case 'text':
      return splitWords(nameText(value.text));
    case 'unknown':
      return [value.outcome];
  }
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

const MOVING: ReadonlySet<string> = new Set(['event', 'pressure', 'stat']);

/** Holds everything that the facet says of a cgroup without tasks against its directory. */
function checkCgroup(facet: CgroupsFacet, hierarchy: MountedHierarchy, directory: string): void {
  const facts = factsAt(facet, hierarchy, directory);
  const stat = statSync(Buffer.from(directory, 'latin1'));
  expect([facts.inode, facts.uid, facts.unknown], directory).toEqual([stat.ino, stat.uid, undefined]);
  expect(facts.tids).toEqual([]);
  const readable = namesIn(directory, 'files').filter((name) => {
    const { mode } = statSync(Buffer.from(`${directory}/${name}`, 'latin1'));
    const file = cgroupFile(name, hierarchy.version);
    const isMembers = name === 'tasks' || name === 'cgroup.procs' || name === 'cgroup.threads';
    return (mode & 0o444) !== 0 && !isMembers && file?.reading !== 'never' && !(file === null && isLeftAlone(name));
  });
  expect(Object.keys(facts.files)).toEqual(readable.sort());
  for (const [name, value] of Object.entries(facts.files)) {
    // Of what the kernel goes on counting two looks say different things, also where no task is left (a quota's timer).
    const isMoving = MOVING.has(cgroupFile(name, hierarchy.version)?.role ?? '');
    const words = value.kind === 'unknown' ? [value.outcome] : splitWords(catCgroup(directory, name));
    if (!isMoving) expect(wordsOf(value), `${directory}/${name}`).toEqual(words);
    expect(value, `${directory}/${name}`).not.toMatchObject({ malformed: true });
  }
}

/** The first real disk of this machine, `major:minor`. */
function diskOf(): string | undefined {
  const disk = readdirSync('/sys/block').find((name) => !/^(?:loop|ram|zram|dm-|md)/.test(name));
  return disk === undefined ? undefined : readFileSync(`/sys/block/${disk}/dev`, 'latin1').trim();
}

const ODD = ['f:x (deleted)', 'a b', 'caf\xe9', '..x', 'n'.repeat(200), '\xc3\xa9:,=', '-', '__proto__'];

describeWith(['root'], 'the facet of cgroups', () => {
  test('has every hierarchy of this machine', async () => {
    const facet = await facetNow({ ...ALL, files: 'structure' });
    const lines = readFileSync('/proc/self/cgroup', 'latin1').trimEnd().split('\n');
    expect(facet.hierarchies.map(({ id }) => id)).toEqual(lines.map((line) => parseInt(line)).sort((a, b) => a - b));
    for (const { id, controllers, path: at } of mountedHierarchies()) {
      const hierarchy = facet.hierarchies.find((one) => one.id === id)!;
      const named = hierarchy.name === null ? [] : [`name=${hierarchy.name}`];
      expect([...hierarchy.controllers, ...named]).toEqual(controllers);
      expect(hierarchy.walked).toBe(true);
      expect(hierarchy.mounts.map((mount) => mount.path)).toContain(at);
      expect(factsAt(facet, { ...mountedHierarchies()[0]!, id, path: at }, at)).toMatchObject({
        parent: null,
        path: '/',
      });
    }
    expect(facet.subsystems!.map(({ name }) => name).sort()).toEqual(
      readFileSync('/proc/cgroups', 'latin1')
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split('\t')[0])
        .sort(),
    );
  });

  test('has each file of every controller, as cat shows it', async (context) => {
    const directories = mountedHierarchies().map((hierarchy) => [hierarchy, cgroupFor(context, hierarchy)] as const);
    const facet = await facetNow();
    for (const [hierarchy, directory] of directories) checkCgroup(facet, hierarchy, directory);
    expect(directories.length).toBeGreaterThan(0);
  });

  test('knows every file that this kernel puts into a cgroup', (context) => {
    for (const hierarchy of mountedHierarchies()) {
      for (const directory of [hierarchy.path, cgroupFor(context, hierarchy)]) {
        const unknown = namesIn(directory, 'files').filter((name) => cgroupFile(name, hierarchy.version) === null);
        // A maker of kernels may have files of its own: they are kept as text.
        expect(unknown.filter((name) => name !== 'memory.shown_ram_in_bytes')).toEqual([]);
      }
    }
  });

  test('has limits as they were set', async (context) => {
    const disk = diskOf();
    const limits: readonly (readonly [controller: string, file: string, value: string, said: FileValue | null])[] = [
      ['memory', 'memory.limit_in_bytes', '64M', { kind: 'number', value: String(64 * 1024 * 1024) }],
      ['cpu', 'cpu.cfs_quota_us', '25000', { kind: 'number', value: '25000' }],
      ['cpu', 'cpu.cfs_period_us', '50000', { kind: 'number', value: '50000' }],
      ['pids', 'pids.max', '12', { kind: 'number', value: '12' }],
      ['cpuset', 'cpuset.cpus', '0', { kind: 'list', list: '0' }],
      ['cpuset', 'cpuset.mems', '0', { kind: 'list', list: '0' }],
      ...(disk === undefined
        ? []
        : ([
            [
              'blkio',
              'blkio.throttle.write_bps_device',
              `${disk} 1048576`,
              { kind: 'lines', lines: [[disk, '1048576']] },
            ],
            ['blkio', 'blkio.throttle.read_iops_device', `${disk} 99`, { kind: 'lines', lines: [[disk, '99']] }],
          ] as const)),
      ['devices', 'devices.deny', 'a', null],
      ['devices', 'devices.allow', 'c 1:3 rw', null],
      ['freezer', 'freezer.state', 'FROZEN', { kind: 'words', words: ['FROZEN'] }],
    ];
    const directories = new Map<string, string>();
    const set = limits.filter(([controller, file, value]) => {
      const hierarchy = hierarchyWith(controller);
      if (hierarchy?.version !== 1) return false;
      const directory = directories.get(controller) ?? cgroupFor(context, hierarchy);
      directories.set(controller, directory);
      setCgroup(directory, file, value);
      return true;
    });
    if (set.length === 0) context.skip('no controller is in a v1 hierarchy');
    const facet = await facetNow();
    for (const [controller, file, , said] of set) {
      const hierarchy = hierarchyWith(controller)!;
      const directory = directories.get(controller)!;
      if (said !== null) expect(factsAt(facet, hierarchy, directory).files[file], file).toEqual(said);
      checkCgroup(facet, hierarchy, directory);
    }
    if (directories.has('devices')) {
      const { files } = factsAt(facet, hierarchyWith('devices')!, directories.get('devices')!);
      expect(files['devices.list']).toEqual({ kind: 'lines', lines: [['c', '1:3', 'rw']] });
    }
  });

  test('has the limits of huge pages by their size (v2)', async (context) => {
    const hierarchy = mountedHierarchies().find(({ version }) => version === 2);
    if (hierarchy?.controllers.includes('hugetlb') !== true) return context.skip('v2 has no hugetlb here');
    const enabled = catCgroup(hierarchy.path, 'cgroup.subtree_control').trim().split(' ');
    if (!enabled.includes('hugetlb')) {
      setCgroup(hierarchy.path, 'cgroup.subtree_control', '+hugetlb');
      context.onTestFinished(() => {
        setCgroup(hierarchy.path, 'cgroup.subtree_control', '-hugetlb');
      });
    }
    const directory = cgroupFor(context, hierarchy);
    setCgroup(directory, 'hugetlb.2MB.max', '4M');
    const facet = await facetNow();
    expect(factsAt(facet, hierarchy, directory).files['hugetlb.2MB.max']).toEqual({ kind: 'number', value: '4194304' });
    expect(factsAt(facet, hierarchy, hierarchy.path).files['cgroup.subtree_control']).toMatchObject({
      words: expect.arrayContaining(['hugetlb']) as unknown,
    });
    checkCgroup(facet, hierarchy, directory);
  });

  test('has cgroups of any name, five deep, each below its parent', async (context) => {
    const deepest = mountedHierarchies().map((hierarchy) => {
      const top = cgroupFor(context, hierarchy);
      for (const name of ODD) makeCgroup(`${top}/${name}`);
      let directory = top;
      for (const name of ODD.slice(0, 5)) {
        directory += `/${name}`;
        if (directory !== `${top}/${name}`) makeCgroup(directory);
      }
      return [hierarchy, top, directory] as const;
    });
    const facet = await facetNow({ ...ALL, files: 'structure' });
    for (const [hierarchy, top, directory] of deepest) {
      for (const name of ODD) {
        const facts = factsAt(facet, hierarchy, `${top}/${name}`);
        expect(facts.inode).toBe(statSync(Buffer.from(`${top}/${name}`, 'latin1')).ino);
        expect(facet.cgroups[facts.parent!]).toBe(factsAt(facet, hierarchy, top));
      }
      let facts: CgroupFacts | undefined = factsAt(facet, hierarchy, directory);
      const names: string[] = [];
      for (; facts !== undefined; facts = facts.parent === null ? undefined : facet.cgroups[facts.parent]) {
        names.unshift(bytesOf(facts.path).split('/').at(-1)!);
      }
      expect(names.join('/')).toBe(directory.slice(hierarchy.path.length));
    }
    expect(new Set(facet.cgroups.map(({ hierarchy, inode }) => `${hierarchy} ${inode}`)).size).toBe(
      facet.cgroups.length,
    );
  });

  test('reads only the cgroups that are asked for, and their ancestors', async (context) => {
    const [hierarchy] = mountedHierarchies();
    const top = cgroupFor(context, hierarchy!);
    for (const name of ODD) makeCgroup(`${top}/${name}`);
    makeCgroup(`${top}/caf\xe9/below`);
    const name = nameOf(`${top}/caf\xe9`.slice(hierarchy!.path.length));
    const facet = await facetNow({ ...ALL, only: [{ hierarchy: hierarchy!.id, path: name }] });
    expect(facet.cgroups.map((one) => one.path)).toEqual(['/', `/${path.basename(top)}`, name]);
  });

  test('has the threads of a process in the cgroups that each is in', async (context) => {
    const hierarchies = mountedHierarchies().filter(({ version }) => version === 1);
    if (hierarchies.length === 0) return context.skip('no v1 hierarchy');
    const places = hierarchies.map((hierarchy) => {
      const top = cgroupFor(context, hierarchy);
      return { hierarchy, odd: makeCgroup(`${top}/odd`), even: makeCgroup(`${top}/even`) };
    });
    const pid = await idleProcess(context);
    const tids = readdirSync(`/proc/${pid}/task`).map(Number);
    expect(tids.length).toBeGreaterThan(2);
    for (const { hierarchy, odd, even } of places) {
      // A new cgroup of cpuset takes no task before it has CPUs and memory.
      if (hierarchy.controllers.includes('cpuset')) {
        for (const file of ['cpuset.cpus', 'cpuset.mems']) {
          for (const directory of [path.dirname(odd), odd, even]) setCgroup(directory, file, '0');
        }
      }
      for (const tid of tids) setCgroup(tid % 2 === 0 ? even : odd, 'tasks', String(tid));
    }
    const facet = await facetNow({ ...ALL, files: 'structure' });
    for (const { hierarchy, odd, even } of places) {
      for (const directory of [odd, even]) {
        const said = factsAt(facet, hierarchy, directory).tids!;
        expect(said).toEqual(splitWords(catCgroup(directory, 'tasks')).map(Number));
        expect(said).toEqual(tids.filter((tid) => (tid % 2 === 0 ? even : odd) === directory).sort((a, b) => a - b));
      }
    }
  });

  test('has five hundred cgroups, and holds while others are made and removed', async (context) => {
    const hierarchy = mountedHierarchies().find(({ version }) => version === 2) ?? mountedHierarchies()[0]!;
    const top = cgroupFor(context, hierarchy);
    const stable = makeCgroup(`${top}/stable`);
    for (let nth = 0; nth < 500; nth++) makeCgroup(`${stable}/${nth}`);
    await churn(context, makeCgroup(`${top}/moving`));
    const prefix = `/${path.basename(top)}/stable/`;
    for (let looks = 0; looks < 6; looks++) {
      const facet = await facetNow({ ...ALL, files: looks % 2 === 0 ? 'all' : 'structure' });
      const seen = facet.cgroups.filter(({ path: one }) => typeof one === 'string' && one.startsWith(prefix));
      expect(seen).toHaveLength(500);
      expect(facet.cgroups.every(({ parent }, index) => parent === null || parent < index)).toBe(true);
      expect(facet.coverage.denied).toBe(0);
    }
    await removeCgroups(stable);
    const facet = await facetNow({ ...ALL, files: 'structure' });
    expect(facet.cgroups.some(({ path: one }) => nameText(one).includes(`${path.basename(top)}/stable`))).toBe(false);
  });
});

/** Prints the structure of all cgroups, as whoever runs it sees them; its argument is the root of the host. */
const LOOK = `
  import { liveHost } from '${ROOT}/src/host/live.ts';
  import { capture } from '${ROOT}/src/capture/capture.ts';
  const tasks = { detail: 'none', cgroups: true, root: true, threadCgroups: false };
  const cgroups = { tids: true, files: 'structure', only: null };
  const taken = await capture(liveHost(process.argv[2]), { facets: ['tasks', 'cgroups'], tasks, cgroups }, {});
  console.log(JSON.stringify(taken.cgroups));
`;

/** The facet as a process sees it that this script of a shell makes of itself with `exec $LOOK root`. */
async function facetFrom(context: TestContext, script: string, ...args: readonly string[]): Promise<CgroupsFacet> {
  const file = path.join(temporaryDirectory(context), 'look.mjs');
  writeFileSync(file, LOOK);
  return jsonOf(await run(['sh', '-ec', script, 'sh', ...args], { LOOK: `${process.execPath} ${file}` }));
}

describeWith(['root', 'unshare', 'setpriv'], 'cgroups seen from elsewhere', () => {
  test('are called from the root of the reader’s cgroup namespace, as in /proc', async (context) => {
    const hierarchy = mountedHierarchies().find(({ version }) => version === 2) ?? mountedHierarchies()[0]!;
    const top = cgroupFor(context, hierarchy);
    for (const name of ['self', 'self/inner', 'other', 'other/a b']) makeCgroup(`${top}/${name}`);
    const facet = await facetFrom(context, 'echo $$ > "$1/self/cgroup.procs"; exec unshare -C $LOOK /', top);
    const own = facet.cgroups.filter((one) => one.hierarchy === hierarchy.id);
    const inodes = new Map(own.map((one) => [one.path, one.inode]));
    expect(nameText(own[0]!.path)).toBe('/../..');
    for (const [name, directory] of [
      ['/..', ''],
      ['/', '/self'],
      ['/inner', '/self/inner'],
      ['/../other', '/other'],
      ['/../other/a b', '/other/a b'],
    ] as const) {
      expect(inodes.get(name), name).toBe(statSync(top + directory).ino);
    }
    expect([...inodes.keys()].filter((name) => nameText(name).includes(path.basename(top)))).toEqual([]);
  });

  test('are found where only other mount namespaces have them mounted', async (context) => {
    const hierarchy = mountedHierarchies()[0]!;
    const top = cgroupFor(context, hierarchy);
    const facet = await facetFrom(
      context,
      'exec unshare -m sh -ec "umount -R -l /sys/fs/cgroup; ! ls /sys/fs/cgroup/*; exec $LOOK /"',
    );
    expect(factsAt(facet, hierarchy, top).inode).toBe(statSync(top).ino);
    expect(facet.hierarchies.map(({ walked }) => walked)).toEqual(facet.hierarchies.map(() => true));
  });

  test('are found below another root', async (context) => {
    const hierarchy = mountedHierarchies()[0]!;
    const top = cgroupFor(context, hierarchy);
    const facet = await facetFrom(
      context,
      `exec unshare -m sh -ec "
        mount -t tmpfs none /mnt
        mkdir /mnt/proc /mnt/sys
        mount --rbind /proc /mnt/proc
        mount --rbind /sys /mnt/sys
        umount -R -l /sys
        exec $LOOK /mnt"`,
    );
    expect(factsAt(facet, hierarchy, top).inode).toBe(statSync(top).ino);
  });

  test('are denied, not absent, to a reader without rights who has them mounted nowhere', async (context) => {
    const facet = await facetFrom(
      context,
      'exec unshare -m sh -ec "umount -R -l /sys/fs/cgroup; exec setpriv --inh-caps=-all --bounding-set=-all $LOOK /"',
    );
    expect(facet.hierarchies.length).toBe(readFileSync('/proc/self/cgroup', 'latin1').split('\n').length - 1);
    expect(facet.hierarchies.map(({ walked }) => walked)).toEqual(facet.hierarchies.map(() => 'denied'));
    expect(facet.cgroups).toEqual([]);
  });
});
