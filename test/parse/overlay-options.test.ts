import { describe, expect, it } from 'vitest';

import { Malformed } from '../../src/parse/malformed.ts';
import { parseMountinfo } from '../../src/parse/mountinfo.ts';
import { parseOverlayOptions, type OverlayOptions } from '../../src/parse/overlay-options.ts';
import type { MountFacts } from '../../src/schema/mounts.ts';
import { nameText } from '../../src/text/bytes.ts';
import { recorded } from './recorded.ts';

/** Overlays that were mounted for the purpose, in this order, on Linux 6.18. */
const [ADDED, RELATIVE, ESCAPED, DATA] = parseMountinfo(recorded('mountinfo-overlay.txt')) as readonly MountFacts[];

const parsed = (mount: MountFacts | undefined): OverlayOptions => {
  const options = parseOverlayOptions(mount!.superOptions);
  if (options instanceof Malformed) throw new Error(options.what);
  return options;
};
const shown = ({ lower }: OverlayOptions): string[] =>
  lower.map(({ path, dataOnly }) => `${dataOnly ? 'data ' : ''}${nameText(path)}`);

describe('parseOverlayOptions of recorded mounts', () => {
  it('reads 200 layers that were added one by one, literally', () => {
    const options = parsed(ADDED);
    expect(options.lower).toHaveLength(202);
    expect(options.lower.slice(0, 13).map(({ path }) => path)).toEqual([
      '/mnt/layers/000-colon:x',
      '/mnt/layers/001-comma,x',
      '/mnt/layers/002-back\\slash',
      '/mnt/layers/003-space x',
      '/mnt/layers/004-tab\tx',
      '/mnt/layers/005-nl\nx',
      '/mnt/layers/006-\\:',
      '/mnt/layers/007-eq=x',
      {
        text: '/mnt/layers/008-latin\ufffd',
        base64: Buffer.from('/mnt/layers/008-latin\xe9', 'latin1').toString('base64'),
      },
      '/mnt/layers/009-größe',
      '/mnt/layers/010-hash#x',
      '/mnt/layers/011-quote"x',
      '/mnt/layers/012-::',
    ]);
    expect(shown(options).slice(199)).toEqual([
      '/mnt/layers/199-0123456789abcdef0123456789abcdef0123456789',
      'data /mnt/da,ta:1',
      'data /mnt/da2',
    ]);
    expect(options).toMatchObject({ upper: '/mnt/up', work: '/mnt/wk' });
    expect(options.features.filter(({ name }) => name !== 'uuid')).toEqual([
      { name: 'rw', value: null },
      { name: 'redirect_dir', value: 'on' },
      { name: 'metacopy', value: 'on' },
    ]);
  });

  it('keeps relative layers as they are', () => {
    const options = parsed(RELATIVE);
    expect(shown(options)).toEqual(Array.from({ length: 100 }, (_, i) => `l/${String(i).padStart(26, '0')}`));
    expect(options).toMatchObject({ upper: null, work: null });
  });

  it('undoes the escapes of the one who mounted, once', () => {
    const options = parsed(ESCAPED);
    expect(shown(options)).toEqual(['a:b', 'c,d', 'e\\f', 'g\\:h']);
    expect(options).toMatchObject({ upper: 'up:\\per', work: 'wo,rk' });
    expect(options.features.map(({ name }) => name)).toContain('userxattr');
  });

  it('tells data-only layers', () => {
    expect(shown(parsed(DATA))).toEqual([
      '/mnt/layers/020-0123456789abcdef0123456789abcdef0123456789',
      '/mnt/layers/021-0123456789abcdef0123456789abcdef0123456789',
      'data da2',
      'data /mnt/da,ta:1',
    ]);
  });
});

describe('parseOverlayOptions', () => {
  it.each<[options: readonly string[], lower: readonly string[]]>([
    [['lowerdir=a'], ['a']],
    [['lowerdir=a:b'], ['a', 'b']],
    [['lowerdir=a\\:b'], ['a:b']],
    [['lowerdir=a\\\\:b'], ['a\\', 'b']],
    [['lowerdir=a\\\\\\:b'], ['a\\:b']],
    [['lowerdir=a\\xb'], ['axb']],
    [['lowerdir=a::b::c'], ['a', 'data b', 'data c']],
    [['lowerdir=a=b'], ['a=b']],
    [
      ['lowerdir+=a:b', 'lowerdir+=c\\:d'],
      ['a:b', 'c\\:d'],
    ],
    [
      ['lowerdir+=a', 'datadir+=b::c'],
      ['a', 'data b::c'],
    ],
    [[], []],
  ])('reads the layers of %j', (options, lower) => {
    expect(shown(parseOverlayOptions(options) as OverlayOptions)).toEqual(lower);
  });

  it.each([
    ['lowerdir='],
    ['lowerdir=:a'],
    ['lowerdir=a:'],
    ['lowerdir=a::'],
    ['lowerdir=a:::b'],
    ['lowerdir=a::b:c'],
    ['datadir+=a', 'lowerdir+=b'],
  ])('refuses %j %j', (...options) => {
    expect(parseOverlayOptions(options)).toBeInstanceOf(Malformed);
  });
});
