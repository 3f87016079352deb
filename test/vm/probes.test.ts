/**
 * The probes on a host with cgroup v2 alone, and those of what needs the whole machine. Counts and errnos are asserted, no
 * times: without KVM a CPU may be taken away at any moment, and a tick that comes late is charged to whoever ran.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { BenchDocument, ProbeResult } from '../../src/schema/bench.ts';
import { describeWith } from '../support/components.ts';
import { saysOf } from '../support/mutations.ts';
import type { MutatedRun } from './mutate.ts';
import { HUGETLB_V1, MUTATED, ProbeGuest } from './probe-guest.ts';

/** Judged by counts and errnos alone. */
const COUNTED = [
  ...['cpuset', 'pids', 'memory-max', 'memory-nested', 'memory-oom-group', 'memory-high', 'memory-min', 'memory-low'],
  ...['memory-swap', 'io/write-bps', 'io/read-bps', 'io/write-iops', 'io/read-iops', 'io/buffered-write'],
  ...['freezer/v2', 'kill', 'hugetlb/v2', 'perf-event'],
];

/**
 * Of CPU time: that it is held at all, and that the heavier group has more. A hundredth of a CPU (cpu-quota/1-of-100ms) takes
 * the payload half a minute to come to its end here, and a tenth several seconds.
 */
const HELD = [
  { name: 'cpu-quota/50-of-100ms', metric: 'use of quota', within: [0, 1.5] },
  { name: 'cpu-quota/5-of-10ms', metric: 'use of quota', within: [0, 1.5] },
  { name: 'cpu-weight', metric: 'ratio', within: [1, 4] },
  { name: 'cpu-idle', metric: 'share of the idle group', within: [0, 0.2] },
] as const;

/** What needs a hierarchy of v1, and what takes from the whole machine. */
const V1 = ['net-cls', 'net-prio', 'devices', 'freezer/v1'];
const OWN = ['memory-swap', 'hugetlb/v2', 'net-prio'];

/** Why one is not there at first. */
const LACKS: readonly (readonly [name: string, why: string])[] = [
  ...V1.map((name) => [name, 'in no hierarchy that is mounted here'] as const),
  ['rdma', 'there is no RDMA device'],
  ['misc', 'no resource of that kind'],
];

const NAMESPACES = ['uts', 'pid', 'user', 'cgroup', 'time', 'ipc', 'mnt', 'net'];

const TIMES = 3;

/** Two minutes on a machine that does nothing else; no test is about time. */
const PATIENCE_MS = 1_200_000;

