/** Captures in which one member is not what it was: each is refused in one line that says where, or does no harm. */
import { describe, expect, it } from 'vitest';

import { checkCapture, encodeCapture, decodeCapture } from '../../src/capture/file.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupFacts, CgroupsFacet, FileValue, LimitsFacet } from '../../src/schema/cgroups.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';
import { nameText } from '../../src/text/bytes.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { analyse } from '../support/analyse.ts';
import { captureOf, fixture } from '../support/replay.ts';

type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
type Holder = Record<string | number, Json>;

/** A member of a document, and what holds it. */
interface Place {
  readonly holder: Holder;
  readonly key: string | number;
  readonly path: string;
}

const WRONG: readonly Json[] = [null, true, -1, 0, 0.5, 7, 1e15, 1e300, '', 'x', '__proto__', '9'.repeat(30), [], {}];

/** Two members of each shape: list entries and what maps hold look alike. */
function placesIn(document: Holder): Place[] {
  const met = new Map<string, number>();
  const places: Place[] = [];
  const visit = (holder: Holder, path: string, shape: string): void => {
    for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
      const here = `${path}.${String(key)}`;
      const kind = `${shape}.${typeof key === 'number' || /[^A-Za-z]/.test(key) ? '*' : key}`;
      const times = (met.get(kind) ?? 0) + 1;
      if (times > 2) continue;
      met.set(kind, times);
      places.push({ holder, key, path: here });
      const value = holder[key];
      if (typeof value === 'object' && value !== null) visit(value as Holder, here, kind);
    }
  };
  visit(document, '', '');
  return places;
}

/** A file of each kind. */
const FILES: Readonly<Record<string, FileValue>> = {
  'memory.max': { kind: 'number', value: '1048576' },
  'memory.current': { kind: 'number', value: '4096' },
  'memory.limit_in_bytes': { kind: 'number', value: '9223372036854771712' },
  'pids.max': { kind: 'max' },
  'cpu.max': { kind: 'pair', first: '50000', second: '100000' },
  'cgroup.controllers': { kind: 'words', words: ['cpu', 'memory'] },
  'cgroup.subtree_control': { kind: 'words', words: ['cpu', 'memory'] },
  'cpuset.cpus.effective': { kind: 'list', list: '0-1' },
  'cpuset.cpus': { kind: 'list', list: '' },
  'memory.stat': { kind: 'keyed', entries: [['anon', '1']] },
  'cgroup.events': { kind: 'keyed', entries: [['populated', '1']] },
  'cgroup.stat': { kind: 'keyed', entries: [['nr_subsys_memory', '1']] },
  'io.max': { kind: 'nested', entries: [{ key: '8:0', values: { rbps: '1', wbps: 'max' } }] },
  'cpu.pressure': { kind: 'nested', entries: [{ key: 'some', values: { avg10: '0.00' } }] },
  'blkio.throttle.read_bps_device': { kind: 'lines', lines: [['8:0', '1']] },
  'memory.odd': { kind: 'text', text: { text: '\ufffd', base64: '/w==' }, malformed: true },
  'memory.swap.max': { kind: 'unknown', outcome: 'denied' },
};

/** Cgroups for all paths of the tasks and those above them: recordings have none. */
function cgroupsOf({ cgroups: sets }: TasksFacet): CgroupsFacet {
  const cgroups: CgroupFacts[] = [];
  const lines = new Map(sets.flat().map((line) => [line.hierarchy, line]));
  const indexes = new Map<string, number>();
  const add = (hierarchy: number, path: string, parent: number | null): number => {
    const key = `${String(hierarchy)}${path}`;
    const known = indexes.get(key);
    if (known !== undefined) return known;
    const tids = [1, 2];
    const index = cgroups.push({ hierarchy, inode: cgroups.length + 1, path, parent, tids, uid: 0, files: FILES }) - 1;
    indexes.set(key, index);
    return index;
  };
  for (const { hierarchy, path } of sets.flat()) {
    let parent = add(hierarchy, '/', null);
    const names = nameText(path).split('/').slice(1);
    if (path !== '/')
      names.forEach((_name, i) => (parent = add(hierarchy, `/${names.slice(0, i + 1).join('/')}`, parent)));
  }
  return {
    version: 1,
    hierarchies: [...lines.values()].map(({ hierarchy, controllers }) => ({
      id: hierarchy,
      version: hierarchy === 0 ? 2 : 1,
      controllers: hierarchy === 0 ? ['cpu', 'memory'] : controllers,
      name: null,
      noprefix: false,
      mounts: [{ mntns: 1, path: `/sys/fs/cgroup/${String(hierarchy)}`, root: '/' }],
      walked: true,
    })),
    cgroups,
    subsystems: [{ name: 'cpu', hierarchy: 0, cgroups: 1, enabled: true }],
    collected: { tids: true, files: 'all', only: null },
    reread: {
      members: [{ cgroup: 0, tid: 1, look: 'gone' }],
      populated: [{ cgroup: 0, look: 'differs' }],
      changing: [0],
    },
    coverage: { cgroups: cgroups.length, vanished: 0, denied: 0 },
  };
}

