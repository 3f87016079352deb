import { describe, expect, it } from 'vitest';

import { changeLines, changeNotes, changeTreeLines, verificationLines } from '../../reports/changes.ts';
import { makeStyle } from '../../reports/style.ts';
import type { Change, ChangesCoverage } from '../../src/schema/changes.ts';
import type { LayerVerification } from '../../src/schema/verify.ts';

const style = makeStyle({ color: false, unicode: true, columns: null });
const change = (path: Change['path'], kind: Change['kind'], more: Partial<Change> = {}): Change => ({
  path,
  kind,
  from: null,
  bytes: null,
  type: 'file',
  layer: null,
  ...more,
});

const CHANGES = [
  change('/a/b', 'added', { bytes: '5' }),
  change('/a/c', 'renamed', { from: '/old', layer: 2 }),
  change('/new\nline\u001b[31m', 'deleted', { bytes: '2048', layer: 0 }),
];

describe('changeLines', () => {
  it('has one line a change, and no control characters', () => {
    expect(changeLines(CHANGES, style).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'added 5 B /a/b',
      'renamed /a/c (from /old, of layer 2)',
      'deleted 2 KiB /new\\nline\\x1b[31m (of layer 0)',
    ]);
    expect(changeLines([], style)).toEqual(['nothing was changed']);
  });
});

describe('changeTreeLines', () => {
  it('shows the way to each change once', () => {
    expect(changeTreeLines(CHANGES, style).map((line) => line.slice(20))).toEqual([
      '/',
      '├─ a',
      '│  ├─ b',
      '│  └─ c (from /old, of layer 2)',
      '└─ new\\nline\\x1b[31m (of layer 0)',
    ]);
  });

  it('draws any depth', () => {
    const deep = change('/d'.repeat(20_000), 'added');
    expect(changeTreeLines([deep], makeStyle({ color: false, unicode: true, columns: 80 }))).toHaveLength(20_001);
  });
});

describe('changeNotes', () => {
  it('names each gap', () => {
    const whole: ChangesCoverage = { entries: 1, unread: [], unreadCount: 0, mounts: 0, marks: 'read', stopped: false };
    expect(changeNotes(whole)).toEqual([]);
    const unread = [{ path: '/x', outcome: 'denied' as const }];
    expect(changeNotes({ ...whole, marks: 'denied', unread, unreadCount: 3, mounts: 1, stopped: true })).toEqual([
      'marks of opaque directories and renames were not read: denied (they need CAP_SYS_ADMIN on the host)',
      '3 paths could not be read, first /x: denied',
      '1 directory with something mounted over: not read',
      'there are more changes than are kept: the list is not complete',
    ]);
  });
});

describe('verificationLines', () => {
  it('has the verdict and the faults', () => {
    const verification: LayerVerification = {
      version: 1,
      result: 'differs',
      diffId: `sha256:${'a'.repeat(64)}`,
      computed: null,
      bytes: '1',
      entries: 1,
      faults: [{ path: '/x', fault: 'size', expected: '1', found: '2' }],
      faultCount: 4,
      why: null,
    };
    expect(verificationLines([{ index: 3, verification }], style)).toEqual([
      'layer 3 sha256:aaaaaaaaaaaa differs',
      '  size /x (expected 1, found 2)',
      '  and 3 more faults',
    ]);
  });
});
