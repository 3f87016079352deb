import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { findProgram } from '../../src/cli/programs.ts';
import { CLI, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('findProgram', () => {
  test('takes the first that can be run', (context) => {
    const root = temporaryDirectory(context);
    for (const name of ['folder', 'text', 'good', 'later']) mkdirSync(path.join(root, name));
    mkdirSync(path.join(root, 'folder/nsenter'));
    writeFileSync(path.join(root, 'text/nsenter'), '', { mode: 0o644 });
    writeFileSync(path.join(root, 'good/nsenter'), '', { mode: 0o755 });
    writeFileSync(path.join(root, 'later/nsenter'), '', { mode: 0o755 });
    symlinkSync('loop', path.join(root, 'loop'));
    const PATH = [
      'relative',
      '/dev/null',
      ...['none', 'loop', 'folder', 'text', 'good', 'later'].map((name) => path.join(root, name)),
    ];
    expect(findProgram('nsenter', PATH.join(':'))).toBe(path.join(root, 'good/nsenter'));
    expect(findProgram('no-such-program', PATH.join(':'))).toBeNull();
  });
});

describeWith(['root', 'setpriv'], 'findProgram of an ordinary user', () => {
  test('passes over a folder of PATH that is closed to it', async (context) => {
    const closed = temporaryDirectory(context);
    chmodSync(closed, 0o700);
    mkdirSync(path.join(closed, 'bin'));
    // Node runs as root until it has loaded what an ordinary user may not be able to read.
    const script = `
      const { findProgram } = await import(${JSON.stringify(path.resolve('src/cli/programs.ts'))});
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      console.log(findProgram('sh', ${JSON.stringify(`${closed}/bin:/bin`)}));`;
    const { stdout, stderr } = await run([CLI[0]!, '--input-type=module', '--eval', script]);
    expect({ stdout, stderr }).toEqual({ stdout: '/bin/sh\n', stderr: '' });
  });
});
