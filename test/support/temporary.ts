import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import type { TestContext } from 'vitest';

/** A directory that is there until the test ends. */
export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-test-'));
  context.onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