describeWith(
  ['qemu', 'guest-kernel', 'setpriv', 'busybox-static', 'unshare', 'taskset', 'nft', 'ip'],
  'probes in a guest',
  () => {
    let guest: ProbeGuest;
    let limits: BenchDocument;
    let isolation: BenchDocument;
    let startup: BenchDocument;
    /** Without `--own-machine`, when v1 was mounted. */
    let shared: BenchDocument;
    let mutated: readonly MutatedRun[];

    beforeAll(async () => {
      guest = await ProbeGuest.boot();
      const names = [...HELD.map(({ name }) => name), ...COUNTED, 'cpu-burst', 'rdma', 'misc', ...V1];
      [limits, [isolation, startup]] = await Promise.all([
        guest.bench('limits', ...names, '--rounds', '1', '--own-machine'),
        (async () => [
          await guest.bench('isolation', 'namespace', 'leak', '--rounds', '1'),
          await guest.bench('startup'),
        ])(),
      ]);
      await guest.mountV1('net_cls', 'net_prio', 'devices', 'freezer');
      [shared, mutated] = await Promise.all([
        guest.bench('limits', ...new Set([...V1, ...OWN]), '--rounds', '1'),
        guest.mutateHalves(TIMES),
      ]);
      await guest.mountV1('hugetlb');
      mutated = [...mutated, ...(await guest.mutate(TIMES, [HUGETLB_V1]))];
    }, PATIENCE_MS);

    afterAll(async () => {
      await guest.stop();
    });

    const resultOf = ({ results }: BenchDocument, id: string): ProbeResult => {
      const result = results.find((one) => one.id === id);
      if (result === undefined) throw new Error(`no result of ${id}`);
      return result;
    };

    describe('limits', () => {
      test.each(COUNTED)('%s passes', (name) => {
        const result = resultOf(limits, `limits/${name}`);
        expect(result.verdict, saysOf(result)).toBe('pass');
      });

      test.each(HELD)('$name holds', ({ name, metric, within: [least, most] }) => {
        const result = resultOf(limits, `limits/${name}`);
        const value = result.metrics.find((one) => one.name === metric)?.summary.median;
        // Inconclusive would be one that was never throttled.
        expect(['pass', 'fail'], saysOf(result)).toContain(result.verdict);
        expect(value, saysOf(result)).toBeGreaterThanOrEqual(least);
        expect(value, saysOf(result)).toBeLessThanOrEqual(most);
      });

      test('bursts are counted', () => {
        const result = resultOf(limits, 'limits/cpu-burst');
        expect(result.invariants[0], saysOf(result)).toMatchObject({ holds: true });
      });

      test.each(LACKS)('%s is not there, because %s', (name, why) => {
        const result = resultOf(limits, `limits/${name}`);
        expect(result.verdict, saysOf(result)).toBe('unsupported');
        expect(result.why).toContain(why);
      });

      test.each(OWN)('%s is read back where others may need what it takes', (name) => {
        const result = resultOf(shared, `limits/${name}`);
        expect(result.verdict, saysOf(result)).toBe('read-back');
        expect(result.why).toContain('--own-machine');
      });

      test.each(V1.filter((name) => !OWN.includes(name)))('%s passes where v1 is mounted', (name) => {
        const result = resultOf(shared, `limits/${name}`);
        expect(result.verdict, saysOf(result)).toBe('pass');
      });
    });

    describe('isolation', () => {
      test.each(NAMESPACES)('%s separates', (kind) => {
        const result = resultOf(isolation, `isolation/namespace/${kind}`);
        expect(result.verdict, saysOf(result)).toBe('pass');
        expect(result.invariants.length).toBeGreaterThan(1);
      });

      test.each(['resources', 'identity', 'writable', 'kernel'])('leaks of %s are as promised', (name) => {
        const result = resultOf(isolation, `isolation/leak/${name}`);
        expect(result.verdict, saysOf(result)).toBe('pass');
      });
    });

    describe('startup', () => {
      test.each([
        'process/child',
        ...[...NAMESPACES, 'all'].map((kind) => `namespace/${kind}`),
        ...['cgroup/v2', 'process/program', 'container'],
      ])('%s starts and ends, and leaves nothing', (name) => {
        const result = resultOf(startup, `startup/${name}`);
        expect(result.verdict, saysOf(result)).toBe('pass');
        expect(result.metrics.flatMap(({ samples }) => samples).length).toBeGreaterThan(0);
      });

      test('there is no virtual machine in a virtual machine without QEMU', () => {
        expect(resultOf(startup, 'startup/vm/tcg')).toMatchObject({ verdict: 'unsupported' });
      });
    });

    describe('the limit is changed behind the probe', () => {
      test.each([...MUTATED.flat(), HUGETLB_V1])('%s fails, and passes with the limit in place', (id) => {
        const runs = mutated.filter((run) => run.id === id);
        const ways = new Set(runs.map(({ what }) => what));
        expect(ways.size).toBeGreaterThan(1);
        expect(runs).toHaveLength(ways.size * TIMES);
        for (const way of ways) {
          const verdicts = runs.filter(({ what }) => what === way).map(({ verdict }) => verdict);
          const says = runs.map((run) => `${run.what ?? 'in place'}: ${run.verdict}: ${run.says}`).join('\n');
          // A disk without its limit is no faster than this machine is at that moment: once is enough to see it.
          if (way !== null && id.startsWith('limits/io/')) expect(verdicts, says).toContain('fail');
          else expect(new Set(verdicts), says).toEqual(new Set([way === null ? 'pass' : 'fail']));
        }
      });
    });

    test('nothing is left behind', async () => {
      const left = await guest.guest.script(
        'find /sys/fs/cgroup /cgroup-v1 -name "nsinspect-*"; ls /run/nsinspect-probe /var/tmp/nsinspect-probe-0; nft list tables; grep HugePages_Free /proc/meminfo',
      );
      expect(left.replaceAll(/^\/.*:$/gm, '').trim()).toBe('HugePages_Free:        8');
    });
  },
);
