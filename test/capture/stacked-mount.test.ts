import { expect, test } from 'vitest';

import { openAsSeen, StackedMount } from '../../src/capture/changes/stacked-mount.ts';
import { Failure } from '../../src/host/port.ts';
import type { Dir, Host, Read, TreeQueries } from '../../src/host/port.ts';
import type { OverlayHandle } from '../../src/parse/overlay-handle.ts';

const OPTIONS = 'lowerdir=/l,upperdir=/u,workdir=/w';
const MOUNT = { dev: '0:40', superOptions: ['rw', ...OPTIONS.split(',')] };
const LINE = `66 42 0:40 / / rw - overlay overlay rw,${OPTIONS}\n`;
const PLACES = [{ pid: 7, path: '/' }];
const UNSUPPORTED = new Failure('unsupported', 'EOPNOTSUPP');
const UNKNOWN = new Failure('not collected', 'EAGAIN');

/** What a made directory holds: names with their handles. */
interface Made {
  readonly own: string;
  readonly mtime?: string;
  readonly files?: Readonly<
    Record<string, { readonly handle: string; readonly nlink?: number; readonly isDir?: boolean }>
  >;
}

const dirOf = (made: Made): Dir =>
  ({ path: '', made, list: () => Object.keys(made.files ?? {}), close: () => undefined }) as Partial<Dir> as Dir;
const madeOf = (dir: Dir): Made => (dir as unknown as { made: Made }).made;

interface World {
  readonly mountinfo?: string;
  readonly behind?: Readonly<Record<string, Read<OverlayHandle>>>;
  readonly mtime?: string;
}

/** A host whose process 7 sees the mount as its root. */
function hostOf({ mountinfo = LINE, behind = {}, mtime = '1.0' }: World): Host {
  const all: Readonly<Record<string, Read<OverlayHandle>>> = { '.': { real: 'up', isUpper: true }, ...behind };
  const root = dirOf({ own: 'root', mtime });
  const tree: Partial<TreeQueries> = {
    mountId: () => 66,
    behind: (_, path) => all[path] ?? UNKNOWN,
    handle: (dir, path) => (path === '.' ? madeOf(dir).own : (madeOf(dir).files?.[path]?.handle ?? UNSUPPORTED)),
    facts(dir, path) {
      const file = madeOf(dir).files?.[path];
      const type = path === '.' || file?.isDir === true ? 'directory' : 'file';
      return { type, nlink: file?.nlink ?? 1, mtime: madeOf(dir).mtime ?? '1.0' } as ReturnType<TreeQueries['facts']>;
    },
    openDirectory: (dir, path) => (path === '.' ? dir : UNKNOWN),
  };
  const task = { path: '/proc/7', read: () => mountinfo, close: () => undefined } as Partial<Dir> as Dir;
  return { open: () => task, placeInRoot: () => root, tree } as Partial<Host> as Host;
}

function found(world: World, superOptions: readonly string[] = MOUNT.superOptions): StackedMount {
  const mount = StackedMount.find(hostOf(world), { ...MOUNT, superOptions }, PLACES);
  if (mount instanceof Failure) throw new Error(mount.errno);
  return mount;
}

test('the directory with the handle and the time of the root is the upper one; no other is', () => {
  expect(found({}).isUpper(dirOf({ own: 'up' }))).toBe(true);
  expect(found({}).isUpper(dirOf({ own: 'other' }))).toBe(false);
  // In a copy of the whole file system.
  expect(found({}).isUpper(dirOf({ own: 'up', mtime: '2.0' }))).toBe(false);
});

test.each<readonly [string, World, string]>([
  ['a kernel that does not tell', { behind: { '.': UNSUPPORTED } }, 'unsupported'],
  ['another overlay', { mountinfo: LINE.replace('0:40', '0:41') }, 'absent'],
  ['an overlay of the same number with other directories', { mountinfo: LINE.replace('=/l', '=/m') }, 'absent'],
  ['a directory of it that is bound over it', { mountinfo: LINE.replace(' / / ', ' /d / ') }, 'absent'],
  ['a place that no mount is told of', { mountinfo: '' }, 'absent'],
  ['a root without an upper directory', { behind: { '.': { real: 'low', isUpper: false } } }, 'malformed'],
])('%s is not taken for it', (_, world, outcome) => {
  expect(StackedMount.find(hostOf(world), MOUNT, PLACES)).toMatchObject({ outcome });
});

test('without an upper directory nobody is asked', () => {
  const mount = { ...MOUNT, superOptions: ['ro', 'lowerdir=/l:/m'] };
  expect(StackedMount.find({} as Host, mount, PLACES)).toMatchObject({ outcome: 'unsupported' });
  expect(StackedMount.find({} as Host, MOUNT, [])).toMatchObject({ outcome: 'absent' });
});

test('a lower directory is proven by one thing in it that is nowhere else', () => {
  const low = (real: string): OverlayHandle => ({ real, isUpper: false });
  const mount = found({ behind: { bin: low('b'), link: low('k'), file: low('f'), new: { real: 'n', isUpper: true } } });
  const has = (files: NonNullable<Made['files']>): unknown => mount.hasLower(dirOf({ own: 'low', files }));
  expect(has({ bin: { handle: 'b', isDir: true, nlink: 4 } })).toBe(true);
  expect(has({ hidden: { handle: 'h' }, file: { handle: 'f' } })).toBe(true);
  const unproven = { outcome: 'not collected' };
  expect(has({})).toMatchObject(unproven);
  expect(has({ file: { handle: 'other' }, hidden: { handle: 'h' } })).toMatchObject(unproven);
  // Whoever may link a file has it in a directory of his own, too; and what the upper layer has is nothing of a lower one.
  expect(has({ link: { handle: 'k', nlink: 2 } })).toMatchObject(unproven);
  expect(has({ new: { handle: 'n' } })).toMatchObject(unproven);
});

test('where to ask would write, it is not asked', () => {
  const mount = found({ behind: { bin: { real: 'b', isUpper: false } } }, [...MOUNT.superOptions, 'nfs_export=on']);
  const dir = dirOf({ own: 'low', files: { bin: { handle: 'b', isDir: true } } });
  expect(mount.hasLower(dir)).toMatchObject({ outcome: 'not collected' });
  expect(mount.isUpper(dirOf({ own: 'up' }))).toBe(true);
});

test('what somebody sees on a file system that may never answer is left alone', () => {
  const on = (type: string): Host => hostOf({ mountinfo: `66 42 0:40 / /x rw - ${type} x rw\n` });
  expect(openAsSeen(on('tmpfs'), 7, '/x')).not.toBeInstanceOf(Failure);
  for (const type of ['fuse.evil', 'nfs4', 'overlay']) {
    expect(openAsSeen(on(type), 7, '/x')).toMatchObject({ outcome: 'not collected' });
  }
});
