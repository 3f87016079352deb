import { describe, expect, it } from 'vitest';
import { parseFdInfo } from '../../src/parse/fdinfo.ts';
import { isMalformed } from '../../src/parse/malformed.ts';

describe('parseFdInfo', () => {
  it('gives the inode number of a namespace that was opened by way of a bind mount', () => {
    expect(parseFdInfo('pos:\t0\nflags:\t0100000\nmnt_id:\t612\nino:\t4026532184\n')).toEqual({ ino: 4026532184 });
  });
  it('knows of no inode number before Linux 5.14', () => {
    expect(parseFdInfo('pos:\t0\nflags:\t02\nmnt_id:\t15\n')).toEqual({ ino: null });
  });
  it('is not misled by what the kind of file adds', () => {
    const inotify = 'pos:\t0\nflags:\t00\nmnt_id:\t16\nino:\t1059\ninotify wd:1 ino:1234 sdev:800001 mask:800\n';
    expect(parseFdInfo(inotify)).toEqual({ ino: 1059 });
  });
  it.each(['', 'flags:\t0\n', 'Pid:\t1\n', 'pos:\t0\nflags:\t00\nmnt_id:\t16\nino:\t10'])(
    'calls %j malformed',
    (text) => {
      expect(isMalformed(parseFdInfo(text))).toBe(true);
    },
  );
});
