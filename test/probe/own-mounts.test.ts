import { describe, expect, it } from 'vitest';

import { parseMountinfo } from '../../src/parse/mountinfo.ts';
import { isMalformed } from '../../src/parse/malformed.ts';
import { isInitialRoot, ownMounts } from '../../src/probe/own-mounts.ts';

const PROC = '22 1 0:20 / /proc rw,nosuid - proc proc rw\n';

const isInitial = (text: string) => {
  const mounts = parseMountinfo(text);
  if (isMalformed(mounts)) throw new Error(text);
  return isInitialRoot(mounts);
};

describe('isInitialRoot', () => {
  it.each([
    ['an initramfs', `1 1 0:2 / / rw - rootfs rootfs rw\n${PROC}`, true],
    ['a disk, mounted over the first root', `27 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n${PROC}`, false],
    [
      'a root that is mounted over that of an initramfs',
      `1 1 0:2 / / rw - rootfs rootfs rw\n30 1 0:30 / / rw - tmpfs none rw\n`,
      false,
    ],
    ['a mount table without any root', PROC, false],
  ])('%s', (_, text, expected) => {
    expect(isInitial(text)).toBe(expected);
  });
});

describe('ownMounts', () => {
  it('has the root of this process', () => {
    expect(ownMounts().some(({ path }) => path === '/')).toBe(true);
  });
});
