/** Density without any cgroup, by processes that stand for containers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, expect, test } from 'vitest';

import type { Launcher, Probe, Scope } from '../../src/probe/launch/launcher.ts';
import { measureDensity } from '../../src/probe/probes/density.ts';

/** As an ordinary user has it to whom no cgroup was handed. */
const SCOPE = {
  lacks: new Map(),
  version: () => null,
  directory: () => null,
  read: () => null,
  pids: () => [],
  remove: () => undefined,
} as unknown as Scope;

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Containers that are a `sleep` each; `remove` is what ends one. */
function launcherOf(remove: (child: ChildProcess) => void): Launcher {
  return {
    runtime: 'native',
    check: () => Promise.resolve({ runtime: 'native', version: '1', usable: true, why: null }),
    launch: () => {
      const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
      children.push(child);
      const probe = { pid: child.pid, group: 'g', startMs: 1, remove: () => remove(child) };
      return Promise.resolve(probe as unknown as Probe);
    },
    scope: () => SCOPE,
    close: () => undefined,
  };
}

const held = async (launcher: Launcher) => {
  const { verdict, invariants } = await measureDensity(launcher, { most: 2 });
  return { verdict, ...Object.fromEntries(invariants.map(({ id, holds }) => [id, holds])) };
};

test('containers that wait are there, and gone when they are removed', async () => {
  const launcher = launcherOf((child) => child.kill('SIGKILL'));
  expect(await held(launcher)).toEqual({ verdict: 'pass', 'all-there': true, 'nothing-left': true });
});

test('one that has ended is not there', async () => {
  const launcher = launcherOf(() => undefined);
  const dying = async () => {
    const probe = await launcher.launch({ name: 'a', script: '' });
    const child = children.at(-1)!;
    child.kill('SIGKILL');
    await once(child, 'exit');
    return probe;
  };
  expect(await held({ ...launcher, launch: dying })).toMatchObject({ verdict: 'fail', 'all-there': false });
});

test('one that its removal leaves running is left', async () => {
  expect(await held(launcherOf(() => undefined))).toMatchObject({
    verdict: 'fail',
    'all-there': true,
    'nothing-left': false,
  });
});
