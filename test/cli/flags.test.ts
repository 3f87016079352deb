import { describe, expect, it } from 'vitest';

import { outputStyle, type OutputFlagValues } from '../../src/cli/flags.ts';

const FLAGS: OutputFlagValues = { color: 'auto', 'no-color': false, ascii: false, 'no-trunc': false };
const TERMINAL = { isTTY: true, columns: 100 };
const PIPE = {};

describe('outputStyle', () => {
  it.each([
    { flags: {}, env: {}, stdout: TERMINAL, color: true },
    { flags: {}, env: {}, stdout: PIPE, color: false },
    { flags: {}, env: { NO_COLOR: '1' }, stdout: TERMINAL, color: false },
    { flags: {}, env: { NO_COLOR: '' }, stdout: TERMINAL, color: true },
    { flags: {}, env: { TERM: 'dumb' }, stdout: TERMINAL, color: false },
    { flags: { color: 'always' }, env: { NO_COLOR: '1' }, stdout: PIPE, color: true },
    { flags: { color: 'never' }, env: {}, stdout: TERMINAL, color: false },
    { flags: { 'no-color': true }, env: {}, stdout: TERMINAL, color: false },
  ] as const)('colour: $flags $env $stdout -> $color', ({ flags, env, stdout, color }) => {
    expect(outputStyle({ ...FLAGS, ...flags }, { env, stdout }).color).toBe(color);
  });

  it.each([
    { env: { LANG: 'en_US.UTF-8' }, unicode: true },
    { env: { LANG: 'C.utf8' }, unicode: true },
    { env: { LANG: 'en_US.UTF-8', LC_ALL: 'C' }, unicode: false },
    { env: { LANG: 'C', LC_CTYPE: 'C.UTF-8', LC_ALL: '' }, unicode: true },
    { env: {}, unicode: false },
  ])('lines: $env -> $unicode', ({ env, unicode }) => {
    expect(outputStyle(FLAGS, { env, stdout: PIPE }).unicode).toBe(unicode);
    expect(outputStyle({ ...FLAGS, ascii: true }, { env, stdout: PIPE }).unicode).toBe(false);
  });

  it.each([
    { flags: {}, env: {}, stdout: TERMINAL, columns: 100 },
    { flags: {}, env: { COLUMNS: '80' }, stdout: PIPE, columns: 80 },
    { flags: {}, env: { COLUMNS: 'many' }, stdout: PIPE, columns: null },
    { flags: {}, env: {}, stdout: PIPE, columns: null },
    // A terminal that does not know its width.
    { flags: {}, env: {}, stdout: { isTTY: true, columns: 0 }, columns: null },
    { flags: { 'no-trunc': true }, env: { COLUMNS: '80' }, stdout: TERMINAL, columns: null },
  ])('columns: $flags $env $stdout -> $columns', ({ flags, env, stdout, columns }) => {
    expect(outputStyle({ ...FLAGS, ...flags }, { env, stdout }).columns).toBe(columns);
  });
});
