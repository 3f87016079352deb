/** What a process can make nsinspect read by naming it as the state of a container. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { liveHost } from '../../src/host/live.ts';
import { Failure } from '../../src/host/port.ts';

const host = liveHost();
const task = host.open('/proc/self');
if (task instanceof Failure) throw new Error(task.errno);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-test-'));
  writeFileSync(path.join(dir, 'state.json'), '{}');
  execFileSync('mkfifo', [path.join(dir, 'fifo')]);
  for (const [name, target] of Object.entries({
    inside: 'state.json',
    loop: 'loop',
    attribute: '/sys/kernel/uevent_seqnum',
    // Each read waits for the next message and takes it away from whoever keeps the log.
    log: '/proc/kmsg',
  })) {
    symlinkSync(target, path.join(dir, name));
  }
});
afterAll(() => {
  task.close();
  rmSync(dir, { recursive: true });
});

const read = (name: string): unknown => host.readInRoot(task, name.startsWith('/') ? name : path.join(dir, name), 100);

test('a file and a link to it', () => {
  expect([read('state.json'), read('inside')]).toEqual(['{}', '{}']);
});

test.each([
  ['fifo', 'not a regular file'],
  ['.', 'not a regular file'],
  ['/dev/null', 'not a regular file'],
  ['loop', 'ELOOP'],
  ['log', 'a file of the kernel'],
  ['/proc/version', 'a file of the kernel'],
  ['attribute', 'a file of the kernel'],
])('%s is not read', (name, errno) => {
  expect(read(name)).toMatchObject({ errno });
});

test('a link is not followed where that is refused', () => {
  const refuse = (name: string): unknown => host.readInRoot(task, path.join(dir, name), 100, 'refuse');
  expect(refuse('state.json')).toBe('{}');
  expect(refuse('inside')).toMatchObject({ errno: 'ELOOP' });
  const folder = host.openInRoot(task, dir, 'refuse');
  expect(folder).not.toBeInstanceOf(Failure);
  if (!(folder instanceof Failure)) folder.close();
});

test('of a directory with very many entries no more are listed than were asked for, but for what came with them', () => {
  const many = path.join(dir, 'many');
  mkdirSync(many);
  for (let i = 0; i < 10_000; i++) writeFileSync(path.join(many, String(i)), '');
  const folder = host.openInRoot(task, many);
  if (folder instanceof Failure) throw new Error(folder.errno);
  const all = folder.list('.') as readonly string[];
  expect(all).toHaveLength(10_000);
  const some = folder.list('.', 1000) as readonly string[];
  expect(some.length).toBeGreaterThanOrEqual(1000);
  expect(some.length).toBeLessThan(10_000);
  folder.close();
});
