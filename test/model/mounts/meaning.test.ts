/** Peer groups, overlays with relative layers, and where mounts come from. */
import { describe, expect, it } from 'vitest';

import { originsOf } from '../../../src/model/mounts/origin.ts';
import { overlayOf } from '../../../src/model/mounts/overlay.ts';
import { peerGroupsOf, propagationOf, propagationText, spreadOf } from '../../../src/model/mounts/propagation.ts';
import { mountTree } from '../../../src/model/mounts/tree.ts';
import type { MountTable } from '../../../src/schema/mounts.ts';
import { tableOf } from './made-mounts.ts';

const mountOf = (table: MountTable, id: number) => table.mounts.find((one) => one.id === id)!;

describe('propagation', () => {
  it.each([
    ['', 'private'],
    ['shared:1 ', 'shared'],
    ['master:1 ', 'slave'],
    ['shared:2 master:1 ', 'shared,slave'],
    ['master:2 propagate_from:1 ', 'slave'],
    ['unbindable ', 'unbindable'],
  ])('of %j is %s', (fields, text) => {
    const [mount] = tableOf(7, [`1 0 8:1 / / rw ${fields}- ext4 d rw`]).mounts;
    expect(propagationText(propagationOf(mount!))).toBe(text);
  });

  const host = tableOf(7, [
    '1 0 8:1 / / rw shared:1 - ext4 d rw',
    '2 1 0:5 / /a rw shared:2 - tmpfs t rw',
    '3 1 0:5 / /b rw shared:2 - tmpfs t rw',
  ]);
  const other = tableOf(8, [
    '11 0 8:1 / / rw master:1 - ext4 d rw',
    '12 11 0:5 / /a rw shared:3 master:2 - tmpfs t rw',
    '13 11 0:6 / /c rw master:9 propagate_from:1 - tmpfs u rw',
  ]);
  const groups = peerGroupsOf({ tables: [host, other] });
  it.each<[table: MountTable, id: number, peers: string[], from: string[], to: string[]]>([
    [host, 1, [], [], ['8/11']],
    [host, 2, ['7/3'], [], ['8/12']],
    [other, 11, [], ['7/1'], []],
    [other, 12, [], ['7/2', '7/3'], []],
    // Its master is out of sight; the nearest group above is not.
    [other, 13, [], ['7/1'], []],
  ])('spreads across namespaces (%#)', (table, id, peers, from, to) => {
    const spread = spreadOf(table.mntns, mountOf(table, id), groups);
    const names = (list: typeof spread.peers) => list.map(({ mntns, facts }) => `${String(mntns)}/${String(facts.id)}`);
    expect([names(spread.peers), names(spread.receivesFrom), names(spread.sendsTo)]).toEqual([peers, from, to]);
  });
});

const L = 'l/ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DOCKER = `lowerdir=${L}:l/2BCDEFGHIJKLMNOPQRSTUVWXYZ,upperdir=id1/diff,workdir=id1/work`;

describe('overlayOf', () => {
  const container = tableOf(8, [`11 0 0:50 / / rw - overlay overlay rw,${DOCKER}`]);
  const daemon = tableOf(7, [
    '1 0 8:1 / / rw - ext4 d rw',
    `2 1 0:50 / /var/lib/docker/overlay2/id1/merged rw - overlay overlay rw,${DOCKER}`,
  ]);
  it('finds the directory of relative layers by another mount of the superblock', () => {
    expect(overlayOf(container.mounts[0]!, { tables: [container, daemon] })).toMatchObject({
      lower: [
        { path: `/var/lib/docker/overlay2/${L}`, dataOnly: false },
        { path: '/var/lib/docker/overlay2/l/2BCDEFGHIJKLMNOPQRSTUVWXYZ', dataOnly: false },
      ],
      upper: '/var/lib/docker/overlay2/id1/diff',
      work: '/var/lib/docker/overlay2/id1/work',
      base: '/var/lib/docker/overlay2',
      unresolved: false,
    });
  });

  it('leaves them relative where nothing tells, and does not believe the container', () => {
    const bound = tableOf(8, [
      `11 0 0:50 / / rw - overlay overlay rw,${DOCKER}`,
      `12 11 0:50 / /evil/id1/merged rw - overlay overlay rw,${DOCKER}`,
    ]);
    expect(overlayOf(bound.mounts[0]!, { tables: [bound] })).toMatchObject({
      upper: 'id1/diff',
      base: null,
      unresolved: true,
    });
    const elsewhere = tableOf(7, [`2 1 0:50 / /x/id2/merged rw - overlay overlay rw,${DOCKER}`]);
    expect(overlayOf(container.mounts[0]!, { tables: [container, elsewhere] })).toMatchObject({ unresolved: true });
  });

  it("takes containerd's absolute upper directory for it", () => {
    const table = tableOf(8, [
      '11 0 0:50 / / rw - overlay overlay rw,lowerdir=12/fs:3/fs,upperdir=/var/snap/13/fs,workdir=/var/snap/13/work',
    ]);
    expect(overlayOf(table.mounts[0]!, { tables: [table] })).toMatchObject({
      lower: [{ path: '/var/snap/12/fs' }, { path: '/var/snap/3/fs' }],
      base: '/var/snap',
    });
  });

  it('is none of another file system', () => {
    expect(overlayOf(daemon.mounts[0]!, { tables: [daemon] })).toBeNull();
  });
});

