/**
 * Loosens or removes every limit behind the back of its probe, 20 times, and runs the probe 20 times with the limit in place
 * while another CPU is busy: `node scripts/mutation.ts [TIMES]`, as root. Writes docs/mutation.md. Exits 1 where one time
 * was not noticed, or did not pass.
 */
import os from 'node:os';

import { keepBusy, mutations, nativeWorld, runProbe, saysOf } from '../test/support/mutations.ts';
import { markdownTable, writeSection } from './doc-table.ts';

const TIMES = Number(process.argv[2] ?? 20);

/** How often a probe came to the verdict that is wanted. */
async function count(id: string, wanted: string, tamper?: Parameters<typeof runProbe>[1]): Promise<number> {
  let times = 0;
  for (let time = 0; time < TIMES; time++) {
    const result = await runProbe(id, tamper);
    if (result.verdict === wanted) times++;
    else console.error(`${id}: ${saysOf(result)}`);
  }
  return times;
}

const world = nativeWorld();
const all = mutations(world);
const noticed: number[] = [];
for (const { id, what, tamper } of all) {
  const times = await count(id, 'fail', tamper);
  noticed.push(times);
  console.error(`${id}, ${what}: noticed ${times} of ${TIMES}`);
}
const passed = new Map<string, number>();
for (const { id } of all) {
  if (passed.has(id)) continue;
  const rest = keepBusy(world.cpus[0] ?? 0);
  const times = await count(id, 'pass');
  rest();
  passed.set(id, times);
  console.error(`${id}, in place: passes ${times} of ${TIMES}`);
}
const rows = all.map(({ id, what }, index) => [
  `\`${id}\``,
  what,
  `${noticed[index]} of ${TIMES}`,
  `${passed.get(id)} of ${TIMES}`,
]);
const controllers = ['cpu', 'cpuset', 'memory', 'pids', 'blkio', 'io', 'devices', 'freezer'].flatMap((name) => {
  const version = world.version(name);
  return version === null ? [] : [`${name} v${version}`];
});
const facts = `Linux ${os.release()}, ${os.arch()}, ${world.cpus.length} CPUs; ${controllers.join(', ')}.`;
const header = ['probe', 'what was changed behind its back', 'noticed', 'passes in place, another CPU busy'];
await writeSection('mutation.md', 'table', `${facts}\n\n${markdownTable(header, rows)}`);
const complete = [...noticed, ...passed.values()].every((times) => times === TIMES);
process.exitCode = complete ? 0 : 1;
