import { describe, expect, it } from 'vitest';

import { Malformed } from '../../src/parse/malformed.ts';
import { parseTaskStatus } from '../../src/parse/task-status.ts';
import { everyCut, recorded } from './recorded.ts';

// The task named itself `a`, newline, `Uid:`, tab, `0\`.
const SANDBOXED = recorded('status-sandboxed.txt');

function without(...keys: string[]): string {
  return SANDBOXED.replaceAll(new RegExp(`^(?:${keys.join('|')}):.*\n`, 'gm'), '');
}

describe('parseTaskStatus', () => {
  it('reads identities, levels of pid namespaces, capabilities and seccomp', () => {
    expect(parseTaskStatus(SANDBOXED)).toEqual({
      nspid: [2769, 2, 1],
      uids: [1000, 1000, 1000, 1000],
      gids: [1001, 1001, 1001, 1001],
      groups: [4, 24, 4294967294],
      capInh: '0000000000000000',
      capPrm: '0000000000000000',
      capEff: '0000000000000000',
      capBnd: '000001fffed7ffff',
      capAmb: '0000000000000000',
      noNewPrivs: true,
      seccomp: 2,
      seccompFilters: 2,
    });
  });

  it('reads a thread of the kernel', () => {
    expect(parseTaskStatus(recorded('status-kthread.txt'))).toMatchObject({
      nspid: [2],
      uids: [0, 0, 0, 0],
      groups: [],
      capEff: '000001ffffffffff',
      noNewPrivs: false,
      seccomp: 0,
      seccompFilters: 0,
    });
  });

  it('keeps the four identities apart', () => {
    const text = SANDBOXED.replace(/^Uid:.*$/m, 'Uid:\t1\t2\t3\t4294967295');
    expect(parseTaskStatus(text)).toMatchObject({ uids: [1, 2, 3, 4294967295] });
  });

  it('says what an older kernel does not say', () => {
    const text = without('NSpid', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Seccomp_filters');
    expect(parseTaskStatus(text)).toMatchObject({
      nspid: [],
      capAmb: '0000000000000000',
      noNewPrivs: null,
      seccomp: null,
      seccompFilters: null,
    });
  });

  it('finds a text malformed that ends within a line, and never throws', () => {
    for (const cut of everyCut(SANDBOXED)) {
      const parsed = parseTaskStatus(cut);
      if (!cut.endsWith('\n')) expect(parsed instanceof Malformed || cut === '').toBe(true);
    }
  });

  it.each(['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd'])('misses %s', (key) => {
    expect(parseTaskStatus(without(key))).toEqual(new Malformed(`/proc/PID/status: ${key}`, ''));
  });

  it.each([
    ['NSpid', '1 x'],
    ['Uid', '0\t0\t0'],
    ['Uid', '0\t0\t0\t0\t0'],
    ['Gid', '0 0 0 -1'],
    ['Groups', '1,2'],
    ['CapEff', '1ff'],
    ['CapBnd', '000001FFFFFFFFFF'],
    ['NoNewPrivs', '2'],
    ['Seccomp', 'filter'],
    ['Seccomp_filters', '-1'],
  ])('finds %s: %j malformed', (key, value) => {
    const text = SANDBOXED.replace(new RegExp(`^${key}:.*$`, 'm'), `${key}:\t${value}`);
    expect(parseTaskStatus(text)).toEqual(new Malformed(`/proc/PID/status: ${key}`, value));
  });
});
