const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** A number of bytes in binary units, with one decimal where there is one to show: `0 B`, `1.5 MiB`, `512 MiB`. */
export function formatBytes(bytes: bigint | number): string {
  // Three digits are shown: that a bigint above 2^53 is rounded here does not.
  let value = Number(bytes);
  let unit = 0;
  // What would be rounded up to 1024 belongs to the next unit.
  while (Math.abs(rounded(value)) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${String(rounded(value))} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A share of one whole, as a percentage with one decimal where there is one to show: 0.125 is `12.5%`. */
export function formatPercent(ratio: number): string {
  return `${String(rounded(ratio * 100))}%`;
}

const DURATION_UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/**
 * A time span of some seconds or more, its two largest units: `3d 4h`, `5m`, `12s`. Cut, not rounded, so that nothing
 * looks older than it is; under one second `0s`. A negative one (the clock was set) has a minus sign.
 */
export function formatDuration(seconds: number): string {
  let left = Math.floor(Math.abs(seconds));
  const parts: string[] = [];
  for (const [unit, size] of DURATION_UNITS) {
    const count = Math.floor(left / size);
    left %= size;
    if (count > 0) parts.push(`${String(count)}${unit}`);
    // Two neighbours: `3d 5s` would claim an exactness that no reader wants.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  if (parts.length === 0) return '0s';
  return (seconds < 0 ? '-' : '') + parts.join(' ');
}

/** How long ago something was, as one word: `3d4h` is {@link formatDuration} without the space, for columns. */
export function formatAge(seconds: number): string {
  return formatDuration(seconds).replace(' ', '');
}

/** A short time in microseconds, as the cgroup files give it: `350 µs`, `12.5 ms`, `1.5 s`; a minute or more as {@link formatDuration}. */
export function formatMicroseconds(usec: bigint | number): string {
  const value = Number(usec);
  if (Math.abs(value) < 1_000) return `${String(rounded(value))} µs`;
  if (Math.abs(rounded(value / 1_000)) < 1_000) return `${String(rounded(value / 1_000))} ms`;
  if (Math.abs(value) < 60_000_000) return `${String(rounded(value / 1_000_000))} s`;
  return formatDuration(value / 1_000_000);
}

/** A whole number with its thousands set apart: `50,000`. */
export function formatCount(count: bigint | number): string {
  // Not toLocaleString: loading ICU's number formats takes longer than the command that wants to print one number.
  return count.toString().replaceAll(/\B(?=(?:\d{3})+$)/gu, ',');
}

/** A count with its noun: `1 task`, `50,000 tasks`, `2 processes` with `process` and `processes`. */
export function formatPlural(count: bigint | number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${Number(count) === 1 ? singular : plural}`;
}

/** One decimal where it is not 0 and the number is under 100, where it still says something. */
function rounded(value: number): number {
  return Math.abs(value) < 99.95 ? Math.round(value * 10) / 10 : Math.round(value);
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4 };

/** A number of bytes as people write it: `200MB` (10^6), `200MiB` and `200M` (2^20), `1.5G`, `4096`. Null: it is none. */
export function parseBytes(text: string): number | null {
  const [, count, unit = '', suffix = ''] =
    /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)(iB|B)?$/.exec(text.replace(/k(?=i?B?$)/, 'K')) ?? [];
  const power = SIZE_UNITS[unit];
  if (count === undefined || power === undefined || (unit === '' && suffix === 'iB')) return null;
  return Math.round(Number(count) * (suffix === 'B' ? 1000 : 1024) ** power);
}
