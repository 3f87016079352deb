import { describe, expect, it } from 'vitest';

import { changesOf } from '../../src/model/changes.ts';
import type { ChangeFacts, LowerFacts } from '../../src/schema/changes.ts';
import type { FileFacts } from '../../src/schema/tree.ts';

const facts = (more: Partial<FileFacts> = {}): FileFacts => ({
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  nlink: 1,
  bytes: '5',
  allocatedBytes: '4096',
  mtime: '1.000000000',
  rdev: '0:0',
  dev: '254:0',
  inode: '7',
  isMountRoot: false,
  ...more,
});

const lower = (more: Partial<FileFacts> = {}, handle?: string): LowerFacts => ({
  layer: 2,
  facts: facts(more),
  ...(handle !== undefined && { handle }),
});

const entry = (more: Partial<ChangeFacts> = {}): ChangeFacts => ({ path: '/f', upper: facts(), lower: null, ...more });
const whiteout = (more: Partial<ChangeFacts> = {}): ChangeFacts =>
  entry({ whiteout: 'device', upper: facts({ type: 'char', bytes: '0' }), lower: lower(), ...more });
const same = { sameContent: true, sameXattrs: true };
const directory = facts({ type: 'directory' });

/** What is said of one entry alone. */
const kindOf = (more: Partial<ChangeFacts>): string | undefined => changesOf([entry(more)])[0]?.kind;

describe('changesOf', () => {
  it.each<[string | undefined, string, Partial<ChangeFacts>]>([
    ['added', 'nothing is below', {}],
    [undefined, 'copied up and left as it was', { lower: lower(), ...same }],
    ['modified', 'other content', { lower: lower(), sameContent: false, sameXattrs: true }],
    ['modified', 'another type', { lower: lower({ type: 'symlink' }) }],
    ['metadata', 'other permissions', { lower: lower({ mode: 0o600 }), ...same }],
    ['metadata', 'another owner', { lower: lower({ uid: 1 }), ...same }],
    ['metadata', 'another group', { lower: lower({ gid: 1 }), ...same }],
    ['metadata', 'another time', { lower: lower({ mtime: '2.000000000' }), ...same }],
    ['metadata', 'other attributes', { lower: lower(), sameContent: true, sameXattrs: false }],
    ['metadata', 'metacopy', { lower: lower(), metacopy: true }],
    ['opaque', 'made anew', { upper: directory, lower: lower({ type: 'directory' }), opaque: true, ...same }],
    ['added', 'a new directory, which is opaque, too', { upper: directory, opaque: true }],
    [undefined, 'a parent', { upper: directory, lower: lower({ type: 'directory', mtime: '2.0' }), ...same }],
    ['renamed', 'redirect', { upper: directory, redirect: '/old', source: lower({ type: 'directory' }) }],
    ['metadata', 'a redirect to where it is', { redirect: '/f', metacopy: true, lower: lower() }],
    ['added', 'a copy of what is still there', { origin: '01aa' }],
    ['deleted', 'whiteout', { whiteout: 'device', lower: lower() }],
    [undefined, 'whiteout of nothing', { whiteout: 'device' }],
  ])('%s: %s', (kind, _, more) => {
    expect(kindOf(more)).toBe(kind);
  });

  it('says what could not be known', () => {
    expect(changesOf([entry({ lower: lower(), unknown: { sameContent: 'not collected' } })])).toMatchObject([
      { kind: 'modified', unknown: { content: 'not collected' } },
    ]);
    expect(changesOf([entry({ unknown: { lower: 'denied' } })])).toMatchObject([
      { kind: 'added', unknown: { kind: 'denied' } },
    ]);
    expect(changesOf([whiteout({ lower: null, unknown: { lower: 'denied' } })])).toMatchObject([
      { kind: 'deleted', unknown: { kind: 'denied' } },
    ]);
  });

  it('pairs a copy with the deleted name that it came from, whichever comes first, and each once', () => {
    const old = whiteout({ path: '/old', lower: lower({}, '01aa') });
    const copy = entry({ path: '/new', origin: '01aa' });
    const again = entry({ path: '/zz', origin: '01aa' });
    for (const entries of [
      [old, copy, again],
      [copy, again, old],
    ]) {
      expect(changesOf(entries).map(({ kind, path, from, layer }) => ({ kind, path, from, layer }))).toEqual([
        { kind: 'renamed', path: '/new', from: '/old', layer: 2 },
        { kind: 'added', path: '/zz', from: null, layer: null },
      ]);
    }
  });

  it('does not pair what is of another type, whose handle was used again', () => {
    const old = whiteout({ path: '/old', lower: lower({ type: 'symlink' }, '01aa') });
    expect(changesOf([old, entry({ path: '/new', origin: '01aa' })]).map(({ kind }) => kind)).toEqual([
      'added',
      'deleted',
    ]);
  });

  it('knows a deleted name inside of a renamed directory by where it was', () => {
    const moved = entry({ path: '/b', upper: directory, redirect: '/a' });
    const old = whiteout({ path: '/a', lower: lower({ type: 'directory' }) });
    const inside = whiteout({ path: '/b/x', lowerPath: '/a/x', lower: lower({}, '01aa') });
    const out = entry({ path: '/x', origin: '01aa' });
    expect(changesOf([old, moved, inside, out]).map(({ kind, path, from }) => [kind, path, from])).toEqual([
      ['renamed', '/b', '/a'],
      ['renamed', '/x', '/a/x'],
    ]);
  });

  it('is sorted by bytes and keeps names that are not UTF-8 apart', () => {
    const bad = (base64: string): ChangeFacts['path'] => ({ text: '/\ufffd', base64 });
    const paths = [bad('L/8='), '/b', '/B', bad('L/4=')];
    expect(changesOf(paths.map((path) => entry({ path }))).map(({ path }) => path)).toEqual([
      '/B',
      '/b',
      bad('L/4='),
      bad('L/8='),
    ]);
  });
});
