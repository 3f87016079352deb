import { describe, expect, it } from 'vitest';

import { Crc64 } from '../../src/engines/crc64.ts';
import { headerAtEnd, parseTarSplitLine } from '../../src/engines/tar-split.ts';

describe('parseTarSplitLine', () => {
  it.each([
    ['{"type":2,"payload":"AAEC","position":0}', { kind: 'segment', position: 0, bytes: Buffer.from([0, 1, 2]) }],
    [
      '{"type":1,"name":"./bin/sh","size":5,"payload":"AAAAAAAAAAE=","position":1}',
      { kind: 'file', position: 1, name: './bin/sh', size: 5, crc64: '0000000000000001' },
    ],
    // Written with omitempty: a directory has no size, and its payload is null.
    [
      '{"type":1,"name":"etc/","payload":null,"position":7}',
      { kind: 'file', position: 7, name: 'etc/', size: 0, crc64: null },
    ],
    [
      '{"type":1,"name":"\u00c3\u00bc","position":2}',
      { kind: 'file', position: 2, name: '\u00c3\u00bc', size: 0, crc64: null },
    ],
    ['{"type":1,"name_raw":"/2E=","position":2}', { kind: 'file', position: 2, name: '\u00ffa', size: 0, crc64: null }],
  ])('%s', (line, entry) => {
    expect(parseTarSplitLine(line)).toEqual(entry);
  });

  it.each([
    '',
    '[]',
    '{"type":2,"payload":"AAEC"',
    '{"type":3,"payload":"AAEC","position":0}',
    '{"type":2,"position":0}',
    '{"type":2,"payload":"A!EC","position":0}',
    '{"type":2,"payload":"AAEC","position":-1}',
    '{"type":2,"payload":"AAEC"}',
    '{"type":1,"size":5,"position":1}',
    '{"type":1,"name":"a","size":-5,"position":1}',
    '{"type":1,"name":"a","size":1e300,"position":1}',
    '{"type":1,"name":"a","size":5,"payload":"AAE=","position":1}',
    '{"type":1,"name":["a"],"size":5,"position":1}',
  ])('malformed: %s', (line) => {
    expect(parseTarSplitLine(line)).toBeNull();
  });
});

describe('headerAtEnd', () => {
  const block = (typeflag: string, mode: string, linkname = ''): Buffer => {
    const header = Buffer.alloc(512);
    header.write(mode, 100);
    header.write(typeflag, 156);
    header.write(linkname, 157);
    header.write('0000001\0', 329);
    header.write('0000003\0', 337);
    return header;
  };

  it('is the last block, after what fills up the file before it', () => {
    expect(headerAtEnd(Buffer.concat([Buffer.alloc(100), block('2', '0000777\0', 'target')]), 100)).toEqual({
      typeflag: '2',
      mode: 0o777,
      linkname: 'target',
      rdev: '1:3',
    });
  });

  it('knows no target where an extended header may have another', () => {
    expect(
      headerAtEnd(Buffer.concat([block('x', '0'), Buffer.alloc(512), block('2', '0000777\0', 'cut')]), 0)?.linkname,
    ).toBeNull();
    expect(headerAtEnd(block('2', '0000777\0', 'x'.repeat(100)), 0)?.linkname).toBeNull();
  });

  it.each([
    ['too short', Buffer.alloc(511), 0],
    ['no whole block', Buffer.alloc(600), 0],
    ['no header', Buffer.alloc(512), 0],
  ])('%s', (_, segment, padding) => {
    expect(headerAtEnd(segment, padding)).toBeNull();
  });
});

// hash/crc64, crc64_test.go, golden: the ISO table.
describe('Crc64', () => {
  it.each([
    ['', '0000000000000000'],
    ['a', '3420000000000000'],
    ['ab', '36c4200000000000'],
    ['abc', '3776c42000000000'],
    ['abcd', '336776c420000000'],
  ])('%j', (text, sum) => {
    const bytes = Buffer.from(text);
    const crc = new Crc64().update(bytes.subarray(0, 2)).update(bytes.subarray(2));
    expect(crc.digest()).toBe(sum);
  });
});
