import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

import { describe, it } from 'vitest';

import { lackOfGuestKernel } from '../vm/kernel.ts';

/** Something that tests need of the machine; null when it is there, otherwise what is missing. */
export type Probe = () => string | null;

/** A probe for programs: all of them must be found in PATH or where Debian keeps administrators' programs. */
export function programs(...names: readonly string[]): Probe {
  return () => names.find((name) => pathOf(name) === null) ?? null;
}

/** A probe for one program of several that do the same. */
function anyOf(...names: readonly string[]): Probe {
  return () => (names.some((name) => pathOf(name) !== null) ? null : names.join(' or '));
}

/** Where a program is; null when it is not installed. */
export function pathOf(program: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, program)).find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run: to a test the same.
    return false;
  }
}

/** busybox is wanted as the one file in an otherwise empty root, which only a static one can be. */
function staticBusybox(): string | null {
  const busybox = pathOf('busybox');
  if (busybox === null) return 'busybox';
  const header = execFileSync('head', ['-c', '4096', busybox], { encoding: 'latin1' });
  return header.includes('/ld-') ? 'a static busybox' : null;
}

function fuseOverlayfs(): string | null {
  return programs('fuse-overlayfs')() ?? (existsSync('/dev/fuse') ? null : '/dev/fuse');
}

/** The components that tests can ask for by name. */
export const COMPONENTS = {
  root: () => (process.geteuid?.() === 0 ? null : 'root'),
  cc: programs('gcc'),
  docker: programs('dockerd', 'docker'),
  containerd: programs('containerd', 'ctr'),
  runc: programs('runc'),
  crun: programs('crun'),
  podman: programs('podman'),
  lxc: programs('lxc-start', 'lxc-info'),
  bwrap: programs('bwrap'),
  nspawn: programs('systemd-nspawn'),
  'fuse-overlayfs': fuseOverlayfs,
  ip: programs('ip'),
  nft: programs('nft'),
  lsns: programs('lsns'),
  unshare: programs('unshare'),
  findmnt: programs('findmnt', 'mount'),
  nsenter: programs('nsenter'),
  setpriv: programs('setpriv'),
  taskset: programs('taskset'),
  strace: programs('strace'),
  'busybox-static': staticBusybox,
  python3: programs('python3'),
  qemu: programs('qemu-system-x86_64'),
  'guest-kernel': lackOfGuestKernel,
  chromium: anyOf('chromium', 'google-chrome'),
  graphviz: programs('dot'),
  rsvg: programs('rsvg-convert'),
  tmux: programs('tmux'),
  zsh: programs('zsh'),
  fish: programs('fish'),
} as const satisfies Readonly<Record<string, Probe>>;

/** The name of a component in {@link COMPONENTS}. */
export type Component = keyof typeof COMPONENTS;

/** Says what of these is missing on this machine; null when nothing is. */
export function missingOf(components: readonly Component[]): string | null {
  const missing = components.flatMap((component) => {
    const lack = COMPONENTS[component]();
    return lack === null ? [] : [lack === component ? component : `${component} (${lack})`];
  });
  return missing.length === 0 ? null : missing.join(', ');
}

/**
 * `describe` for tests that need something of the machine:
 *
 *     describeWith(['root', 'docker'], 'a container of docker', () => { … });
 *
 * Where a component is missing, the tests are skipped and their name says which; with NSINSPECT_TEST_REQUIRE=all, under
 * which nothing may be skipped, they fail instead.
 */
export function describeWith(components: readonly Component[], name: string, tests: () => void): void {
  const missing = missingOf(components);
  if (missing === null) describe(name, tests);
  else if (process.env['NSINSPECT_TEST_REQUIRE'] === 'all') {
    describe(name, () => {
      it('finds what it needs on this machine', () => {
        throw new Error(`NSINSPECT_TEST_REQUIRE=all, and this machine lacks ${missing}`);
      });
    });
  } else describe.skip(`${name} [needs ${missing}]`, tests);
}
