import { describe, expect, it } from 'vitest';

import { parseCgroup } from '../../src/parse/cgroup.ts';
import { Malformed } from '../../src/parse/malformed.ts';
import { everyCut, recorded } from './recorded.ts';

const ODD = recorded('cgroup-odd.txt');

describe('parseCgroup', () => {
  it('splits at the first two colons only and keeps the rest as the path', () => {
    expect(parseCgroup(ODD)).toEqual([
      // A live cgroup of that very name.
      { hierarchy: 9, controllers: ['name=systemd'], path: '/f:x (deleted)' },
      { hierarchy: 8, controllers: ['pids'], path: '/' },
      { hierarchy: 7, controllers: ['blkio'], path: '/' },
      { hierarchy: 6, controllers: ['freezer'], path: '/' },
      { hierarchy: 5, controllers: ['devices'], path: '/' },
      { hierarchy: 4, controllers: ['memory'], path: { text: '/docker/caf\ufffd', base64: 'L2RvY2tlci9jYWbp' } },
      { hierarchy: 3, controllers: ['cpuset'], path: '/' },
      { hierarchy: 2, controllers: ['cpuacct'], path: '/' },
      { hierarchy: 1, controllers: ['cpu'], path: '/' },
      { hierarchy: 0, controllers: [], path: '/a b/c:d\\e' },
    ]);
  });

  it.each([
    ['0::/init.scope\n', [{ hierarchy: 0, controllers: [], path: '/init.scope' }]],
    ['4:cpu,cpuacct:/kubepods\n', [{ hierarchy: 4, controllers: ['cpu', 'cpuacct'], path: '/kubepods' }]],
    [
      '12:perf_event,name=my.own-1_x:/\n',
      [{ hierarchy: 12, controllers: ['perf_event', 'name=my.own-1_x'], path: '/' }],
    ],
    // The cgroup of a zombie, removed since.
    ['0::/a b/c:d\\e (deleted)\n', [{ hierarchy: 0, controllers: [], path: '/a b/c:d\\e (deleted)' }]],
    // Seen from a cgroup namespace further down.
    ['0::/../..\n', [{ hierarchy: 0, controllers: [], path: '/../..' }]],
    ['0::/cri-containerd:abc:def\n', [{ hierarchy: 0, controllers: [], path: '/cri-containerd:abc:def' }]],
    ['', []],
  ])('reads %j', (text, lines) => {
    expect(parseCgroup(text)).toEqual(lines);
  });

  it('gives whole lines of a cut text or none', () => {
    const whole = parseCgroup(ODD) as unknown[];
    for (const cut of everyCut(ODD)) {
      const parsed = parseCgroup(cut);
      if (cut === '' || cut.endsWith('\n')) expect(parsed).toEqual(whole.slice(0, cut.split('\n').length - 1));
      else expect(parsed).toBeInstanceOf(Malformed);
    }
  });

  it.each(['0:/\n', '0::\n', '0::relative\n', '::/\n', 'x::/\n', '-1::/\n', '\n', '0::/\n\n', '0::/a'])(
    'finds %j malformed',
    (text) => {
      expect(parseCgroup(text)).toBeInstanceOf(Malformed);
    },
  );
});
