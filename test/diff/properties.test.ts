import { describe, expect, test } from 'vitest';

import { compareCaptures } from '../../src/diff/compare.ts';
import { applyPatch, patchOf } from '../../src/facts/patch.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { DiffChange } from '../../src/schema/diff-document.ts';
import { NS_TYPES } from '../../src/schema/namespace.ts';
import { canonicalJson } from '../../src/text/json.ts';
import { INITIAL, namespaceOf, processOf, threadOf, type Links } from '../support/facts.ts';
import { WEB, WEB2, WEB_NS, made, mountOf, number, recordOf } from './made.ts';

/** Numbers that follow from a seed (mulberry32), so that a failure can be had again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const MOUNTS = ['/etc', '/srv', '/data', '/run/docker.sock'].map((path) => mountOf(path));

/** A host that has some of each thing, from a small stock, so that two of them have much in common. */
function randomCapture(random: (below: number) => number): Capture {
  const some = <T>(list: readonly T[]): T[] => list.filter(() => random(2) === 0);
  const one = <T>(...list: T[]): T => list[random(list.length)]!;
  const nets = some([301, 302, 303]);
  const processes = Array.from({ length: 30 }, (_, i) => 300 + i)
    .filter(() => random(4) > 0)
    .map((pid) => {
      const ns: Links = nets.length > 0 && random(3) === 0 ? { net: one(...nets) } : {};
      const isInside = random(6) === 0;
      const tids = random(3) === 0 ? [pid * 10, pid * 10 + 1] : undefined;
      return processOf(pid, {
        start: one(pid, pid, pid, pid + 1),
        comm: one('sh', 'sleep', 'node'),
        state: one('S', 'S', 'S', 'R', 'Z'),
        cgroup: isInside ? 1 : one(0, 2, 3),
        ns: isInside ? WEB_NS : ns,
        ...(isInside && { ppid: 40 }),
        ...(tids && { tids, threads: 3, differing: some([threadOf(pid * 10, { cgroup: one(0, 2, 3) })]) }),
      });
    });
  return made({
    leader: one({}, {}, {}, { pid: 101, start: 5000 }, null),
    id: one(WEB, WEB, WEB2),
    name: one('web', 'web', 'shop'),
    ns: { ...WEB_NS, ...(random(4) === 0 && { net: INITIAL.net }) },
    status: { seccomp: one(0, 2), capEff: one('00000000a80425fb', '000001ffffffffff'), noNewPrivs: one(true, false) },
    processes,
    paths: ['/a', '/b'],
    namespaces: nets.map((inum) => namespaceOf('net', inum, { id: one(String(inum), String(inum), '9', null) })),
    cgroups: some(['/a', '/b', '/c', '/c/d']).flatMap((path, _i, all) =>
      path === '/c/d' && !all.includes('/c')
        ? []
        : [
            {
              path,
              files: {
                'memory.limit_in_bytes': number(one(1, 2, 3) << 20),
                'memory.usage_in_bytes': number(random(1000)),
              },
            },
          ],
    ),
    memory: { 'memory.limit_in_bytes': number(one(64, 128) << 20) },
    webMounts: some(MOUNTS),
    hostMounts: some(MOUNTS).map((mount) => ({ ...mount, options: one(['rw'], ['ro'], ['rw', 'nosuid']) })),
    records: some([recordOf('f'.repeat(64), 'idle', 'alpine')]),
    rest: random(5) === 0 ? { redacted: true } : {},
  });
}

const SEEDS = Array.from({ length: 60 }, (_, i) => 1000 + i);

/** What a container that was made anew shows of the host is said of the one that there is now, either way. */
function keyOf({ aspect, subject, field, count }: DiffChange): string {
  const key = subject.key.replace(/^docker:\w+:/, 'docker:');
  return JSON.stringify([aspect, subject.type, key, field, count]);
}

function keysOf(changes: readonly DiffChange[], kind: DiffChange['kind']): string[] {
  return changes
    .filter((change) => change.kind === kind)
    .map(keyOf)
    .sort();
}

describe('captures at random', () => {
  test.each(SEEDS)('seed %d', (seed) => {
    const random = randomOf(seed);
    const [a, b] = [randomCapture(random), randomCapture(random)];
    const copy = structuredClone(a);
    expect(compareCaptures(a, copy)).toEqual({ sameBoot: true, notCompared: [], changes: [] });

    const [there, back] = [compareCaptures(a, b).changes, compareCaptures(b, a).changes];
    expect(keysOf(there, 'created')).toEqual(keysOf(back, 'ended'));
    expect(keysOf(there, 'ended')).toEqual(keysOf(back, 'created'));
    expect(keysOf(there, 'loosened')).toHaveLength(keysOf(back, 'tightened').length);

    const patch = JSON.parse(JSON.stringify(patchOf(a, b))) as ReturnType<typeof patchOf>;
    expect(canonicalJson(applyPatch(a, patch))).toBe(canonicalJson(b));
    expect(patchOf(a, copy)).toEqual({
      meta: null,
      frame: null,
      facts: {},
      shapes: [],
      samples: { removed: [], set: [] },
    });
  });
});

describe('5,000 tasks', () => {
  const types = NS_TYPES.length;
  const large = (changed: (pid: number) => boolean): Capture =>
    made({
      processes: Array.from({ length: 5000 }, (_, i) => {
        const pid = 1000 + i;
        return processOf(pid, {
          comm: changed(pid) ? 'other' : 'p',
          cgroup: 2 + (i % 200),
          ns: i % 7 === 0 ? { net: 400 + (i % types) } : {},
        });
      }),
      paths: Array.from({ length: 200 }, (_, i) => `/c${String(i)}`),
      cgroups: Array.from({ length: 200 }, (_, i) => ({
        path: `/c${String(i)}`,
        files: { 'memory.limit_in_bytes': number(i << 20) },
      })),
    });

  test('what changed is found, the rest is silent', () => {
    const [a, b] = [large(() => false), large((pid) => pid % 100 === 0)];
    const { changes } = compareCaptures(a, b);
    expect(changes).toHaveLength(50);
    expect(changes.every(({ field }) => field === 'comm')).toBe(true);
  });
});
