import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import { writeWhole } from '../../src/cli/write.ts';

// In /dev/shm, too, everybody may put a link where a file is going to be written.
test.each([os.tmpdir(), '/dev/shm'])('in %s a link is replaced, not followed, and nobody else may read', (parent) => {
  const dir = mkdtempSync(path.join(parent, 'nsinspect-test-'));
  try {
    const file = path.join(dir, 'host.nsc');
    writeFileSync(path.join(dir, 'other'), 'other');
    symlinkSync('other', file);
    writeWhole(file, Buffer.from('capture'));
    expect(readFileSync(path.join(dir, 'other'), 'utf8')).toBe('other');
    expect(readFileSync(file, 'utf8')).toBe('capture');
    expect(lstatSync(file).mode).toBe(0o100600);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
