import { describe, expect, it } from 'vitest';

import { parseNsLink, socketInode } from '../../src/parse/ns-link.ts';

describe('parseNsLink', () => {
  it.each([
    ['user:[4026531837]', { type: 'user', inum: 4026531837 }],
    ['mnt:[4026531832]', { type: 'mnt', inum: 4026531832 }],
    ['pid:[4026531836]', { type: 'pid', inum: 4026531836 }],
    ['net:[4026531840]', { type: 'net', inum: 4026531840 }],
    ['ipc:[4026531839]', { type: 'ipc', inum: 4026531839 }],
    ['uts:[4026531838]', { type: 'uts', inum: 4026531838 }],
    ['cgroup:[4026531835]', { type: 'cgroup', inum: 4026531835 }],
    ['time:[4026531834]', { type: 'time', inum: 4026531834 }],
    ['net:[4294967295]', { type: 'net', inum: 4294967295 }],
  ])('reads %s', (text, ref) => {
    expect(parseNsLink(text)).toEqual(ref);
  });

  it.each([
    ['', 'nothing'],
    ['/run/netns/blue', 'a namespace opened through a bind mount'],
    ['/', 'the same after the mount is gone'],
    ['/srv/net:[4026531840]', 'a file that calls itself a namespace'],
    ['(unreachable)/net:[4026531840]', 'the same outside the root'],
    ['net:[4026531840] (deleted)', 'text after it'],
    ['net:[]', 'no number'],
    ['net:[12', 'cut'],
    ['net:12]', 'no bracket'],
    ['net:', 'no number at all'],
    ['net', 'a type alone'],
    [':[12]', 'no type'],
    ['NET:[12]', 'another case'],
    ['constructor:[12]', 'a word of JavaScript'],
    ['net:[-1]', 'negative'],
    ['net:[1e3]', 'another notation'],
    ['net:[ 12]', 'a space'],
    ['net:[4294967296]', 'over 32 bits'],
    ['pid_for_children:[4026531836]', 'the name of a link, which no text has'],
    ['socket:[12345]', 'a socket'],
    ['pipe:[12345]', 'a pipe'],
    ['anon_inode:[eventfd]', 'an anonymous inode'],
  ])('takes %j for no namespace (%s)', (text) => {
    expect(parseNsLink(text)).toBeNull();
  });
});

describe('socketInode', () => {
  it.each([
    ['socket:[12345]', '12345'],
    ['socket:[18446744073709551615]', '18446744073709551615'],
    ['socket:[]', null],
    ['socket:[12', null],
    ['socket:[12] ', null],
    ['/tmp/socket:[12]', null],
    ['pipe:[12]', null],
    ['net:[12]', null],
    ['', null],
  ])('%j -> %j', (text, inode) => {
    expect(socketInode(text)).toBe(inode);
  });
});