describe('originsOf', () => {
  const ID = '0123456789abcdef'.repeat(4);
  const host = tableOf(7, [
    '1 0 8:1 / / rw - ext4 d rw',
    '2 1 8:2 / /srv rw - ext4 e rw',
    '3 1 8:3 / /gone rw - ext4 f rw',
    '4 1 0:9 / /gone rw - tmpfs t rw',
    '5 1 0:4 / /proc rw - proc proc rw',
    '6 1 8:1 /etc /b rw - ext4 d rw',
  ]);
  const lines: [line: string, kind: string, path: string | null, writable?: boolean][] = [
    ['11 0 0:50 / / rw - overlay overlay rw,lowerdir=/a', 'root', null],
    [
      '12 11 8:1 /var/lib/docker/volumes/data/_data /data rw - ext4 d rw',
      'volume',
      '/var/lib/docker/volumes/data/_data',
      true,
    ],
    ['13 11 8:2 /x /x ro - ext4 e rw', 'bind', '/srv/x', false],
    ['14 11 8:2 / /all rw - ext4 e ro', 'bind', '/srv', false],
    ['15 11 8:3 /x /y rw - ext4 f rw', 'bind', null],
    [
      `16 11 8:1 /var/lib/docker/containers/${ID}/hosts /etc/hosts rw - ext4 d rw`,
      'engine',
      `/var/lib/docker/containers/${ID}/hosts`,
      true,
    ],
    ['17 11 0:77 / /tmp rw - tmpfs tmpfs rw', 'filesystem', null],
    ['18 11 0:4 / /host/proc rw - proc proc rw', 'pseudo', '/proc', true],
    ['19 11 0:88 / /proc rw - proc proc rw', 'pseudo', null],
    ['20 11 0:3 net:[4026531840] /ns rw - nsfs nsfs rw', 'namespace', null],
    ['21 11 8:2 /../up /up rw - ext4 e rw', 'bind', null],
  ];
  const tree = mountTree(
    tableOf(
      8,
      lines.map(([line]) => line),
    ),
  );
  const origins = originsOf(tree, mountTree(host));
  it.each(lines)('of %s is %s', (line, kind, path, writable) => {
    const origin = origins.get(tree.byId.get(Number.parseInt(line, 10))!)!;
    expect(origin.kind).toBe(kind);
    expect(origin.host?.path ?? null).toBe(path);
    expect(origin.host?.writable).toBe(writable);
  });

  it('names the volume', () => {
    expect(origins.get(tree.byId.get(12)!)?.host?.volume).toBe('data');
  });

  it('says of the host itself only where bind mounts come from', () => {
    const own = mountTree(host);
    const of = originsOf(own, own);
    expect(of.get(own.byId.get(2)!)).toEqual({ kind: 'filesystem', host: null, here: null });
    expect(of.get(own.byId.get(6)!)).toMatchObject({ kind: 'bind', host: { path: '/etc' }, here: '/etc' });
  });

  it('does not know where the mounts of the host are not known', () => {
    expect(originsOf(tree, null).get(tree.byId.get(13)!)).toEqual({ kind: 'bind', host: undefined, here: null });
  });
});
