import { describe, expect, it } from 'vitest';

import { reportFailure } from '../../src/cli/failure.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { cli } from '../support/cli.ts';
import { expectDocument } from '../support/schema.ts';

const QUIET = { json: false, debug: false };

describe('reportFailure', () => {
  it('tells a message and its hint in one line', () => {
    const error = new NsinspectError('no container is named web', {
      code: 'not-found',
      hint: 'nsinspect tree lists them',
    });
    expect(reportFailure(error, QUIET)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'nsinspect: no container is named web (nsinspect tree lists them)\n',
    });
  });

  it('gives a program the whole error', () => {
    const error = new NsinspectError('too noisy', { code: 'noisy', exitCode: 3 });
    const { exitCode, stdout } = reportFailure(error, { json: true, debug: false });
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      schema: 'nsinspect/error/1',
      error: { code: 'noisy', message: 'too noisy', hint: null },
    });
  });

  it.each([new Error('boom'), new TypeError('x is not a function'), 'a text', undefined, { an: 'object' }])(
    'never takes what was not foreseen (%s) for a finding',
    (thrown) => {
      const { exitCode, stderr } = reportFailure(thrown, QUIET);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^nsinspect: unexpected failure: [^\n]*NSINSPECT_DEBUG=1[^\n]*\n$/);
    },
  );

  it('shows where it happened and why when asked', () => {
    const error = new NsinspectError('cannot read it', { code: 'denied', cause: new Error('EACCES') });
    expect(reportFailure(error, { json: false, debug: true }).stderr).toMatch(
      /failure\.test\.ts[^]*caused by: Error: EACCES/,
    );
  });

  it('lets no name steer the terminal', () => {
    const error = new NsinspectError('no container \u001b[2J\n\u202eweb', { code: 'not-found' });
    expect(reportFailure(error, QUIET).stderr).toBe(String.raw`nsinspect: no container \x1b[2J\n\u202eweb` + '\n');
  });
});

describe('the command line', () => {
  it.each([
    { args: ['no-such'], line: 'nsinspect: no such command: no-such (nsinspect --help lists them)' },
    { args: ['no-such', '--json'], line: 'nsinspect: no such command: no-such (nsinspect --help lists them)' },
    { args: ['completion', 'csh'], line: 'nsinspect: expected csh to be one of: bash, zsh, fish (try --help)' },
    { args: ['completion', 'bash', '--frob'], line: 'nsinspect: nonexistent flag: --frob (try --help)' },
    { args: ['completion', 'bash', 'zsh'], line: 'nsinspect: unexpected argument: zsh (try --help)' },
  ])('$args', async ({ args, line }) => {
    const { status, stdout, stderr } = await cli(...args);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `${line}\n` });
    if (args.includes('--json')) {
      expect(JSON.parse(stdout)).toMatchObject({ schema: 'nsinspect/error/1' });
      expectDocument(JSON.parse(stdout));
    } else expect(stdout).toBe('');
  });

  it('lists the exit codes in its help', async () => {
    for (const args of [
      ['--help'],
      ['help'],
      [],
      ['completion', '--help'],
      ['help', 'completion'],
      ['completion', '-h'],
    ]) {
      const { status, stdout } = await cli(...args);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^EXIT CODES\n {2}0 +it worked\n/m);
    }
  });
});
