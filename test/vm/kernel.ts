/** Where the guest's kernel comes from: a Debian kernel package, installed, or only unpacked into a directory of the user. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A kernel that a guest can boot. */
export interface GuestKernel {
  readonly image: string;
  /** As `uname -r` will say. */
  readonly release: string;
  /** The directory with its modules. */
  readonly modules: string;
}

/** Where `scripts/fetch-guest-kernel.ts` unpacks the package. */
export function fetchedKernels(): string {
  const cache = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(cache, 'nsinspect-test', 'guest-kernel');
}

/**
 * The kernel to boot: the image that NSINSPECT_VM_KERNEL names, with its modules in ../lib/modules as packages have
 * them, or else the newest one of Debian's cloud kernels below / or {@link fetchedKernels}. Null: there is none.
 */
export function findGuestKernel(): GuestKernel | null {
  const named = process.env['NSINSPECT_VM_KERNEL'];
  if (named) return kernelAt(named);
  for (const root of ['/', fetchedKernels()]) {
    const images = globSync('boot/vmlinuz-*-cloud-amd64', { cwd: root });
    const newest = images.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
    const kernel = newest === undefined ? null : kernelAt(path.join(root, newest));
    if (kernel !== null) return kernel;
  }
  return null;
}

function kernelAt(image: string): GuestKernel | null {
  const release = path.basename(image).replace(/^vmlinuz-/, '');
  const modules = path.join(path.dirname(image), '../lib/modules', release);
  return existsSync(image) && existsSync(modules) ? { image, release, modules } : null;
}

/** What keeps this machine from booting a guest kernel; null: nothing does. */
export function lackOfGuestKernel(): string | null {
  // The guest runs the programs of this machine.
  if (process.arch !== 'x64') return 'an x86-64 machine';
  return findGuestKernel() === null ? 'a cloud kernel, see test/vm/README.md' : null;
}

/** The bytes of a module by its path below `kernel/`, without its suffix; newer packages compress them. */
export function readModule({ modules }: GuestKernel, name: string): Buffer {
  const file = path.join(modules, 'kernel', `${name}.ko`);
  if (existsSync(file)) return readFileSync(file);
  return execFileSync('xz', ['--decompress', '--stdout', `${file}.xz`], { maxBuffer: 64 << 20 });
}
