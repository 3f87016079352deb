/** The supervisor of payloads, by real shells: how a payload ended, and what of it was said. */
import { afterEach, expect, test } from 'vitest';

import { boundsOf, Gated, supervised, type GatedOptions } from '../../../src/probe/launch/gated.ts';
import type { Bounds, Exit } from '../../../src/probe/launch/launcher.ts';
import { NsinspectError } from '../../../src/text/error.ts';

const started: Gated[] = [];

afterEach(() => {
  for (const gated of started.splice(0)) {
    gated.killGroup();
    gated.release();
  }
});

async function run(script: string, limits: Partial<Bounds> = {}): Promise<Exit & { endings: number }> {
  const bounds = boundsOf({ bounds: limits });
  let endings = 0;
  const gated = new Gated({
    command: supervised({ name: 'test', script }, bounds),
    mark: 'none',
    bounds,
    translate: true,
    kill: () => gated.killGroup(),
    ended: () => endings++,
  });
  started.push(gated);
  await gated.stage('gate');
  gated.go();
  gated.write('word\n');
  return { ...(await gated.wait()), endings };
}

test('hands on status, input, output and errors', async () => {
  const exit = await run('read -r word; echo "got $word"; echo wrong >&2; exit 7');
  expect(exit).toMatchObject({ status: 7, signal: null, output: 'got word\n', errors: 'wrong\n', endings: 1 });
});

test('hands on a signal', async () => {
  expect(await run('echo before; kill -KILL $$')).toMatchObject({
    status: null,
    signal: 'SIGKILL',
    output: 'before\n',
  });
});

test('ends with the payload, whatever that left running says', async () => {
  const exit = await run('while :; do echo on; echo on >&2; done & sleep 0.2; exit 3');
  expect(exit).toMatchObject({ status: 3, timedOut: false, endings: 1 });
  expect(exit.output).toMatch(/^(?:on\n)+(?:on)?\n?$/);
  expect(exit.errors).not.toContain('nsinspect:end');
});

test.each([
  [1000, false],
  [1001, true],
])('of output that may have 1000 bytes %i are kept, or cut', async (bytes, truncated) => {
  const exit = await run(`head -c ${bytes} /dev/zero`, { output: 1000 });
  expect([exit.output.length, exit.truncated, exit.status]).toEqual([1000, truncated, 0]);
});

test('ends with its time', async () => {
  expect(await run('sleep 100', { seconds: 1 })).toMatchObject({ timedOut: true, endings: 0 });
});

function stuck(): void {
  throw new NsinspectError('processes of a probe do not end: 7', { code: 'not-removed' });
}

test.each<[string, string, Partial<Bounds>, Pick<GatedOptions, 'kill' | 'ended'>]>([
  ['when its time is over', 'sleep 100', { seconds: 1 }, { kill: stuck }],
  ['when its payload has ended', 'exit 0', {}, { kill: () => undefined, ended: stuck }],
])('what cannot be ended %s is an error of who waits, and of nobody else', async (_, script, limits, options) => {
  const bounds = boundsOf({ bounds: limits });
  const command = supervised({ name: 'test', script }, bounds);
  const gated = new Gated({ command, mark: 'none', bounds, translate: true, ...options });
  started.push(gated);
  await gated.stage('gate');
  gated.go();
  // An exception that nobody catches would fail the whole run of tests.
  await expect(gated.wait()).rejects.toThrow('the probe could not be ended: processes of a probe do not end: 7');
});

test('a supervisor that is killed itself is no payload that ended well', async () => {
  expect(await run('kill -KILL $PPID')).toMatchObject({ signal: 'SIGKILL', endings: 0 });
});
