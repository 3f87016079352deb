import { describe, expect, it } from 'vitest';

import { bytesOf, nameKey, nameOf, nameText, sameName } from '../../src/text/bytes.ts';

describe('nameOf', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['a\0b\x1b\x7f', 'a\0b\x1b\x7f'],
    ['caf\xc3\xa9', 'café'],
    ['\xe6\x97\xa5\xe6\x9c\xac', '日本'],
    ['\xf0\x9f\x90\xb3', '🐳'],
    // A replacement character that somebody wrote is as good as any other.
    ['\xef\xbf\xbd', '\ufffd'],
    // A byte order mark is part of the name.
    ['\xef\xbb\xbfa', '\ufeffa'],
    ['\xf4\x8f\xbf\xbf', '\u{10ffff}'],
  ])('reads valid UTF-8 as text: %j', (bytes, name) => {
    expect(nameOf(bytes)).toBe(name);
  });

  it.each([
    ['caf\xe9', 'caf\ufffd', 'Latin-1'],
    ['\xff\xfe', '\ufffd\ufffd', 'bytes that UTF-8 never has'],
    ['\xe6\x97', '\ufffd\ufffd', 'a cut sequence'],
    ['\xe6\x97a', '\ufffd\ufffda', 'a cut sequence before a letter'],
    ['\x80a', '\ufffda', 'a stray continuation'],
    ['\xc0\xaf', '\ufffd\ufffd', 'an overlong slash'],
    ['\xe0\x80\xaf', '\ufffd\ufffd\ufffd', 'a longer one'],
    ['\xed\xa0\x80', '\ufffd\ufffd\ufffd', 'an encoded surrogate'],
    ['\xf4\x90\x80\x80', '\ufffd\ufffd\ufffd\ufffd', 'above U+10FFFF'],
    ['\xf0\x9f\x90\xb3\xff\xc3\xa9', '🐳\ufffdé', 'valid text around it'],
  ])('keeps the bytes of anything else: %j (%s, %s)', (bytes, text) => {
    expect(nameOf(bytes)).toEqual({ text, base64: Buffer.from(bytes, 'latin1').toString('base64') });
  });

  it('is undone by bytesOf, whatever the bytes', () => {
    for (let lead = 0; lead < 256; lead++) {
      for (let next = 0; next < 256; next += 5) {
        const bytes = `a${String.fromCharCode(lead, next)}\xbf\xbfz`;
        expect(bytesOf(nameOf(bytes))).toBe(bytes);
      }
    }
  });
});

describe('names', () => {
  const one = nameOf('x\xfe');
  const other = nameOf('x\xff');

  it('that read the same are told apart', () => {
    expect(nameText(one)).toBe(nameText(other));
    expect(sameName(one, other)).toBe(false);
    expect(nameKey(one)).not.toBe(nameKey(other));
    expect(sameName(one, nameText(one))).toBe(false);
  });

  it('that are the same bytes are the same', () => {
    expect(sameName(one, nameOf('x\xfe'))).toBe(true);
    expect(sameName('é', nameOf('\xc3\xa9'))).toBe(true);
    expect(nameKey('é')).toBe('é');
  });
});
