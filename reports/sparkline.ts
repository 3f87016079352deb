/** Numbers over time as one line of blocks. */
import type { Style } from './style.ts';

/**
 * The numbers as characters of rising height, from the least to the greatest; null, a gap: a blank. Of more numbers than `width`
 * several share a character, which shows the greatest of them, as a peak is what one looks for. Equal numbers are all lowest. `atLeast`
 * is a range that the heights span at least: what moves by less than that stays near one height.
 */
export function sparkline(
  values: readonly (number | null)[],
  width: number,
  { levels }: Pick<Style, 'levels'>,
  atLeast: readonly [low: number, high: number] = [Infinity, -Infinity],
): string {
  const shown = merged(values, Math.max(1, width));
  const known = shown.filter((value) => value !== null);
  const least = known.reduce((a, b) => Math.min(a, b), atLeast[0]);
  const span = known.reduce((a, b) => Math.max(a, b), atLeast[1]) - least;
  return shown
    .map((value) => {
      if (value === null) return ' ';
      const height = span === 0 ? 0 : Math.round(((value - least) / span) * (levels.length - 1));
      return levels[height] ?? '';
    })
    .join('');
}

/** At most so many numbers, each the greatest of its share. */
function merged(values: readonly (number | null)[], width: number): (number | null)[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, i) => {
    const share = values.slice(
      Math.floor((i * values.length) / width),
      Math.max(Math.floor(((i + 1) * values.length) / width), Math.floor((i * values.length) / width) + 1),
    );
    const known = share.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b));
  });
}
