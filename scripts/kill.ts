/**
 * Kills runs of `bench` by SIGKILL at random moments, in every runtime that is installed, and looks for what is left after `bench
 * clean`: `node scripts/kill.ts [TIMES [SEED]]`, as root. Exits 1 where anything is left, or others' cgroups were touched.
 */
import { launcherOf } from '../src/probe/launch/launchers.ts';
import { RUNTIMES, type ProbeRuntime } from '../src/schema/bench.ts';
import { missingOf } from '../test/support/components.ts';
import { Lab, startDockerd } from '../test/support/daemons.ts';
import { kill, momentsOf } from '../test/support/killed.ts';

const TIMES = Number(process.argv[2] ?? 30);
const SEED = Number(process.argv[3] ?? Date.now() % 1_000_000);

const installed = RUNTIMES.filter((runtime) => runtime === 'native' || missingOf([runtime]) === null);
const lab = installed.includes('docker') ? await Lab.start() : null;
let failures = 0;
try {
  if (lab !== null) {
    await startDockerd(lab);
    process.env['DOCKER_HOST'] = `unix://${lab.dir}/docker/docker.sock`;
  }
  const usable: ProbeRuntime[] = [];
  for (const runtime of installed) {
    const launcher = launcherOf(runtime);
    const facts = await launcher.check();
    launcher.close();
    if (facts.usable) usable.push(runtime);
    else console.log(`${runtime}: left out: ${facts.why ?? ''}`);
  }
  console.log(`seed ${SEED}: ${TIMES} moments in ${usable.join(', ')}`);
  for (const [index, moment] of momentsOf(SEED, TIMES, usable).entries()) {
    const { before, left, disturbed } = await kill(moment);
    const wrong = [...left, ...disturbed];
    if (wrong.length > 0) failures++;
    console.log(
      `${index + 1}. ${moment.command.join(' ')} --runtime ${moment.runtime}, ${moment.group ? 'group' : 'process'} killed`,
      `after ${moment.ms} ms: there were ${before.join(', ')}; left: ${wrong.join('; ') || 'nothing'}`,
    );
  }
} finally {
  await lab?.stop();
}
console.log(`${TIMES - failures} of ${TIMES} left nothing`);
process.exitCode = failures === 0 ? 0 : 1;
