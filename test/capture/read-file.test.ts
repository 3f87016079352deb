/** What `--from` can be pointed at. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { readCaptureFile } from '../../src/cli/read-capture.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function refusal(file: string, most?: number): string {
  try {
    readCaptureFile(file, most);
  } catch (error) {
    if (error instanceof NsinspectError) return `${error.code}: ${error.message.replaceAll(file, 'FILE')}`;
    throw error;
  }
  return 'read';
}

const MIB = 1 << 20;
/** Larger than a piece, and nothing in it repeats so that it stays so. */
const large = gzipSync(Buffer.alloc(9 * MIB, 1), { level: 0 });

describe('a file to read a capture from', () => {
  it('is read whole', (context) => {
    const file = path.join(temporaryDirectory(context), 'a.nsc');
    writeFileSync(file, large);
    expect(readCaptureFile(file).equals(large)).toBe(true);
  });

  it('may be a pipe that gives little at a time', async (context) => {
    const folder = temporaryDirectory(context);
    const [pipe, file] = [path.join(folder, 'pipe'), path.join(folder, 'a.nsc')];
    writeFileSync(file, large);
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'exec 3>"$0"; head -c 1 "$1" >&3; sleep 0.1; tail -c +2 "$1" >&3', pipe, file]);
    const ended = once(writer, 'exit');
    expect(readCaptureFile(pipe).equals(large)).toBe(true);
    await ended;
  });

  it('that never ends and is no capture is read no further than that shows', () => {
    expect(readCaptureFile('/dev/zero').length).toBeLessThan(16 * MIB);
  });

  it('that is no capture gives enough to say so', (context) => {
    const file = path.join(temporaryDirectory(context), 'a.nsc');
    for (const content of ['', 'x', 'hello']) {
      writeFileSync(file, content);
      expect(readCaptureFile(file).toString()).toBe(content);
    }
  });

  it('that is too large is left alone', (context) => {
    const file = path.join(temporaryDirectory(context), 'a.nsc');
    writeFileSync(file, large);
    truncateSync(file, 6 * 2 ** 30);
    expect(refusal(file)).toBe('bad-capture: FILE is larger than 512 MiB: not read');
    expect(refusal(file, 10 * MIB)).toBe('bad-capture: FILE is larger than 10 MiB: not read');
  });

  it('that goes on for too long is left then', async (context) => {
    const pipe = path.join(temporaryDirectory(context), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', '{ printf "\\037\\213"; exec cat /dev/zero; } >"$0"', pipe], { stdio: 'ignore' });
    const ended = once(writer, 'exit');
    expect(refusal(pipe, 10 * MIB)).toBe('bad-capture: FILE is larger than 10 MiB: not read');
    // The pipe is closed: the next write ends it.
    await ended;
  });

  it('that is a directory, or is not there, cannot be read', (context) => {
    const folder = temporaryDirectory(context);
    mkdirSync(path.join(folder, 'a'));
    expect(refusal(path.join(folder, 'a'))).toBe('no-capture: cannot read FILE: EISDIR');
    expect(refusal(path.join(folder, 'b'))).toBe('no-capture: cannot read FILE: ENOENT');
  });
});
