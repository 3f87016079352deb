/** The probes of limits on a host with cgroup v2 alone: what counts and errnos say. Times of a machine without KVM say nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BenchDocument, ProbeResult } from '../../src/schema/bench.ts';
import { describeWith, pathOf } from '../support/components.ts';
import { Guest } from './guest.ts';
import { GUEST_NODE, GUEST_ROOT } from './initramfs.ts';

/**
 * Those of the host, which know options that busybox's do not; also the shell, since busybox's starts its own applets whatever
 * else there is.
 */
const PROGRAMS = ['sh', 'mount', 'umount', 'pivot_root', 'taskset', 'timeout', 'dd', 'nproc', 'sleep', 'head', 'mkdir'];

/** pivot_root(2) refuses to leave the initial root: the program gets a bind mount of it as its root. */
const ON_A_MOUNT = 'mkdir -p /moved && mount --rbind / /moved && cd /moved && mount --move . / && exec chroot . "$@"';

/** Judged by counts alone, so that they mean the same however slow the machine is: no ratio of times, and no hundredth of a CPU. */
const COUNTED = [
  ...['cpu-quota/10-of-100ms', 'cpu-quota/50-of-100ms', 'cpu-quota/5-of-10ms', 'cpu-burst', 'cpuset', 'pids'],
  ...['memory-max', 'memory-nested', 'memory-oom-group', 'memory-high', 'freezer/v2', 'kill'],
];
const READ_BACK = ['memory-min', 'memory-low', 'memory-swap', 'hugetlb/v2'];

describeWith(
  ['qemu', 'guest-kernel', 'setpriv', 'busybox-static', 'unshare', 'taskset'],
  'probes of limits in a guest',
  () => {
    let guest: Guest;
    let results: readonly ProbeResult[];

    beforeAll(async () => {
      const files = PROGRAMS.map((name) => [`/bin/${name}`, pathOf(name)!] as const);
      guest = await Guest.boot({ files: Object.fromEntries(files) });
      const bench = [GUEST_NODE, `${GUEST_ROOT}/bin/run.js`, 'bench', 'limits', '--quick', '--rounds', '1', '--json'];
      const inside = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', ON_A_MOUNT, 'sh'];
      const result = await guest.run([...inside, ...bench]);
      results = (JSON.parse(result.stdout) as BenchDocument).results;
    });

    afterAll(async () => {
      await guest.stop();
    });

    const resultOf = (name: string) => results.find(({ id }) => id === `limits/${name}`);

    test.each(COUNTED)('%s passes', (name) => {
      expect(resultOf(name)).toMatchObject({ verdict: 'pass' });
    });

    test.each(READ_BACK)('%s is read back', (name) => {
      expect(resultOf(name)).toMatchObject({ verdict: 'read-back' });
    });

    test('v1 is not there', () => {
      for (const name of ['devices', 'freezer/v1']) {
        expect(resultOf(name)).toMatchObject({ verdict: 'unsupported' });
      }
    });
  },
);
