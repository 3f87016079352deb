/** A guest for probes: with the host's programs, a disk below /var/tmp, swap, and huge pages; nothing else uses it. */
import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import type { BenchDocument } from '../../src/schema/bench.ts';
import { pathOf } from '../support/components.ts';
import { ROOT } from '../support/cli.ts';
import { Guest } from './guest.ts';
import { GUEST_NODE, GUEST_ROOT } from './initramfs.ts';
import type { MutatedRun } from './mutate.ts';

/**
 * Those of the host, which know options that busybox's do not; also the shell, since busybox's starts its own applets whatever
 * else there is.
 */
const PROGRAMS = [
  ...['sh', 'bash', 'cat', 'date', 'dd', 'head', 'mkdir', 'nproc', 'readlink', 'sleep', 'stat', 'timeout', 'wc'],
  ...['fallocate', 'ipcmk', 'ipcrm', 'ipcs', 'mount', 'pivot_root', 'taskset', 'umount', 'ip', 'nft'],
];

const MUTATE = `${GUEST_ROOT}/mutate.mjs`;

/** Limits that only this kernel lets be driven, in two halves of which each has a CPU. */
export const MUTATED: readonly (readonly string[])[] = [
  ['memory-min', 'memory-low', 'memory-swap', 'memory-oom-group', 'memory-high'],
  ['hugetlb/v2', 'net-cls', 'net-prio', 'perf-event', 'io/buffered-write'],
].map((half) => half.map((name) => `limits/${name}`));

/** After those hugetlb can be taken from v2, too. */
export const HUGETLB_V1 = 'limits/hugetlb/v1';

/** Where {@link ProbeGuest.mountV1} mounts hierarchies. */
const V1 = '/cgroup-v1';
const V2 = '/sys/fs/cgroup';

/** A guest that has come up. */
export class ProbeGuest {
  readonly guest: Guest;

  static async boot(): Promise<ProbeGuest> {
    const files = PROGRAMS.flatMap((name) => {
      const file = pathOf(name);
      return file === null ? [] : [[`/bin/${name}`, file] as const];
    });
    const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-mutate-'));
    try {
      const bundle = path.join(directory, 'mutate.mjs');
      buildSync({
        entryPoints: [path.join(ROOT, 'test/vm/mutate.ts')],
        outfile: bundle,
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['koffi'],
        logLevel: 'error',
      });
      const guest = await Guest.boot({ files: { ...Object.fromEntries(files), [MUTATE]: bundle }, disk: 256 << 20 });
      await guest.script('mke2fs /dev/vda > /dev/null; mount /dev/vda /var/tmp; mkswap /dev/ram0; swapon /dev/ram0');
      return new ProbeGuest(guest);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  private constructor(guest: Guest) {
    this.guest = guest;
  }

  /** Runs `nsinspect bench`, quickly. That an invariant does not hold is no failure here. */
  async bench(...args: readonly string[]): Promise<BenchDocument> {
    const { status, stdout, stderr } = await this.guest.cli('bench', ...args, '--quick', '--json');
    if (status !== 0 && status !== 1) throw new Error(`status ${status}: ${stderr}`);
    return JSON.parse(stdout) as BenchDocument;
  }

  /** Mounts hierarchies of v1, which takes these controllers from v2 for the whole machine; no cgroup there may have them. */
  async mountV1(...controllers: readonly string[]): Promise<void> {
    const mounts = controllers.map(
      (name) => `
if grep -qw ${name} ${V2}/cgroup.subtree_control; then echo -${name} > ${V2}/cgroup.subtree_control; fi
mkdir -p ${V1}/${name}
mount -t cgroup -o ${name} none ${V1}/${name}`,
    );
    await this.guest.script(mounts.join('\n'));
  }

  /** Runs probes of limits with the limit loosened in every way that there is, and in place, so often each. */
  async mutate(times: number, ids: readonly string[]): Promise<MutatedRun[]> {
    const { status, stdout, stderr } = await this.guest.run([GUEST_NODE, MUTATE, String(times), ...ids]);
    if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as MutatedRun);
  }

  /** As {@link mutate} of {@link MUTATED}, both halves at once. */
  async mutateHalves(times: number): Promise<MutatedRun[]> {
    const halves = await Promise.all(MUTATED.map((ids) => this.mutate(times, ids)));
    return halves.flat();
  }

  stop(): Promise<void> {
    return this.guest.stop();
  }
}
