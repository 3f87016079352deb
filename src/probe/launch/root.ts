/**
 * The root file system of probe containers: empty directories and a few small files of our own, onto which the host's programs
 * are bound read-only. So the payload is the same in every runtime, nothing has to be built or pulled, and sh and coreutils
 * (1 to 2 MB of memory, most of it shared with the host's page cache) are known to work on this machine.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { NsinspectError } from '../../text/error.ts';
import { PATH } from './gated.ts';
import type { Bind, LaunchSpec } from './launcher.ts';

/** Where programs and libraries are (hier(7)); on most hosts all but /usr are links into it. */
const PROGRAMS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** Devices that hold nothing of the host. */
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** Where {@link LaunchSpec.scratch} is in the container. */
export const SCRATCH = '/scratch';

/** Mount points in every root. */
const DIRECTORIES = [
  'etc',
  'proc',
  'sys',
  'dev',
  'dev/shm',
  'dev/mqueue',
  'dev/pts',
  'tmp',
  'run',
  'root',
  'var',
  'var/tmp',
];

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/hostname': 'probe\n',
  'etc/resolv.conf': '',
};

/** Makes the directories and files in `root`, which exists and is empty, and gives what is to be bound onto them. */
export function makeRoot(root: string, spec: Pick<LaunchSpec, 'binds'>, scratch: string | null): Bind[] {
  const binds: Bind[] = [];
  // Whatever the umask: root in a user namespace is another user on the host.
  chmodSync(root, 0o755);
  for (const name of DIRECTORIES) {
    mkdirSync(path.join(root, name));
    chmodSync(path.join(root, name), 0o755);
  }
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(path.join(root, name), text);
    chmodSync(path.join(root, name), 0o644);
  }
  for (const device of DEVICES) writeFileSync(path.join(root, 'dev', device), '');
  for (const [name, to] of [
    ['fd', ''],
    ['stdin', '/0'],
    ['stdout', '/1'],
    ['stderr', '/2'],
  ] as const) {
    symlinkSync(`/proc/self/fd${to}`, path.join(root, 'dev', name));
  }
  // Without it the loader finds libraries in its built-in directories only.
  if (existsSync('/etc/ld.so.cache')) copyFileSync('/etc/ld.so.cache', path.join(root, 'etc/ld.so.cache'));
  for (const place of PROGRAMS) {
    const facts = lstatSync(place, { throwIfNoEntry: false });
    if (facts?.isSymbolicLink() === true) symlinkSync(readlinkSync(place), path.join(root, place));
    else if (facts?.isDirectory() === true) binds.push({ source: place, target: place, writable: false });
  }
  // Debian and its like choose awk there.
  if (existsSync('/etc/alternatives'))
    binds.push({ source: '/etc/alternatives', target: '/etc/alternatives', writable: false });
  if (scratch !== null) binds.push({ source: scratch, target: SCRATCH, writable: true });
  binds.push(...(spec.binds ?? []));
  for (const { source, target } of binds) makeMountPoint(root, source, target);
  return binds;
}

function makeMountPoint(root: string, source: string, target: string): void {
  if (!path.isAbsolute(target) || path.normalize(target) !== target)
    throw new TypeError(`no place for a bind: ${target}`);
  const at = path.join(root, target);
  const facts = lstatSync(source, { throwIfNoEntry: false });
  if (facts === undefined) throw new NsinspectError(`${source} is not there to be bound`, { code: 'probe-failed' });
  // A target below another bind is the business of that bind's source, which is not written to.
  if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) return;
  mkdirSync(facts.isDirectory() ? at : path.dirname(at), { recursive: true });
  if (!facts.isDirectory()) writeFileSync(at, '');
}

/** A field of fstab(5): what would end it is written in octal. */
export function fstabField(text: string): string {
  return text.replaceAll(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/**
 * First line of what a program prints for its version, without its name; null: it is not there, or does not run. Looked for
 * where containers have it, too: the PATH of an ordinary user may lack administrators' programs.
 */
export function versionOf(program: string, args: readonly string[] = ['--version']): string | null {
  const { status, stdout } = spawnSync(program, args, {
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:${PATH}` },
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (status !== 0) return null;
  const line = stdout.trim().split('\n')[0] ?? '';
  return /\d[\w.+~-]*/.exec(line)?.[0] ?? line;
}

/** Where a program is, on this process's path or where {@link versionOf} looks besides; empty: nowhere. */
export function programPath(name: string): string {
  const env = { PATH: `${process.env['PATH'] ?? ''}:${PATH}` };
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { env, encoding: 'utf8' }).stdout.trim();
}
