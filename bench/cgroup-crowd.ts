/** A crowd of threads in cgroups of its own, in several hierarchies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';

import { mountedHierarchies } from '../test/support/cgroups.ts';
import { buildPlant, planted } from '../test/support/plant.ts';

/** How many of what there are. */
export interface CgroupCrowd {
  readonly cgroups: number;
  readonly threads: number;
  readonly processes: number;
  readonly hierarchies: number;
}

/** Hierarchies in which the cgroups are. */
const HIERARCHIES = 5;

/** Threads of a process. */
const THREADS = 10;

/**
 * Waits until its standard input is closed, by the benchmark or by its death, then removes the directories. A task that has just
 * ended still counts for a moment.
 */
const JANITOR = `
trap '' HUP INT TERM
cat >/dev/null
for try in $(seq 200); do
  find "$@" -depth -type d -exec rmdir {} + 2>/dev/null
  left=
  for at; do [ ! -e "$at" ] || left=1; done
  [ -n "$left" ] || exit 0
  sleep 0.1
done
exit 1
`;

/** Puts a crowd of about this size up for as long as `use` takes. */
export async function withCgroupCrowd<T>(
  cgroups: number,
  threads: number,
  use: (crowd: CgroupCrowd) => Promise<T>,
): Promise<T> {
  // A new cgroup of cpuset takes no task before it has CPUs and memory.
  const hierarchies = mountedHierarchies()
    .filter(({ controllers }) => !controllers.includes('cpuset'))
    .sort((a, b) => b.version - a.version || a.id - b.id)
    .slice(0, HIERARCHIES);
  // The v2 one last: in the first, threads of a process are split.
  const tops = hierarchies.reverse().map((one) => `${one.path}/nsinspect-bench-${process.pid}`);
  // One in each hierarchy is that above the others.
  const groups = Math.max(1, Math.floor(cgroups / tops.length) - 1);
  const processes = Math.max(1, Math.round(threads / groups / THREADS));
  const janitor = spawn('sh', ['-c', JANITOR, 'janitor', ...tops], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const swept = once(janitor, 'exit');
  try {
    for (const top of tops) {
      mkdirSync(top);
      for (let group = 0; group < groups; group++) mkdirSync(`${top}/${group}`);
    }
    const sizes = [groups, processes, THREADS].map(String);
    const crowd = await planted(spawn(await buildPlant(), ['cgroup-crowd', ...sizes, ...tops]), 'cgroup-crowd');
    try {
      return await use({
        cgroups: tops.length * (groups + 1),
        threads: crowd.facts['threads'] ?? NaN,
        processes: crowd.facts['processes'] ?? NaN,
        hierarchies: tops.length,
      });
    } finally {
      await crowd.stop();
    }
  } finally {
    janitor.stdin.end();
    const [status] = (await swept) as [number | null];
    if (status !== 0) console.error(`bench: cgroups called nsinspect-bench-${process.pid} are left`);
  }
}
