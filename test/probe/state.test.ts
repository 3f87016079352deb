import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { newMark } from '../../src/probe/mark.ts';
import { distrust, makeMarked, removeMarked, secured, stateRoot } from '../../src/probe/state.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('the directory of state', () => {
  test('is under /run for root, and where the user alone writes for others', () => {
    expect(stateRoot({}, 0)).toBe('/run/nsinspect-probe');
    expect(stateRoot({ XDG_RUNTIME_DIR: '/run/user/1000' }, 1000)).toBe('/run/user/1000/nsinspect-probe');
    expect(stateRoot({ XDG_RUNTIME_DIR: 'relative' }, 1000)).toMatch(/^\/.*\/nsinspect-probe-1000$/);
  });

  test('is of this user alone, or is refused', (context) => {
    const root = path.join(temporaryDirectory(context), 'root');
    expect(distrust(root)).toBeNull();
    expect(secured(root)).toBe(root);
    expect(secured(root)).toBe(root);
    chmodSync(root, 0o750);
    expect(() => secured(root)).toThrow('is open to other users');
  });

  test('that cannot be made or looked at is named', (context) => {
    const directory = temporaryDirectory(context);
    const missing = path.join(directory, 'missing', 'root');
    expect(() => secured(missing)).toThrow(`${missing} cannot be made: ENOENT`);
    symlinkSync('loop', path.join(directory, 'loop'));
    expect(distrust(path.join(directory, 'loop', 'root'))).toBe('cannot be looked at (ELOOP)');
  });

  test('is no link, wherever that leads', (context) => {
    const directory = temporaryDirectory(context);
    mkdirSync(path.join(directory, 'target'), { mode: 0o700 });
    symlinkSync('target', path.join(directory, 'link'));
    expect(() => secured(path.join(directory, 'link'))).toThrow('is not a directory');
  });
});

describe('the directory of a mark', () => {
  test('is removed with all that is in it, and nothing that a link in it leads to', (context) => {
    const directory = temporaryDirectory(context);
    const kept = path.join(directory, 'kept');
    mkdirSync(kept);
    writeFileSync(path.join(kept, 'file'), '');
    const marked = makeMarked(path.join(directory, 'root'), newMark());
    symlinkSync(kept, path.join(marked, 'link'));
    mkdirSync(path.join(marked, 'closed'), { mode: 0 });
    removeMarked(marked);
    expect(existsSync(marked)).toBe(false);
    expect(readdirSync(kept)).toEqual(['file']);
  });

  test('is never another', (context) => {
    const directory = temporaryDirectory(context);
    expect(() => removeMarked(directory)).toThrow('no mark');
    // What others may write to is not believed to be a probe's.
    const root = path.join(directory, 'open');
    mkdirSync(root);
    chmodSync(root, 0o777);
    const planted = path.join(root, newMark());
    mkdirSync(planted);
    removeMarked(planted);
    expect(existsSync(planted)).toBe(true);
  });
});
