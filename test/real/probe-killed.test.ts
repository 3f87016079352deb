/**
 * `kill -9` of a whole run at a random moment leaves nothing that `bench clean` does not remove, and others are left alone.
 * `npm run test:kill` does the same at 30 moments, in all runtimes.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ProbeRuntime } from '../../src/schema/bench.ts';
import { describeWith } from '../support/components.ts';
import { Lab, startDockerd } from '../support/daemons.ts';
import { kill, momentsOf } from '../support/killed.ts';
import { CGROUPS, Foreign, foreignCgroups, remade } from '../support/left.ts';

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

  test.each(momentsOf(SEED, RUNTIMES.length, RUNTIMES, 2000))(
    `seed ${SEED}: $runtime after $ms ms, its group: $group`,
    async (moment) => {
      const { before, ...found } = await kill(moment);
      // Else it proves nothing.
      expect(before.join(' ')).toContain('cgroups');
      expect(found).toEqual({ left: [], disturbed: [] });
    },
  );
});

describeWith(['root'], 'what is held against it', () => {
  test('notices what is moved, removed and made anew', async () => {
    const foreign = new Foreign();
    const base = existsSync(`${CGROUPS}/pids`) ? `${CGROUPS}/pids` : CGROUPS;
    const at = `${base}/foreign-${process.pid}`;
    try {
      const look = foreign.look();
      expect(foreign.look()).toEqual(look);
      const pid = readFileSync(`${at}/inner/cgroup.procs`, 'latin1');
      writeFileSync(`${at}/cgroup.procs`, pid);
      expect(foreign.look()).not.toEqual(look);
      writeFileSync(`${at}/inner/cgroup.procs`, pid);
      expect(foreign.look()).toEqual(look);
      mkdirSync(`${at}/other`);
      expect(foreign.look()).not.toEqual(look);
      const before = foreignCgroups();
      rmdirSync(`${at}/other`);
      expect(foreign.look()).toEqual(look);
      mkdirSync(`${at}/other`);
      expect(remade(before, foreignCgroups())).toEqual([`${at}/other`]);
    } finally {
      await foreign.remove();
    }
  });
});
