/** The file system of the guest, which lives in its memory: busybox, Node, a few programs, and nsinspect as it is built. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

import { transformSync } from 'esbuild';

import { ROOT } from '../support/cli.ts';
import { pathOf } from '../support/components.ts';
import { cpio, type Entry } from './cpio.ts';
import { readModule, type GuestKernel } from './kernel.ts';

/** Where Node is in the guest. */
export const GUEST_NODE = '/usr/bin/node';

/** Where nsinspect is in the guest. */
export const GUEST_ROOT = '/opt/nsinspect';

/** The port through which the host talks to the agent. */
export const AGENT_PORT = 'nsinspect';

/** In the order in which they need one another. The last ones are disks, overlayfs, and nftables. */
const MODULES = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci',
  'drivers/char/virtio_console',
  'drivers/block/virtio_blk',
  'drivers/block/brd',
  'fs/overlayfs/overlay',
  'lib/libcrc32c',
  'net/netfilter/nfnetlink',
  'net/netfilter/nf_tables',
];

/** Programs of the host that know more than their namesakes in busybox. */
const PROGRAMS = ['unshare', 'nsenter', 'setpriv'];

/** What the program needs at run time of packages that cannot be bundled. */
const NATIVE = ['koffi/**/*.{js,cjs,json,node}', '@koromix/*/**/*.{js,json,node}'];

/**
 * Run by busybox's init, which then reaps what nobody waits for. Files of cgroups are written by whoever sets a world
 * up: here, only all controllers are enabled below the root.
 */
const SETUP = `#!/bin/sh
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts /tmp /run /root /var/tmp
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
for module in /lib/modules/*.ko; do
  case $module in
    *-brd.ko) insmod $module rd_nr=2 rd_size=65536 ;;
    *) insmod $module ;;
  esac
done
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo +$controller > /sys/fs/cgroup/cgroup.subtree_control
done
ip link set lo up
hostname -F /etc/hostname
`;

/** The agent's end ends the guest. */
const START_AGENT = `#!/bin/sh
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8
for name in /sys/class/virtio-ports/*/name; do
  if [ "$(cat $name)" = ${AGENT_PORT} ]; then port=\${name%/name}; fi
done
${GUEST_NODE} /opt/agent.mjs /dev/\${port##*/}
echo "the agent ended with status $?" > /dev/console
poweroff -f
`;

const INITTAB = `::sysinit:/opt/setup
::once:/opt/start-agent
`;

/** The part that changes with the machine only: an archive, and a key that changes with it. */
export function unchangingPart(kernel: GuestKernel): { key: string; pack: () => Buffer } {
  const files = new Map<string, string>();
  for (const name of PROGRAMS) {
    const file = pathOf(name);
    if (file !== null) withLibraries(files, `/usr/bin/${name}`, file);
  }
  withLibraries(files, GUEST_NODE, realpathSync(process.execPath));
  const busybox = pathOf('busybox');
  if (busybox === null) throw new Error('busybox is not installed');
  files.set('/bin/busybox', busybox);
  const hash = createHash('sha256').update(kernel.image);
  for (const file of [kernel.image, import.meta.filename, ...files.values()]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`\0${file}\0${size}\0${mtimeMs}`);
  }
  return { key: hash.digest('hex').slice(0, 16), pack: () => cpio(packUnchanging(kernel, files, busybox)) };
}

function packUnchanging(kernel: GuestKernel, files: ReadonlyMap<string, string>, busybox: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [name, file] of files) entries.set(name, { data: readFileSync(file), mode: 0o755 });
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox' && !files.has(`/usr/bin/${applet}`)) entries.set(`/bin/${applet}`, { link: 'busybox' });
  }
  entries.set('/sbin', { link: 'bin' });
  MODULES.forEach((name, index) => {
    // A shell lists them by name.
    const number = String(index).padStart(2, '0');
    entries.set(`/lib/modules/${number}-${path.basename(name)}.ko`, { data: readModule(kernel, name) });
  });
  entries.set('/opt/setup', { data: Buffer.from(SETUP), mode: 0o755 });
  entries.set('/opt/start-agent', { data: Buffer.from(START_AGENT), mode: 0o755 });
  for (const [file, text] of [
    ['/etc/inittab', INITTAB],
    ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n'],
    ['/etc/group', 'root:x:0:\nnogroup:x:65534:\n'],
    ['/etc/hostname', 'guest\n'],
  ] as const) {
    entries.set(file, { data: Buffer.from(text) });
  }
  for (const directory of ['proc', 'sys', 'dev']) entries.set(`/${directory}/.keep`, { data: Buffer.alloc(0) });
  return entries;
}

/** The part that changes with the sources: what runs in the guest, nsinspect, and what a test adds (name in the guest -> file). */
export function changingPart(more: Readonly<Record<string, string>>): Buffer {
  const entries = new Map<string, Entry>();
  for (const name of ['agent', 'truth']) {
    const source = readFileSync(path.join(import.meta.dirname, `${name}.ts`), 'utf8');
    entries.set(`/opt/${name}.mjs`, { data: Buffer.from(transformSync(source, { loader: 'ts', format: 'esm' }).code) });
  }
  const program = globSync(['bin/run.js', 'package.json', 'oclif.manifest.json', 'dist/**/*.js', 'docs/schema/*'], {
    cwd: ROOT,
  });
  const native = globSync(NATIVE, { cwd: path.join(ROOT, 'node_modules') });
  for (const name of [...program, ...native.map((file) => path.join('node_modules', file))]) {
    const file = path.join(ROOT, name);
    if (statSync(file).isFile()) entries.set(path.join(GUEST_ROOT, name), { data: readFileSync(file) });
  }
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(more)) withLibraries(files, name, file);
  for (const [name, file] of files) entries.set(name, { data: readFileSync(file), mode: 0o755 });
  return cpio(entries);
}

/** Adds a file, and where it is a program the libraries that it is linked against. */
function withLibraries(files: Map<string, string>, name: string, file: string): void {
  files.set(name, realpathSync(file));
  if (!readFileSync(file).subarray(0, 4).equals(Buffer.from('\x7fELF'))) return;
  for (const [, library] of librariesOf(file).matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)) {
    if (library !== undefined && existsSync(library)) files.set(library, realpathSync(library));
  }
}

function librariesOf(program: string): string {
  const answer = execFileSync('sh', ['-c', 'ldd "$1" 2>&1 || true', 'sh', program], { encoding: 'utf8' });
  return answer;
}
