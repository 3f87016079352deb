/**
 * The program on Linux 6.1, which knows less than the machine that the other tests run on: no listmount(2), no
 * NS_GET_ID, cgroup v2 alone.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { cliJson, jsonOf } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { checkDocument, rowKey, type NamespacesDocument } from '../support/namespaces-document.ts';
import { buildPlant, planted, type Planted } from '../support/plant.ts';
import { seen, told } from '../support/planted-said.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import type { DoctorDocument } from '../../src/schema/doctor.ts';
import type { TreeDocument } from '../../src/schema/documents.ts';
import { FOUND } from '../real/scenarios.ts';
import { Guest } from './guest.ts';
import { findGuestKernel } from './kernel.ts';

const PLANT = '/opt/plant';

/** Scenarios that this kernel has no way to set up or to show, and why. */
const LIMITS: Readonly<Record<string, string>> = {
  'for-children': 'PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE came with 6.12',
  'for-children-thread': 'so did that of a thread',
  tun: 'its driver is a module, and the guest loads none',
  'socket-thread': "pidfd_open(2) takes no thread before 6.9, and only a thread's pidfd leads to its own open files",
  overmount: 'nobody can open it',
  chroot: 'listmount(2) came with 6.8: before, mounts outside the root of all tasks show nowhere',
  'mntns-fd': 'nor do those of a mount namespace without a task',
  'mntns-mount': 'the same',
  'fd-by-path': 'only the paths of the mount namespace of init are known when open files are read',
};

/** Of these what it takes to set them up is not there either. */
const CANNOT_BE_MADE = /^(for-children(-thread)?|tun)$/;

describeWith(['qemu', 'guest-kernel', 'setpriv', 'busybox-static', 'cc'], 'a guest', () => {
  let guest: Guest;
  const up = new Map<string, Planted>();
  let document: NamespacesDocument;
  let listed: ReadonlySet<string>;

  beforeAll(async () => {
    guest = await Guest.boot({ files: { [PLANT]: await buildPlant() } });
    for (const scenario of Object.keys(FOUND)) {
      if (CANNOT_BE_MADE.test(scenario)) continue;
      up.set(scenario, await planted(guest.start([PLANT, scenario]), scenario));
    }
    // Its pid namespace has no process yet.
    guest.start(['unshare', '--pid', 'sleep', '1000000']);
    await guest.script('while ! pidof sleep; do usleep 10000; done');
    document = jsonOf<NamespacesDocument>(await guest.cli('ls', '--json'));
    listed = new Set(document.namespaces.map(rowKey));
  });

  afterAll(async () => {
    await guest.stop();
  });

  test('boots another kernel with cgroup v2 alone', async () => {
    expect((await guest.script('uname -r')).trim()).toBe(findGuestKernel()?.release);
    expect(await guest.script('cat /proc/self/cgroup')).toBe('0::/\n');
    expect(await guest.script('cat /sys/fs/cgroup/cgroup.subtree_control')).toBe(
      'cpuset cpu io memory hugetlb pids rdma misc\n',
    );
  });

  test('tells how a program in it ended', async () => {
    expect(await guest.run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      status: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    await expect(guest.run(['no-such-program'])).rejects.toThrow('ENOENT');
  });

  test('says on which kernel it looked and what that cannot tell', () => {
    checkDocument(document);
    expect(document.host.kernel).toBe(findGuestKernel()?.release);
    expect(document.coverage.notes).toEqual([
      expect.stringContaining('this kernel cannot list mount namespaces'),
      expect.stringContaining('this kernel hands over no socket of a thread'),
      expect.stringContaining('this kernel does not show a pid namespace that has had no process yet'),
      expect.stringContaining('only where the mount namespace of init has namespaces mounted'),
      expect.stringMatching(/^\d+ mount namespaces could not be searched for mounted namespaces: absent$/),
    ]);
    expect(document.namespaces.filter(({ id }) => typeof id === 'string')).toEqual([]);
  });

  test('says in doctor what the kernel lacks', async () => {
    const { checks } = jsonOf<DoctorDocument>(await guest.cli('doctor', '--json'));
    const absent = checks.filter(({ area, state }) => area === 'kernel' && state !== 'present');
    expect(absent.map(({ name, state, detail }) => [name, state, detail])).toEqual([
      ['NS_GET_ID', 'absent', 'ENOTTY'],
      ['NS_GET_MNTNS_ID', 'absent', 'ENOTTY'],
      ['NS_MNT_GET_NEXT', 'absent', 'ENOTTY'],
      ['listmount', 'absent', 'ENOSYS'],
      ['statmount', 'absent', 'ENOSYS'],
      ['PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE', 'absent', 'ENOTTY'],
    ]);
  });

  test('lists every namespace that a link in /proc names', async () => {
    const links = await guest.script('ls -l /proc/[0-9]*/task/[0-9]*/ns/ 2>/dev/null || true');
    const named = [...links.matchAll(/ -> (\w+):\[(\d+)\]$/gm)].map(([, type, inum]) => `${type}:${inum}`);
    expect(new Set(named).size).toBeGreaterThan(50);
    expect([...new Set(named)].filter((key) => !listed.has(key))).toEqual([]);
  });

  for (const [scenario, what] of Object.entries(FOUND).filter(([name]) => !(name in LIMITS))) {
    test(`finds ${what} (${scenario})`, () => {
      const { namespaces } = up.get(scenario)!;
      expect(namespaces.map((ns) => seen(document, ns))).toEqual(namespaces.map(told));
    });
  }

  test('reads a capture of it on the host', async (context) => {
    const file = path.join(temporaryDirectory(context), 'guest.nsc');
    jsonOf(await guest.cli('capture', '--json', '--output', '/tmp/guest.nsc'));
    writeFileSync(file, await guest.read('/tmp/guest.nsc'));
    const later = await cliJson<NamespacesDocument>('ls', '--json', '--from', file);
    checkDocument(later);
    expect(later.host).toEqual(document.host);
    for (const [scenario, { namespaces }] of up) {
      if (scenario in LIMITS) continue;
      expect(namespaces.map((ns) => seen(later, ns))).toEqual(namespaces.map(told));
    }
  });

  test('draws its tree', async () => {
    const { nodes } = jsonOf<TreeDocument>(await guest.cli('tree', '--json'));
    const [{ pid } = { pid: 0 }] = up.get('process')!.namespaces[0]!.holders;
    const boundary = nodes.find(({ leader }) => leader?.pid === pid);
    const own = boundary?.namespaces?.filter(({ relation }) => relation === 'own');
    expect(own?.map(({ type, inum }) => `${type}:${inum}`).sort()).toEqual(
      up.get('process')!.namespaces.map(rowKey).sort(),
    );
  });

  test('shows the console when its kernel panics', async () => {
    await expect(guest.run(['sh', '-c', 'echo c > /proc/sysrq-trigger'])).rejects.toThrow('Kernel panic');
    await expect(guest.run(['true'])).rejects.toThrow('Kernel panic');
  });
});
