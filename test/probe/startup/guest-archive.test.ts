import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { GUEST_UP, guestArchive } from '../../../src/probe/probes/startup/guest-archive.ts';

/** Entries as the kernel reads them: name, mode, device, content. */
function entriesOf(archive: Buffer) {
  const entries: { name: string; mode: number; device: number[]; data: Buffer }[] = [];
  const padded = (at: number) => Math.ceil(at / 4) * 4;
  for (let at = 0; at < archive.length;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) => parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameEnd = at + 110 + field(11);
    const name = archive.toString('latin1', at + 110, nameEnd - 1);
    const begin = padded(nameEnd);
    const data = archive.subarray(begin, begin + field(6));
    entries.push({ name, mode: field(1), device: [field(9), field(10)], data });
    at = padded(begin + field(6));
  }
  return entries;
}

describe('the initramfs of a guest', () => {
  it('has a console and a first program', () => {
    expect(entriesOf(guestArchive()).map(({ name, mode, device }) => [name, mode.toString(8), ...device])).toEqual([
      ['dev', '40755', 0, 0],
      ['dev/console', '20600', 5, 1],
      ['init', '100755', 0, 0],
      ['TRAILER!!!', '0', 0, 0],
    ]);
  });

  it.skipIf(process.arch !== 'x64')('whose first program prints the word and sleeps, here as well', async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-guest-'));
    const file = path.join(directory, 'init');
    writeFileSync(file, entriesOf(guestArchive()).find(({ name }) => name === 'init')?.data ?? '');
    chmodSync(file, 0o755);
    const child = spawn(file, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [text] = (await once(child.stdout, 'data')) as [Buffer];
      expect(text.toString()).toBe(`${GUEST_UP}\n`);
      await vi.waitFor(() => {
        expect(readFileSync(`/proc/${child.pid}/status`, 'latin1')).toMatch(/^State:\tS/m);
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(directory, { recursive: true });
    }
  });
});
