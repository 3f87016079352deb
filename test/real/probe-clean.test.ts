/** What `bench clean` ends beside what bears a mark: podman that works for a dead maker, and nobody who only looks there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, lstatSync, openSync, symlinkSync } from 'node:fs';
import path from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { clean } from '../../src/probe/clean.ts';
import { podmanTasks } from '../../src/probe/launch/podman.ts';
import { MARK_VARIABLE, markName, surroundings } from '../../src/probe/mark.ts';
import { makeMarked, secured, stateRoot } from '../../src/probe/state.ts';
import { argumentsOf } from '../../src/probe/tasks.ts';
import { describeWith } from '../support/components.ts';

/** Of a maker that had this process's pid before it. */
function deadMark(number: number): string {
  const { pidns, boot } = surroundings();
  return markName({ pid: process.pid, start: 1, pidns, boot, number });
}

/** Follows a file, under the name that is given. */
async function follower(file: string, argv0: string, mark?: string) {
  const child = spawn('tail', ['-f', file], {
    argv0,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...(mark === undefined ? {} : { [MARK_VARIABLE]: mark }) },
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  // Until it has executed.
  while (argumentsOf(child.pid!)[0] !== argv0) await new Promise((resolve) => setTimeout(resolve, 5));
  return { pid: child.pid!, ended, isOver: () => child.signalCode !== null };
}

describeWith(['root'], 'bench clean', () => {
  test('ends podman that works for a dead maker, and names it; who looks there stays', async () => {
    const mark = deadMark(1);
    const directory = makeMarked(secured(stateRoot()), mark);
    const at = path.join(stateRoot(), `test-${process.pid}`);
    symlinkSync(directory, at);
    const log = `${at}/log`;
    closeSync(openSync(log, 'w'));
    const [monitor, reader, marked] = await Promise.all([
      follower(log, '/usr/bin/conmon'),
      follower(log, 'tail'),
      follower(log, 'tail', mark),
    ]);
    const pids = (found: readonly number[]) =>
      [monitor, reader, marked].map(({ pid }) => pid).filter((pid) => found.includes(pid));
    expect(pids(podmanTasks({ at, mark }).map(({ pid }) => pid))).toEqual([monitor.pid, marked.pid]);
    // A mark of another probe is none.
    expect(pids(podmanTasks({ at, mark: deadMark(2) }).map(({ pid }) => pid))).toEqual([monitor.pid]);

    expect(pids(clean({ dryRun: true }).pids)).toEqual([monitor.pid, marked.pid]);
    expect(monitor.isOver()).toBe(false);
    expect(pids(clean().pids)).toEqual([monitor.pid, marked.pid]);
    await Promise.all([monitor.ended, marked.ended]);
    expect(reader.isOver()).toBe(false);
    expect(lstatSync(at, { throwIfNoEntry: false })).toBeUndefined();
    expect(lstatSync(directory, { throwIfNoEntry: false })).toBeUndefined();
  });
});
