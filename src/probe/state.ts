/**
 * The directory in which launchers keep their files: of this user alone, so that nobody else can plant a link in it or look. Under
 * /run for root and under XDG_RUNTIME_DIR for others, which a boot empties.
 */
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  type Stats,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { spawnSync } from 'node:child_process';

import { bytesOf } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { parseMark } from './mark.ts';
import { ownMounts } from './own-mounts.ts';

/** Where the state of this user's probes is, made or not. */
export function stateRoot(environment: NodeJS.ProcessEnv = process.env, uid = process.geteuid?.() ?? 0): string {
  if (uid === 0) return '/run/nsinspect-probe';
  const runtime = environment['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && path.isAbsolute(runtime)) return path.join(runtime, 'nsinspect-probe');
  return path.join(os.tmpdir(), `nsinspect-probe-${uid}`);
}

/** Where directories on a disk are: /run and /tmp may be tmpfs, which no limit of a block device concerns. */
export function scratchRoot(uid = process.geteuid?.() ?? 0): string {
  return `/var/tmp/nsinspect-probe-${uid}`;
}

/** Makes such a directory if it is not there. Error where it is another's, a link, or open to others. */
export function secured(directory: string): string {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw notMade(directory, code ?? '', error);
  }
  const wrong = distrust(directory);
  if (wrong !== null) {
    throw new NsinspectError(`${directory} ${wrong}: probes keep their files nowhere else`, {
      code: 'unsafe-directory',
      hint: 'Find out who made it, and remove it.',
    });
  }
  return directory;
}

/** A session that has ended, or `su` and its like, leave a variable that names a directory which is gone or another's. */
function notMade(directory: string, code: string, cause: unknown): NsinspectError {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  const isNamed = process.geteuid?.() !== 0 && directory === path.join(runtime, 'nsinspect-probe');
  const why = isNamed ? ' (XDG_RUNTIME_DIR must name a directory that is there and this user’s own)' : '';
  return new NsinspectError(`${directory} cannot be made: ${code}${why}`, { code: 'no-directory', cause });
}

/** Why what is in the directory may be somebody else's doing; null: it is this user's own, or not there. */
export function distrust(directory: string): string | null {
  const facts = factsOf(directory);
  if (facts === undefined) return null;
  if (typeof facts === 'string') return `cannot be looked at (${facts})`;
  if (!facts.isDirectory()) return 'is not a directory';
  if (facts.uid !== process.geteuid?.()) return `belongs to uid ${facts.uid}`;
  // That they may pass (x) shows and changes nothing: see letPass.
  if ((facts.mode & 0o066) !== 0) return 'is open to other users';
  return null;
}

/** lstat: a link is judged as a link, wherever it leads. A text: the errno of what is not for this user to see. */
function factsOf(directory: string): Stats | string | undefined {
  try {
    return lstatSync(directory, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  }
}

/** Makes the directory of a mark in one of the roots. */
export function makeMarked(root: string, mark: string): string {
  const directory = path.join(secured(root), mark);
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

/** Lets a group of users pass through the directory of a mark, which they can neither list nor change. */
export function letPass(directory: string, gid: number): void {
  chmodSync(path.dirname(directory), 0o711);
  chownSync(directory, process.geteuid?.() ?? 0, gid);
  chmodSync(directory, 0o710);
}

/** A short name in the state directory for a directory of a mark's, as a link; it goes when the mark does. */
export function shortcut(directory: string, mark: string): string {
  const { pid = 0, number = 0 } = parseMark(mark) ?? {};
  const at = path.join(stateRoot(), `${pid.toString(36)}-${number.toString(36)}`);
  symlinkSync(directory, at);
  return at;
}

/** A link of {@link shortcut}, and the mark that it is of. */
export interface Shortcut {
  readonly at: string;
  readonly mark: string;
}

/** The links that are there. They are read, never followed. */
export function shortcuts(): Shortcut[] {
  const root = stateRoot();
  if (distrust(root) !== null || lstatSync(root, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .map(({ name }) => path.join(root, name))
    .map((at) => ({ at, mark: path.relative(root, readlinkSync(at)).split('/')[0] ?? '' }));
}

/** Mount points at or below a directory in this mount namespace, innermost first. */
export function mountsBelow(directory: string): string[] {
  return ownMounts()
    .map((mount) => Buffer.from(bytesOf(mount.path), 'latin1').toString('utf8'))
    .filter((at) => at === directory || at.startsWith(`${directory}/`))
    .reverse();
}

/** Unmounts what is mounted in a mark's directory, and removes it. Error where a mount stays, since files would be removed through it. */
export function removeMarked(directory: string): void {
  if (parseMark(path.basename(directory)) === null) throw new TypeError(`no mark: ${directory}`);
  if (distrust(path.dirname(directory)) !== null || lstatSync(directory, { throwIfNoEntry: false }) === undefined)
    return;
  for (const at of mountsBelow(directory)) {
    spawnSync('umount', ['--lazy', '--no-canonicalize', '--', at], { stdio: 'ignore', timeout: 10_000 });
  }
  const [left] = mountsBelow(directory);
  if (left !== undefined) {
    throw new NsinspectError(`${left} is still mounted: ${directory} is left as it is`, { code: 'not-removed' });
  }
  // LXC keeps a lock, named after the directory of its container, elsewhere.
  rmSync(path.join(path.dirname(stateRoot()), 'lxc/lock', directory), { recursive: true, force: true });
  // overlayfs leaves a directory without any permission in its workdir, which only root can look into.
  if (process.geteuid?.() !== 0) openAll(directory);
  // Links are removed, not followed.
  rmSync(directory, { recursive: true, force: true });
}

function openAll(directory: string): void {
  chmodSync(directory, 0o700);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) openAll(path.join(directory, entry.name));
  }
}
