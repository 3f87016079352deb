import { describe, expect, it } from 'vitest';

import { parseCgroupMembers } from '../../src/parse/cgroup-members.ts';
import { Malformed } from '../../src/parse/malformed.ts';

describe('parseCgroupMembers', () => {
  it.each([
    ['', { ids: [], foreign: 0 }],
    ['1\n2\n4194304\n', { ids: [1, 2, 4194304], foreign: 0 }],
    // In no order, and one that moved while it was listed.
    ['12\n3\n12\n', { ids: [3, 12], foreign: 0 }],
    ['0\n7\n0\n', { ids: [7], foreign: 2 }],
  ])('reads %j', (text, members) => {
    expect(parseCgroupMembers(text)).toEqual(members);
  });

  it.each(['1', '1\n2', '\n', '1\n\n', '-1\n', '1 2\n', 'x\n', '99999999999\n'])('finds %j malformed', (text) => {
    expect(parseCgroupMembers(text)).toBeInstanceOf(Malformed);
  });
});
