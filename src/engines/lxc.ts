import { nameOf, type ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { baseName, firstValue, readFlags } from './flags.ts';

/** What the command line of an LXC monitor says. */
export interface LxcMonitorArgs {
  readonly name: ByteString;
  /** Directory with one subdirectory a container. */
  readonly lxcPath: ByteString;
}

/** Where LXC keeps containers unless told otherwise (lxc.system.conf(5), lxc.lxcpath). */
const DEFAULT_PATH = '/var/lib/lxc';
const TITLE = '[lxc monitor] ';
const VALUED = new Set([
  'n',
  'name',
  'P',
  'lxcpath',
  'f',
  'rcfile',
  'o',
  'logfile',
  'l',
  'logpriority',
  's',
  'define',
  'c',
  'console',
  'L',
  'console-log',
  'p',
  'pidfile',
  'u',
  'uid',
  'g',
  'gid',
  'share-net',
  'share-ipc',
  'share-uts',
  'share-pid',
]);

/**
 * Parses the command line of the process that is the parent of an LXC container's init: a daemon gives itself the title
 * `[lxc monitor] PATH NAME` (lxc/src/lxc/lxccontainer.c, set_monitor_process_title; LXD and Incus too), while
 * `lxc-start -F` and `lxc-execute` stay in the foreground under their own arguments. Null: neither.
 */
export function parseLxcMonitorArgs(argv: readonly ByteString[]): LxcMonitorArgs | null {
  const first = argv[0] ?? '';
  if (first.startsWith(TITLE)) {
    const title = first.slice(TITLE.length);
    // A name holds no space, the path before it may.
    const space = title.lastIndexOf(' ');
    return space <= 0 ? null : valid(title.slice(space + 1), title.slice(0, space));
  }
  if (!/^lxc-(start|execute)$/.test(baseName(first))) return null;
  const flags = readFlags(argv.slice(1), { valued: VALUED, stopAtFirst: baseName(first) === 'lxc-execute' });
  const name = firstValue(flags, 'n', 'name') ?? flags.rest[0];
  return name === undefined ? null : valid(name, firstValue(flags, 'P', 'lxcpath') ?? DEFAULT_PATH);
}

/** A name is one component of a path, and of a cgroup's. */
function valid(name: ByteString, lxcPath: ByteString): LxcMonitorArgs | null {
  return name === '' || name === '.' || name === '..' || name.includes('/') ? null : { name, lxcPath };
}

/** What is used of an LXC container's configuration. */
export interface LxcConfig {
  /** Host name inside. */
  readonly utsName: Name | null;
  /** `dir:/path`, `overlay:/lower:/upper`, or a bare path. */
  readonly rootfs: Name | null;
}

/**
 * Parses a container's `config` file (lxc.container.conf(5)): `key = value` lines; the last of a repeated key counts.
 * `lxc.utsname` and `lxc.rootfs` are the names of LXC before 3.0. Lines that are neither a comment nor an assignment are
 * passed over as LXC refuses to start with them. `lxc.include` is not followed.
 */
export function parseLxcConfig(text: ByteString): LxcConfig {
  let utsName: Name | null = null;
  let rootfs: Name | null = null;
  for (const line of text.split('\n')) {
    const match = /^\s*(lxc\.[\w.]+)\s*=\s*(.*?)\s*$/.exec(line);
    const value = match?.[2];
    if (value === undefined || value === '') continue;
    if (match?.[1] === 'lxc.uts.name' || match?.[1] === 'lxc.utsname') utsName = nameOf(value);
    if (match?.[1] === 'lxc.rootfs.path' || match?.[1] === 'lxc.rootfs') rootfs = nameOf(value);
  }
  return { utsName, rootfs };
}
