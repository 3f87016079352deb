import { describe, expect, it } from 'vitest';

import { parseCpusAllowed } from '../../src/parse/cpus-allowed.ts';
import { parseLimits } from '../../src/parse/limits.ts';
import { Malformed } from '../../src/parse/malformed.ts';
import { parseMemInfo } from '../../src/parse/meminfo.ts';
import { everyCut, recorded } from './recorded.ts';

const LIMITS = recorded('limits.txt');

describe('parseLimits', () => {
  it('reads what this kernel wrote', () => {
    const limits = parseLimits(LIMITS) as Record<string, unknown>;
    expect(Object.keys(limits)).toHaveLength(16);
    expect(limits).toMatchObject({
      'Max cpu time': { soft: 'unlimited', hard: 'unlimited', unit: 'seconds' },
      'Max core file size': { soft: '0', hard: 'unlimited', unit: 'bytes' },
      'Max nice priority': { soft: '0', hard: '0', unit: '' },
      'Max realtime timeout': { soft: 'unlimited', hard: 'unlimited', unit: 'us' },
    });
  });

  it('gives whole lines of a cut text or none', () => {
    for (const cut of everyCut(LIMITS)) {
      const limits = parseLimits(cut);
      if (cut.endsWith('\n')) expect(Object.keys(limits)).toHaveLength(cut.split('\n').length - 2);
      else expect(limits).toBeInstanceOf(Malformed);
    }
  });

  it.each(['', 'Max open files 1 2 files\n', 'Limit \nMax open files 1024\n', 'Limit \nMax open files -1 2 files\n'])(
    'finds %j malformed',
    (text) => {
      expect(parseLimits(text)).toBeInstanceOf(Malformed);
    },
  );
});

describe('parseMemInfo', () => {
  it('reads what this kernel wrote, in bytes', () => {
    const [, kilobytes] = /MemTotal: +(\d+)/.exec(recorded('meminfo.txt'))!;
    expect(parseMemInfo(recorded('meminfo.txt'))).toEqual({ memory: String(Number(kilobytes) * 1024), swap: '0' });
  });

  it('knows a kernel without swap from one that has none', () => {
    expect(parseMemInfo('MemTotal:  2 kB\n')).toEqual({ memory: '2048', swap: null });
  });

  it.each(['', 'MemTotal: 2 MB\n', 'MemTotal: 2 kB', 'SwapTotal: 2 kB\n'])('finds %j malformed', (text) => {
    expect(parseMemInfo(text)).toBeInstanceOf(Malformed);
  });
});

describe('parseCpusAllowed', () => {
  it('reads what this kernel wrote', () => {
    expect(parseCpusAllowed(recorded('status-kthread.txt'))).toMatch(/^[0-9,-]+$/);
  });

  it('is null where there is no such line', () => {
    expect(parseCpusAllowed('Name:\tx\n')).toBeNull();
  });
});
