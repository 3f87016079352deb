import { describe, expect, it } from 'vitest';

import { canonicalJson, toJson } from '../../src/text/json.ts';

describe('toJson', () => {
  it('writes bigint as a decimal string, at any depth', () => {
    expect(toJson({ a: 2n ** 64n - 1n, b: [0n, { c: -1n }] })).toBe(
      '{"a":"18446744073709551615","b":["0",{"c":"-1"}]}',
    );
  });

  it('indents when asked', () => {
    expect(toJson({ a: [1] }, { indent: 2 })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  it('leaves out what is undefined and keeps null', () => {
    expect(toJson({ a: undefined, b: null })).toBe('{"b":null}');
  });

  it('may be printed on a terminal and still says the same', () => {
    const hostile = {
      '\u202ekey': ['\x1b[2J', '\x7f', '\u009b31m', '\u2028', '\u200b', '\u{e0001}', '\ud83d', '日本 é 🐳'],
    };
    const json = toJson(hostile);
    expect(json).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
    expect(json).toContain('"日本 é 🐳"');
    expect(json).toContain(String.raw`"\u009b31m"`);
    expect(json).toContain(String.raw`"\udb40\udc01"`);
    expect(JSON.parse(json)).toEqual(hostile);
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order of members', () => {
    const a = { b: 1, a: { z: [1, 2], '10': 1, '9': 2 }, é: 1n };
    const b = { é: 1n, a: { '9': 2, '10': 1, z: [1, 2] }, b: 1 };
    expect(canonicalJson(a)).toBe('{"a":{"10":1,"9":2,"z":[1,2]},"b":1,"é":"1"}');
    expect(canonicalJson(b)).toBe(canonicalJson(a));
  });

  it('depends on the order of lists', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });

  it.each([null, true, 1.5, 'a"\n', [], {}, [undefined, null], { a: undefined, b: [{}] }, '\u202e'])(
    'says the same as JSON: %j',
    (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    },
  );
});
