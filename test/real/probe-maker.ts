/** Launches probes until it is killed: what `kill -9` leaves of it is for the test. Its argument is the runtime. */
import { launcherOf } from '../../src/probe/launch/launchers.ts';
import { RUNTIMES } from '../../src/schema/bench.ts';

const runtime = RUNTIMES.find((name) => name === process.argv[2]);
if (runtime === undefined) throw new Error('which runtime?');
const launcher = launcherOf(runtime);
const settings = [{ controller: 'pids', file: 'pids.max', value: '20' }];
for (let round = 0; ; round++) {
  const probe = await launcher.launch({
    name: 'maker',
    // One of them leaves the session and the standard streams behind, as a daemon would.
    script:
      'setsid sleep 1000 </dev/null >/dev/null 2>&1 & dd if=/dev/zero of=/tmp/file bs=64k count=4 2>/dev/null; echo busy; wait',
    settings,
    scratch: round % 2 === 0,
  });
  console.log('gate');
  probe.go();
  await probe.said('busy');
  console.log('busy');
  // Every third stays, so that there is more than one to clean.
  if (round % 3 !== 2) probe.remove();
}
