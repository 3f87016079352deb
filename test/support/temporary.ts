import { lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import type { TestContext } from 'vitest';

/** A directory that is there until the test ends. */
export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-test-'));
  context.onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A directory below the common temporary one that outlives the run, into which nobody else can put anything. */
export function privateDirectory(): string {
  const uid = os.userInfo().uid;
  const directory = path.join(os.tmpdir(), `nsinspect-test-${uid}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
    throw new Error(`${directory} is not a private directory of this user: remove it`);
  }
  return directory;
}
