import { describe, expect, it } from 'vitest';

import { parseCgroups } from '../../src/parse/cgroups.ts';
import { Malformed } from '../../src/parse/malformed.ts';
import { everyCut, recorded } from './recorded.ts';

const HEAD = '#subsys_name\thierarchy\tnum_cgroups\tenabled\n';

describe('parseCgroups', () => {
  it('reads what this kernel wrote', () => {
    const all = parseCgroups(recorded('cgroups.txt'));
    expect(all).toContainEqual({ name: 'cpuset', hierarchy: 3, cgroups: 2, enabled: true });
    expect(all).toContainEqual({ name: 'hugetlb', hierarchy: 0, cgroups: 2, enabled: true });
    expect(all).toHaveLength(12);
  });

  it('reads a head without lines, and one that is switched off', () => {
    expect(parseCgroups(HEAD)).toEqual([]);
    expect(parseCgroups(`${HEAD}memory\t0\t1\t0\n`)).toEqual([
      { name: 'memory', hierarchy: 0, cgroups: 1, enabled: false },
    ]);
  });

  it('gives whole lines of a cut text or none', () => {
    const text = recorded('cgroups.txt');
    for (const cut of everyCut(text)) {
      if (cut.endsWith('\n')) expect(parseCgroups(cut)).toHaveLength(cut.split('\n').length - 2);
      else expect(parseCgroups(cut)).toBeInstanceOf(Malformed);
    }
  });

  it.each(['', 'memory\t0\t1\t1\n', `${HEAD}memory 0 1 1\n`, `${HEAD}memory\t0\t1\n`, `${HEAD}memory\t0\t1\t2\n`])(
    'finds %j malformed',
    (text) => {
      expect(parseCgroups(text)).toBeInstanceOf(Malformed);
    },
  );
});
