import { describe, expect, it } from 'vitest';

import { makeStyle } from '../../reports/style.ts';
import { mountsDocument } from '../../reports/mounts.ts';
import { mountsLines } from '../../reports/mounts-text.ts';
import { mountsSubjectOf, mountsViewOf } from '../../src/model/mounts.ts';
import type { MountsFacet } from '../../src/schema/mounts.ts';
import type { MountsDocument } from '../../src/schema/mounts-document.ts';
import { tableOf } from '../model/mounts/made-mounts.ts';
import { captureOfFacts, INITIAL, processOf, tasksOf } from '../support/facts.ts';
import { expectDocument } from '../support/schema.ts';

const facet: MountsFacet = {
  version: 1,
  tables: [
    tableOf(INITIAL.mnt, [
      '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
      '2 1 0:4 / /proc rw - proc proc rw',
      '3 1 0:50 / /merged rw - overlay o rw,lowerdir=/l1:/l2,upperdir=/u,workdir=/w',
    ]),
    tableOf(700, [
      '11 9 0:50 / / rw,relatime - overlay o rw,lowerdir=/l1:/l2,upperdir=/u,workdir=/w',
      '12 11 0:60 / /proc rw,nosuid,nodev,noexec - proc proc rw',
      '13 12 0:61 / /proc/acpi ro - tmpfs tmpfs ro',
      '14 11 8:1 /srv/volumes/data/_data /data rw,nosuid - ext4 /dev/sda1 rw',
      '15 11 8:1 /etc /host/\\033[31metc ro master:1 - ext4 /dev/sda1 rw',
      '16 11 0:4 / /host/proc rw - proc proc rw',
      '17 11 0:62 / /tmp rw - tmpfs under rw',
      '18 17 0:63 / /tmp rw - tmpfs over rw',
    ]),
  ],
  unread: [],
};
const tasks = tasksOf([processOf(1), processOf(50, { ns: { mnt: 700 } })]);

function documentOf(target: number): MountsDocument {
  const process = tasks.processes.find(({ pid }) => pid === target)!;
  const subject = mountsSubjectOf({ kind: 'process', process }, facet, tasks);
  return mountsDocument(captureOfFacts(tasks), subject, mountsViewOf(subject, facet, tasks), facet);
}

const lines = (all: boolean, columns: number | null): string[] =>
  mountsLines(documentOf(50), all, makeStyle({ color: false, unicode: true, columns }));

describe('mountsLines', () => {
  it('says of each mount what it is and where it comes from', () => {
    expect(lines(false, 160)).toEqual([
      'pid:50 (p50)  mnt:[700]',
      '',
      'MOUNT                 TYPE     OPTIONS    PROPAGATION  FROM',
      '/                     overlay  rw         private      2 lower layers',
      '├─ /data              ext4     rw,nosuid  private      volume data /srv/volumes/data/_data, writable',
      '├─ /host/\\x1b[31metc  ext4     ro         slave        bind of /etc',
      "├─ /host/proc         proc     rw         private      the host's /proc, writable",
      '└─ /tmp (covered)     tmpfs    rw         private      under',
      '   └─ /tmp            tmpfs    rw         private      over',
      '',
      "2 mounts of the kernel's own file systems not shown: --all",
    ]);
  });

  it('has all of them with --all', () => {
    expect(lines(true, null).filter((line) => /[├└]|^\//.test(line))).toHaveLength(8);
  });

  it('has letters for options where there is little room', () => {
    expect(lines(false, 80)[4]).toBe(
      '├─ /data              ext4     rw s     private  volume data /sr…umes/data/_data',
    );
    expect(lines(false, 80)).toContain('OPTIONS: s nosuid');
  });
});

describe('mountsDocument', () => {
  it('is as its schema says', () => {
    for (const pid of [1, 50]) expectDocument(documentOf(pid));
  });

  it('names what covers a mount and where else its superblock is', () => {
    const { mounts } = documentOf(50);
    expect(mounts.find(({ id }) => id === 17)).toMatchObject({ coveredBy: { id: 18, path: '/tmp' } });
    expect(mounts[0]?.elsewhere).toEqual({ count: 1, sample: [{ mntns: INITIAL.mnt, id: 3, path: '/merged' }] });
    expect(mounts[0]?.overlay).toMatchObject({ upper: '/u', lower: [{ path: '/l1' }, { path: '/l2' }] });
  });
});
