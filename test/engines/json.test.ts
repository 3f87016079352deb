import { describe, expect, it } from 'vitest';

import { timeOf } from '../../src/engines/json.ts';
import { problemsOf } from '../support/schema.ts';
import { madeRun } from '../stats/made-runs.ts';

describe('a time', () => {
  const isInDocuments = (takenAt: string) => problemsOf(madeRun([], { takenAt }), 'bench-1.json').length === 0;

  it.each([
    '2026-01-02T03:04:05Z',
    '2026-12-31T23:59:59.123456789+14:00',
    '1970-01-01T00:00:00.000-09:30',
    '9999-10-20T20:00:00Z',
  ])('%s is one', (text) => {
    expect(timeOf(text)).toBe(text);
    expect(isInDocuments(text)).toBe(true);
    expect(Date.parse(text)).not.toBeNaN();
  });

  it.each([
    '2026-99-99T99:99:99Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-01T24:00:01Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+00:60',
    '2026-01-01T00:00:00',
    '2026-01-01',
  ])('%s is none', (text) => {
    expect(timeOf(text)).toBeNull();
    expect(isInDocuments(text)).toBe(false);
  });

  it('is none where an engine means never', () => {
    expect(timeOf('0001-01-01T00:00:00Z')).toBeNull();
  });
});
