import { describe, expect, it } from 'vitest';

import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatMicroseconds,
  formatPercent,
  formatPlural,
} from '../../src/text/units.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [512 * 1024 ** 2, '512 MiB'],
    [1.5 * 1024 ** 2, '1.5 MiB'],
    // Would be rounded to 1024 KiB.
    [1024 ** 2 - 1, '1 MiB'],
    [99.94 * 1024, '99.9 KiB'],
    [123.4 * 1024, '123 KiB'],
    [-2048, '-2 KiB'],
    [2n ** 64n - 1n, '16 EiB'],
    [2n ** 63n - 4096n, '8 EiB'],
  ])('%s -> %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [0.9, '0s'],
    [59.9, '59s'],
    [60, '1m'],
    [61, '1m 1s'],
    [3600, '1h'],
    [3605, '1h'],
    [3 * 86_400 + 4 * 3600 + 59 * 60, '3d 4h'],
    [86_400 + 59, '1d'],
    [400 * 86_400, '400d'],
    [-90, '-1m 30s'],
    [-0.5, '0s'],
  ])('%s s -> %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

it('formatAge is one word', () => {
  expect(formatAge(3 * 86_400 + 4 * 3600)).toBe('3d4h');
});

describe('formatMicroseconds', () => {
  it.each([
    [0, '0 µs'],
    [350, '350 µs'],
    [1000, '1 ms'],
    [12_500n, '12.5 ms'],
    [100_000, '100 ms'],
    [999_999, '1 s'],
    [1_500_000n, '1.5 s'],
    [59_990_000, '60 s'],
    [60_000_000, '1m'],
    [90_000_000, '1m 30s'],
  ])('%s -> %s', (usec, text) => {
    expect(formatMicroseconds(usec)).toBe(text);
  });
});

it.each([
  [0, '0%'],
  [0.125, '12.5%'],
  [1, '100%'],
  [2.5, '250%'],
])('formatPercent: %s -> %s', (ratio, text) => {
  expect(formatPercent(ratio)).toBe(text);
});

it.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [-50_000, '-50,000'],
  [1_234_567, '1,234,567'],
  [2n ** 64n, '18,446,744,073,709,551,616'],
])('formatCount: %s -> %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

it('formatPlural knows one from many', () => {
  expect(formatPlural(1, 'task')).toBe('1 task');
  expect(formatPlural(0, 'task')).toBe('0 tasks');
  expect(formatPlural(50_000n, 'task')).toBe('50,000 tasks');
  expect(formatPlural(2, 'process', 'processes')).toBe('2 processes');
});
