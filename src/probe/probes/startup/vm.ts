/**
 * A virtual machine, for comparison: QEMU boots a kernel of this machine's kind, whose first program is 100 bytes that print a
 * word on the serial console and sleep. Without KVM every instruction of the guest is translated (`tcg`), which says nothing
 * of virtual machines elsewhere: such a row is informative only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';

import { NsinspectError } from '../../../text/error.ts';
import { makeScope, type CgroupScope } from '../../cgroupfs.ts';
import { PATH } from '../../launch/gated.ts';
import { MARK_VARIABLE, newMark } from '../../mark.ts';
import { makeMarked, removeMarked, stateRoot } from '../../state.ts';
import type { Measure } from '../probe.ts';
import { GUEST_UP, guestArchive } from './guest-archive.ts';
import { nothingLeft, usageOf } from './programs.ts';
import { bytes, micros, type Group, type Lack, type Row } from './subject.ts';

const QEMU = 'qemu-system-x86_64';

const GUEST_MIB = 192;

const BOUNDS = { memory: 640 * 1024 * 1024, tasks: 64 };

/** A machine that has not come up after this time never will. */
const BOOT_MS = { kvm: 15_000, tcg: 60_000 } as const;

/** How the guest's instructions are run. */
type Acceleration = keyof typeof BOOT_MS;

const MILLION = 1e6;

/** The kernel that a guest boots: the newest image where packages install them; null: this user can read none. */
function installedKernel(): string | null {
  const images = [...globSync('/boot/vmlinuz-*'), ...globSync('/{usr/,}lib/modules/*/vmlinuz')];
  return (
    images
      .filter((file) => usable(file, constants.R_OK))
      .sort(byVersion)
      .at(-1) ?? null
  );
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function usable(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch (error) {
    if (['EACCES', 'ENOENT', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Nested in a machine that hands on no VMX or SVM, KVM can be there and only emulate: QEMU then comes up slower than by itself, or never. */
function hasKvm(): boolean {
  if (!usable('/dev/kvm', constants.R_OK | constants.W_OK)) return false;
  return /^flags\s*:.*\b(?:vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'latin1'));
}

function rowOf(acceleration: Acceleration): Row {
  return {
    id: `startup/vm/${acceleration}`,
    title: `A virtual machine (${acceleration}): until its first program prints a word; until QEMU is killed and reaped`,
    subject: null,
    runtime: 'native',
    informative: acceleration === 'tcg',
    note: acceleration === 'tcg' ? 'without KVM: informative, and no part of any comparison' : null,
  };
}

/** A virtual machine, or why there is none. `image`: null for one that is installed. */
export async function vmGroup(image: string | null, stride: number): Promise<Group | Lack> {
  const kernel = image ?? installedKernel();
  const lack = (why: string): Lack => ({ ...rowOf('tcg'), why });
  if (process.arch !== 'x64') return lack(`there is no guest program for this processor (${process.arch})`);
  const { status } = spawnSync(QEMU, ['--version'], { env: { PATH }, stdio: 'ignore', timeout: 20_000 });
  if (status !== 0) return lack(`${QEMU} is not installed`);
  if (kernel === null) return lack('no kernel image for a guest that this user may read (/boot/vmlinuz-*)');

  const mark = newMark();
  const directory = makeMarked(stateRoot(), mark);
  const archive = guestArchive();
  const initrd = path.join(directory, 'initramfs');
  let scope: CgroupScope | undefined;
  const close = () => {
    scope?.remove();
    removeMarked(directory);
  };
  try {
    writeFileSync(initrd, archive);
    scope = makeScope(BOUNDS);
    scope.makeGroup(
      'vm',
      ['memory', 'pids', 'freezer'].filter((controller) => scope?.directory(controller, '') !== null),
    );
    const place = { scope, kernel, initrd };
    const acceleration = hasKvm() && (await comesUp(place)) ? 'kvm' : 'tcg';
    const row = rowOf(acceleration);
    return {
      rows: [row],
      lacks: [],
      stride,
      once: async () => {
        const { measures, pid } = await boot(place, acceleration);
        measures.push(bytes('disk', archive.length));
        return new Map([[row.id, { measures, invariants: [nothingLeft(pid, place.scope)] }]]);
      },
      close,
    };
  } catch (error) {
    close();
    if (error instanceof NsinspectError) return lack(error.message);
    throw error;
  }
}

interface Place {
  readonly scope: CgroupScope;
  readonly kernel: string;
  readonly initrd: string;
}

/** Whether a guest comes up under KVM. */
async function comesUp(place: Place): Promise<boolean> {
  try {
    await boot(place, 'kvm');
    return true;
  } catch (error) {
    if (error instanceof NsinspectError) return false;
    throw error;
  }
}

async function boot(
  { scope, kernel, initrd }: Place,
  acceleration: Acceleration,
): Promise<{ measures: Measure[]; pid: number }> {
  const machine = [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    ...[
      '-accel',
      acceleration,
      '-cpu',
      'max',
      '-smp',
      '1',
      '-m',
      `${GUEST_MIB}M`,
      '-kernel',
      kernel,
      '-initrd',
      initrd,
    ],
    // A panic reboots at once, which -no-reboot makes the end of QEMU.
    ...['-append', 'console=ttyS0 quiet panic=-1 rdinit=/init mitigations=off random.trust_cpu=on'],
  ];
  const began = performance.now();
  const child = spawn('/bin/sh', ['-c', `${scope.joinScript('vm')}exec "$@"`, 'sh', QEMU, ...machine], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    env: { PATH, LC_ALL: 'C', [MARK_VARIABLE]: scope.mark },
    detached: true,
  });
  let said = '';
  const closed = Promise.withResolvers<null>();
  child.on('close', () => closed.resolve(null));
  child.on('error', (error) => {
    said += error.message;
    closed.resolve(null);
  });
  const up = Promise.withResolvers<number>();
  const hear = (text: string) => {
    said = (said + text).slice(-4096);
    if (said.includes(GUEST_UP)) up.resolve(performance.now());
  };
  child.stdout.setEncoding('latin1').on('data', hear);
  child.stderr.setEncoding('latin1').on('data', hear);
  // Not by the cgroup alone: users without rights may have none.
  const timer = setTimeout(() => child.kill('SIGKILL'), BOOT_MS[acceleration]);
  try {
    const at = await Promise.race([up.promise, closed.promise]);
    if (at === null) {
      const last = said.trim().split('\n').at(-1) ?? '';
      throw new NsinspectError(`a virtual machine (${acceleration}) did not come up: ${last.slice(0, 300)}`, {
        code: 'probe-failed',
      });
    }
    const measures: Measure[] = [micros('start', (at - began) * MILLION)];
    const memory = usageOf(scope, 'vm');
    if (memory !== null) measures.push(bytes('memory', memory));
    const ending = performance.now();
    child.kill('SIGKILL');
    await closed.promise;
    measures.push(micros('tear-down', (performance.now() - ending) * MILLION));
    return { measures, pid: child.pid ?? 0 };
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    scope.kill('vm');
  }
}
