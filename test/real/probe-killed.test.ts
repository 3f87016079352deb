/**
 * `kill -9` of a whole run at a random moment leaves nothing that `bench clean` does not remove, and others are left alone.
 * `npm run test:kill` does the same at 30 moments, in all runtimes.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ProbeRuntime } from '../../src/schema/bench.ts';
import { describeWith } from '../support/components.ts';
import { Lab, startDockerd } from '../support/daemons.ts';
import { kill, momentsOf } from '../support/killed.ts';
import { CGROUPS, disturbed, foreignCgroups, type Foreign } from '../support/left.ts';

const RUNTIMES: readonly ProbeRuntime[] = ['native', 'runc', 'docker'];

/** Another each time; a failure says which, to be put here. */
const SEED = Date.now() % 1_000_000;

describeWith(['root', 'unshare', 'runc', 'docker'], 'a run of bench that is killed', () => {
  const ours = process.env['DOCKER_HOST'];
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
    await startDockerd(lab);
    process.env['DOCKER_HOST'] = `unix://${lab.dir}/docker/docker.sock`;
  });

  afterAll(async () => {
    if (ours === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = ours;
    await lab.stop();
  });

  test.each(momentsOf(SEED, RUNTIMES.length, RUNTIMES))(
    `seed ${SEED}: $runtime after $ms ms, its group: $group`,
    async (moment) => {
      const { before, ...found } = await kill(moment);
      // Else it proves nothing.
      expect(before.cgroups).toBeGreaterThan(0);
      expect(found).toEqual({ left: [], disturbed: [] });
    },
  );
});

describeWith(['root'], 'what is held against it', () => {
  const base = existsSync(`${CGROUPS}/pids`) ? `${CGROUPS}/pids` : CGROUPS;
  const foreign = path.join(base, `foreign-${process.pid}`);
  let sleeper: ChildProcess;
  let before: Map<string, Foreign>;

  beforeAll(() => {
    mkdirSync(`${foreign}/inner`, { recursive: true });
    sleeper = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync(`${foreign}/inner/cgroup.procs`, String(sleeper.pid));
    before = new Map([...foreignCgroups()].filter(([at]) => at.startsWith(foreign)));
  });

  afterAll(async () => {
    const ended = once(sleeper, 'exit');
    sleeper.kill('SIGKILL');
    await ended;
    for (const at of [`${foreign}/inner`, foreign]) if (existsSync(at)) rmdirSync(at);
  });

  test('notices what is moved, removed and made anew', () => {
    expect(before.get(`${foreign}/inner`)?.tasks).toHaveLength(1);
    expect(disturbed(before, foreignCgroups())).toEqual([]);
    writeFileSync(`${foreign}/cgroup.procs`, String(sleeper.pid));
    expect(readFileSync(`${foreign}/cgroup.procs`, 'latin1')).toBe(`${sleeper.pid}\n`);
    expect(disturbed(before, foreignCgroups())).toEqual([expect.stringMatching(/inner: \d+ \d+ was moved$/)]);
    rmdirSync(`${foreign}/inner`);
    expect(disturbed(before, foreignCgroups())).toEqual([expect.stringMatching(/inner: gone, with \d+ \d+ alive$/)]);
    mkdirSync(`${foreign}/inner`);
    expect(disturbed(before, foreignCgroups())).toEqual([`${foreign}/inner: another`]);
  });
});
