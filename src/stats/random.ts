/** Numbers that look random and are the same each time: a comparison must be repeatable. */

/** A source of numbers; each call gives the next. */
export interface Random {
  /** From 0, inclusive, to 1, exclusive. */
  readonly next: () => number;
  /** An integer from 0, inclusive, to `bound`, exclusive. */
  readonly below: (bound: number) => number;
}

/**
 * The generator xoshiro128** of Blackman and Vigna ("Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021),
 * its state filled from the text. Different texts give unrelated sequences, so that what is drawn for one metric does not
 * depend on which others there are.
 */
export function randomFrom(text: string): Random {
  const fill = mixerOf(text);
  let a = fill();
  let b = fill();
  let c = fill();
  // The one state that it would never leave is all zeros.
  let d = fill() | 1;
  const bits = (): number => {
    const scrambled = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return scrambled;
  };
  const next = (): number => bits() / 2 ** 32;
  // With 32 bits an index among thousands is uneven by less than one in a million.
  return { next, below: (bound) => Math.floor(next() * bound) };
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** FNV-1a over the text's UTF-16 code units, then a counter through the finaliser of MurmurHash3. */
function mixerOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
  };
}