function limitsOf({ processes }: TasksFacet): LimitsFacet {
  const rlimits = { 'Max open files': { soft: '1024', hard: 'unlimited', unit: 'files' } };
  return {
    version: 1,
    host: { memory: '1048576', swap: '0', cpus: '0-1', pidMax: 32768, threadsMax: 1000 },
    processes: processes.map(({ pid }) => ({ pid, rlimits, affinity: '0-1', openFiles: 3 })),
  };
}

/** As it was read from a file. */
async function documentOf(name: string): Promise<Capture> {
  const capture = await captureOf(fixture(name));
  const tasks = capture.tasks!;
  return JSON.parse(JSON.stringify({ ...capture, cgroups: cgroupsOf(tasks), limits: limitsOf(tasks) })) as Capture;
}

/** Without one of these a command says what it lacks. */
const FACETS = new Set(['.tasks', '.namespaces', '.cgroups']);

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  odd: ['1', '/', 'user:[4026531837]'],
  docker: ['1', 'docker:web', '/', '2:1'],
};

function refusalOf(document: unknown): string | null {
  try {
    checkCapture(document, 'a.nsc');
    return null;
  } catch (error) {
    if (!(error instanceof NsinspectError)) throw error;
    expect(error.code).toMatch(/^(?:bad-capture|capture-version)$/);
    return error.message;
  }
}

describe.each(['odd', 'docker'])('the capture of %s', async (name) => {
  const whole = (await documentOf(name)) as unknown as Holder;

  it('is none of these itself', () => {
    expect(refusalOf(whole)).toBe(null);
    analyse(whole as unknown as Capture, TARGETS[name]!);
  });

  it('with any member that is something else, or missing, is refused or serves every command', () => {
    const failures: string[] = [];
    let refused = 0;
    let served = 0;
    for (const { holder, key, path } of placesIn(whole)) {
      if (FACETS.has(path)) continue;
      const before = holder[key]!;
      for (const wrong of [...WRONG, undefined]) {
        holder[key] = wrong as Json;
        // As in a file, where what is undefined is not there.
        if (wrong === undefined && !Array.isArray(holder)) Reflect.deleteProperty(holder, key);
        else if (wrong === undefined) continue;
        try {
          if (refusalOf(whole) !== null) refused++;
          else {
            served++;
            analyse(whole as unknown as Capture, TARGETS[name]!);
          }
        } catch (error) {
          failures.push(`${path} = ${JSON.stringify(wrong)}: ${(error as Error).stack ?? ''}`);
        }
        holder[key] = before;
      }
      holder[key] = before;
    }
    expect(failures).toEqual([]);
    expect(refused).toBeGreaterThan(1000);
    expect(served).toBeGreaterThan(100);
  }, 120_000);
});

describe('what is wrong', () => {
  const document = () => documentOf('docker');
  const change = (at: unknown, changes: object): void => void Object.assign(at as object, changes);

  it.each<[string, (capture: Capture) => void, string]>([
    [
      'a cgroup that is a text',
      ({ tasks }) => {
        change(tasks!.processes[0], { cgroup: '__proto__' });
      },
      'tasks.processes[0].cgroup: must be integer',
    ],
    [
      'a cgroup that leads nowhere',
      ({ tasks }) => {
        change(tasks!.processes[2], { cgroup: 9999 });
      },
      'tasks.processes[2].cgroup: leads nowhere',
    ],
    [
      'a pid twice',
      ({ tasks }) => {
        change(tasks!.processes[1], { pid: tasks!.processes[0]!.pid });
      },
      'tasks.processes[1].pid: is not unique',
    ],
    [
      'a parent that comes later',
      ({ cgroups }) => {
        change(cgroups!.cgroups[1], { parent: 5 });
      },
      'cgroups.cgroups[1].parent: must be a cgroup before it',
    ],
    [
      'a cgroup that is its own parent',
      ({ cgroups }) => {
        change(cgroups!.cgroups[1], { parent: 1 });
      },
      'cgroups.cgroups[1].parent: must be a cgroup before it',
    ],
    [
      'a limit that is a text',
      ({ limits }) => {
        change(limits!.host, { memory: 'much' });
      },
      'limits.host.memory: is not of the form that it must have',
    ],
    [
      'a member with a terrible name',
      ({ cgroups }) => {
        change(cgroups!.cgroups[1]!.files, { ['\x1b'.repeat(100)]: 1 });
      },
      `cgroups.cgroups[1].files.${'\x1b'.repeat(40)}: must be object`,
    ],
    [
      'a file of no known kind',
      ({ cgroups }) => {
        change(cgroups!.cgroups[1]!.files, { a: { kind: 'b' } });
      },
      'cgroups.cgroups[1].files.a.kind: must be one of number, max, pair, words, list, keyed, nested, lines, text, unknown',
    ],
    [
      'no host',
      (capture) => {
        change(capture, { host: undefined });
      },
      'the document: lacks host',
    ],
  ])('%s is told with its place', async (_what, damage, told) => {
    const capture = await document();
    damage(capture);
    const refused = refusalOf(JSON.parse(JSON.stringify(capture)));
    expect(refused).toBe(`a.nsc is damaged: ${told}`);
  });

  it('is not a member that a later version added', async () => {
    const capture = await document();
    change(capture, { smell: { version: 1 } });
    change(capture.tasks!.processes[0], { mood: 'good' });
    expect(decodeCapture(encodeCapture(capture), 'a.nsc')).toEqual(capture);
  });
});
