import { describe, expect, it } from 'vitest';

import { lineSafe, terminalSafe } from '../../src/text/safe.ts';

describe('terminalSafe', () => {
  it.each([
    '',
    'nginx: worker process',
    '/var/lib/docker/overlay2',
    'café 日本語 Ελληνικά עברית العربية',
    '🐳',
    'e\u0301',
    '\ufffd',
    // Backslashes that begin no escape of ours: names of systemd's units.
    'dev-disk-by\\x2duuid-a\\x5cb.swap',
    'C:\\Windows',
    'a\\',
    'a\\xzz',
    'a\\x1',
    'a\\x20',
  ])('leaves %j as it is', (text) => {
    expect(terminalSafe(text)).toBe(text);
  });

  it.each([
    ['\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
    ['a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['\0\x08\x0b\x7f', '\\x00\\x08\\x0b\\x7f'],
    // CSI and NEL as one C1 character.
    ['\u009b31m\u0085', '\\x9b31m\\x85'],
    ['abc\u202egpj.exe', 'abc\\u202egpj.exe'],
    ['\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069', '\\u202a\\u202b\\u202c\\u202d\\u2066\\u2067\\u2068\\u2069'],
    ['\u200e\u200f\u061c', '\\u200e\\u200f\\u061c'],
    ['we\u200bb\u200c\u200d\u2060\ufeff', 'we\\u200bb\\u200c\\u200d\\u2060\\ufeff'],
    ['\u00ad\u034f\u115f\u3164\uffa0', '\\xad\\u034f\\u115f\\u3164\\uffa0'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['a\ufe0f', 'a\\ufe0f'],
    ['\u{e0001}\u{e0061}\u{e0100}', '\\u{e0001}\\u{e0061}\\u{e0100}'],
    ['\ud83da\udc33', '\\ud83da\\udc33'],
  ])('writes %j as %s', (text, safe) => {
    expect(terminalSafe(text)).toBe(safe);
  });

  it.each([
    ['\\n', '\\\\n'],
    ['\\x1b', '\\\\x1b'],
    ['\\x9b', '\\\\x9b'],
    ['\\u202e', '\\\\u202e'],
    ['\\\\', '\\\\\\'],
    ['\\\n', '\\\\\\n'],
  ])('doubles a backslash that would read as an escape: %j', (text, safe) => {
    expect(terminalSafe(text)).toBe(safe);
  });

  it('makes no two texts the same', () => {
    const pieces = ['\\', 'n', '\n', 'x', '1', 'b', '\x1b', '2', 'd', 'u', '{', '\u202e', '\xad'];
    let texts = [''];
    const seen = new Map<string, string>();
    for (let length = 0; length < 4; length++) {
      texts = texts.flatMap((text) => pieces.map((piece) => text + piece));
      for (const text of texts) {
        const safe = terminalSafe(text);
        expect(seen.get(safe) ?? text).toBe(text);
        seen.set(safe, text);
      }
    }
  });

  it('lets no control or format character through', () => {
    for (let code = 0; code <= 0x10_ffff; code += code < 0x3100 ? 1 : 17) {
      const safe = terminalSafe(String.fromCodePoint(code));
      expect(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(safe), `U+${code.toString(16)}`).toBe(false);
    }
  });
});

describe('lineSafe', () => {
  it('leaves a line and its colours alone', () => {
    const line = '\x1b[1m├─ web\x1b[22m  \x1b[38;5;3m日本 é\x1b[0m a\\x2db';
    expect(lineSafe(line)).toBe(line);
  });

  it('shows every other escape sequence, control and invisible character', () => {
    expect(lineSafe('\x1b[2J\x1b]0;x\x07\x9b2J a\nb\u202e\x1b[1;\x1b[31m')).toBe(
      String.raw`\x1b[2J\x1b]0;x\x07\x9b2J a\nb\u202e\x1b[1;` + '\x1b[31m',
    );
  });
});
