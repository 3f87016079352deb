/**
 * Runs in the guest, which is for probes alone: `node mutate.mjs TIMES PROBE…`. Each of these probes is run with its limit
 * loosened behind its back, in every way that there is, and with the limit in place. Prints what each run came to as a line of JSON.
 */
import { NativeLauncher } from '../../src/probe/launch/native.ts';
import { LIMIT_PROBES } from '../../src/probe/probes/limits/index.ts';
import { verdictOf } from '../../src/probe/probes/probe.ts';
import { mutations, nativeWorld } from '../support/mutations.ts';

/** One run. `what`: how the limit was loosened; null: it was in place. */
export interface MutatedRun {
  readonly id: string;
  readonly what: string | null;
  readonly verdict: string;
  readonly says: string;
}

const [times = '1', ...ids] = process.argv.slice(2);
const world = nativeWorld();
const launcher = new NativeLauncher();
const all = mutations(world, true);
for (const id of ids) {
  const probe = LIMIT_PROBES.find((candidate) => candidate.id === id);
  if (probe === undefined) throw new Error(`no probe ${id}`);
  // One that is merely twice as fast is told by time, which says nothing here.
  const ways = all.filter((mutation) => mutation.id === id && mutation.what !== '2 x limit');
  for (const { what, tamper } of [...ways, { what: null, tamper: undefined }]) {
    for (let time = 0; time < Number(times); time++) {
      const context = { launcher, world, quick: true, ownMachine: true };
      const trial = await probe.run(tamper === undefined ? context : { ...context, tamper });
      const says = [trial.why ?? '', ...trial.invariants.map(({ text, observed }) => `${text}: ${observed}`)].join(
        ' | ',
      );
      const run: MutatedRun = { id, what, verdict: verdictOf(trial), says };
      process.stdout.write(`${JSON.stringify(run)}\n`);
    }
  }
}
