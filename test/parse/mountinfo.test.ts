import { describe, expect, it } from 'vitest';

import type { MountFacts } from '../../src/schema/mounts.ts';
import { nameText } from '../../src/text/bytes.ts';
import { Malformed } from '../../src/parse/malformed.ts';
import { parseMountinfo } from '../../src/parse/mountinfo.ts';
import { everyCut, recorded } from './recorded.ts';

const ODD = recorded('mountinfo-odd.txt');

/** The mount that the only line of `text` describes. */
function one(line: string): MountFacts {
  const parsed = parseMountinfo(`${line}\n`);
  if (parsed instanceof Malformed) throw new Error(parsed.what);
  const [mount] = parsed;
  if (parsed.length !== 1 || mount === undefined) throw new Error('not one mount');
  return mount;
}

const RW = ['rw', 'relatime'];

describe('parseMountinfo', () => {
  it('reads mounts with odd names, sources, roots and propagation', () => {
    const mount = { parent: 63, root: '/', options: RW, propagation: [], fsType: 'tmpfs', superOptions: ['rw'] };
    expect(parseMountinfo(ODD)).toEqual([
      { ...mount, id: 63, parent: 43, dev: '0:39', path: '/', source: 'root' },
      { ...mount, id: 64, dev: '0:40', path: '/a b', source: 'src with space#' },
      // Bind mount of a directory that was removed since.
      { ...mount, id: 65, dev: '0:40', root: '/sub dir//deleted', path: '/t3', source: 'src with space#' },
      { ...mount, id: 66, dev: '0:41', path: '/t2', source: '', propagation: ['unbindable'] },
      { ...mount, id: 67, parent: 66, dev: '0:41', path: '/t2/nl\nx - y', source: '' },
      { ...mount, id: 68, dev: '0:42', path: '/tab\tx', source: { text: 'caf\ufffd', base64: 'Y2Fm6Q==' } },
      {
        ...mount,
        id: 69,
        dev: '0:43',
        path: { text: '/by\ufffd\ufffdte', base64: 'L2J5//50ZQ==' },
        fsType: 'ramfs',
        source: 'none',
      },
      { ...mount, id: 70, dev: '0:44', path: '/umläut', fsType: 'ramfs', source: 'none' },
      {
        ...mount,
        id: 75,
        dev: '0:45',
        path: '/mnt',
        fsType: 'overlay',
        source: 'overlay',
        // Mounted with -o 'lowerdir=l\,1:l\:2:l=3\\x,…': the layers are `l,1`, `l:2` and `l=3\x`.
        superOptions: ['rw', 'lowerdir=l\\,1:l\\:2:l=3\\\\x', 'upperdir=t2/upper', 'workdir=t2/work', 'uuid=on'],
      },
      {
        ...mount,
        id: 76,
        dev: '0:4',
        root: 'net:[4026531833]',
        path: '/nsf',
        options: ['rw'],
        fsType: 'nsfs',
        source: 'nsfs',
      },
      { ...mount, id: 77, dev: '0:48', path: '/proc', fsType: 'proc', source: 'proc' },
      { ...mount, id: 78, dev: '0:38', path: '/cg', fsType: 'cgroup2', source: 'cgroup2' },
      { ...mount, id: 79, dev: '0:49', path: '/pa', source: 'peers', propagation: ['shared:1'] },
      { ...mount, id: 82, dev: '0:49', path: '/pc', source: 'peers', propagation: ['master:2', 'propagate_from:1'] },
    ]);
  });

  it('splits options before it decodes them, in order and with repeats', () => {
    const line =
      '9 1 0:9 / /m rw - overlay overlay rw,lowerdir+=/a\\054b,lowerdir+=/c,lowerdir+=/c,datadir+=/d\\134054';
    expect(one(line).superOptions).toEqual([
      'rw',
      'lowerdir+=/a,b',
      'lowerdir+=/c',
      'lowerdir+=/c',
      // Decoded once: what came out is not looked at again.
      'datadir+=/d\\054',
    ]);
  });

  it.each([
    // Containers of podman and docker on hosts with SELinux: the two categories are in quotes, their comma is bare.
    ['rw,context="system_u:object_r:container_file_t:s0:c127,c456",lowerdir=l', 3],
    ['rw,context="s0:c1,c2,c3",fscontext="s0:c4,c5"', 3],
    ['rw,context="s0:c1,c2"', 2],
    ['rw,context=system_u:object_r:removable_t:s0,relatime', 3],
    ['rw,rootcontext="",relatime', 3],
    // Not a context: a quote there is part of the name.
    ['rw,upperdir="a,workdir=b', 3],
  ])('splits %s into %i options', (text, count) => {
    const { superOptions } = one(`9 1 0:9 / /m rw - overlay overlay ${text}`);
    expect(superOptions).toHaveLength(count);
    expect(superOptions.map(nameText).join()).toBe(text);
  });

  it('leaves a backslash that begins no escape', () => {
    expect(one('9 1 0:9 / /m rw - cifs //srv/share rw,x=a\\b\\9\\400').superOptions).toEqual(['rw', 'x=a\\b\\9\\400']);
  });

  it('knows spaces that a file system did not escape as part of its options', () => {
    expect(one('9 1 0:9 / /m rw shared:3 master:4 - fuse.x y rw,name=a b - c').superOptions).toEqual([
      'rw',
      'name=a b - c',
    ]);
  });

  it('keeps the root of a cgroup mount outside the cgroup namespace', () => {
    const line = '9 1 0:26 /../../.. /sys/fs/cgroup/systemd ro,nosuid master:9 - cgroup cgroup rw,xattr,name=systemd';
    expect(one(line)).toMatchObject({ root: '/../../..', superOptions: ['rw', 'xattr', 'name=systemd'] });
  });

  it('reads an overlay of 200 layers', () => {
    const layers = Array.from({ length: 200 }, (_, n) => `/var/lib/docker/overlay2/l/${String(n).padStart(26, 'A')}`);
    const line = `512 29 0:51 / /merged rw,relatime - overlay overlay rw,lowerdir=${layers.join(':')},upperdir=/u,workdir=/w`;
    expect(one(line).superOptions[1]).toBe(`lowerdir=${layers.join(':')}`);
  });

  it('reads no mount from an empty table', () => {
    expect(parseMountinfo('')).toEqual([]);
  });

  it('gives whole lines of a cut text or none', () => {
    const whole = parseMountinfo(ODD) as readonly MountFacts[];
    for (const cut of everyCut(ODD)) {
      const parsed = parseMountinfo(cut);
      if (cut === '' || cut.endsWith('\n')) expect(parsed).toEqual(whole.slice(0, cut.split('\n').length - 1));
      else expect(parsed).toBeInstanceOf(Malformed);
    }
  });

  it.each([
    '\n',
    '9 1 0:9 / /m rw - tmpfs tmpfs\n',
    '9 1 0:9 / /m rw tmpfs tmpfs rw\n',
    '9 1 0:9 / /m - tmpfs tmpfs rw\n',
    'x 1 0:9 / /m rw - tmpfs tmpfs rw\n',
    '9 1 0-9 / /m rw - tmpfs tmpfs rw\n',
    '9  1 0:9 / /m rw - tmpfs tmpfs rw\n',
    'tmpfs /m tmpfs rw 0 0\n',
  ])('finds %j malformed', (text) => {
    expect(parseMountinfo(text)).toBeInstanceOf(Malformed);
  });

  it('finds a line in linear time that only looks like one', () => {
    const line = `9 1 0:9 / /m rw${' shared:1'.repeat(20_000)} tmpfs\n`;
    const before = performance.now();
    expect(parseMountinfo(line)).toBeInstanceOf(Malformed);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
