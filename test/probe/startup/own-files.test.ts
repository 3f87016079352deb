import { describe, expect, it } from 'vitest';

import { parseMountinfo } from '../../../src/parse/mountinfo.ts';
import { ownDirectories } from '../../../src/probe/probes/startup/own-files.ts';
import type { MountFacts } from '../../../src/schema/mounts.ts';

const of = (...lines: string[]) => {
  const text = lines.map((line, at) => `${at + 30} 1 0:${at + 40} / ${line}\n`).join('');
  return ownDirectories(parseMountinfo(text) as MountFacts[]);
};

const MARK = 'nsinspect-probe-1-2-3-0123abcd-4';

describe('the directories of an instance', () => {
  it.each([
    ['upper and work directory', '/ rw - overlay none rw,lowerdir=/a:/b,upperdir=/u,workdir=/w', ['/u', '/w']],
    [
      'a lower one that was made for it',
      `/ rw - overlay none rw,lowerdir=/a:/run/${MARK}/lower,upperdir=/u=1,workdir=/w`,
      ['/u=1', '/w', `/run/${MARK}/lower`],
    ],
    ['nothing of an overlay that cannot be written to', '/ ro - overlay none ro,lowerdir=/a:/b', []],
    ['no answer where the root is no overlay', '/ rw - ext4 /dev/vda rw', null],
    ['no answer for names that lead nowhere from here', '/ rw - overlay none rw,lowerdir=a,upperdir=u,workdir=w', null],
    ['no answer for an overlay elsewhere', '/mnt rw - overlay none rw,lowerdir=/a,upperdir=/u,workdir=/w', null],
  ])('%s', (_, line, expected) => {
    expect(of(line)).toEqual(expected);
  });

  it('those of the mount that covers others', () => {
    const below = '/ rw - overlay none rw,lowerdir=/a,upperdir=/old,workdir=/w';
    expect(of(below, '/ rw - overlay none rw,lowerdir=/a,upperdir=/new,workdir=/w')).toEqual(['/new', '/w']);
  });
});
