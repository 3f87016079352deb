/**
 * Runs in the guest, which is for probes alone: `node mutate.mjs TIMES PROBE…`. Each of these probes is run with its limit
 * loosened behind its back, in every way that there is, and with the limit in place. Prints what each run came to as a line of JSON.
 */
import { mutations, nativeWorld, runProbe, saysOf } from '../support/mutations.ts';

/** One run. `what`: how the limit was loosened; null: it was in place. */
export interface MutatedRun {
  readonly id: string;
  readonly what: string | null;
  readonly verdict: string;
  readonly says: string;
}

const [times = '1', ...ids] = process.argv.slice(2);
const all = mutations(nativeWorld(), true);
for (const id of ids) {
  // One that is merely twice as fast is told by time, which says nothing here.
  const ways = all.filter((mutation) => mutation.id === id && mutation.what !== '2 x limit');
  for (const { what, tamper } of [...ways, { what: null, tamper: undefined }]) {
    for (let time = 0; time < Number(times); time++) {
      const result = await runProbe(id, tamper, undefined, true);
      const run: MutatedRun = { id, what, verdict: result.verdict, says: saysOf(result) };
      process.stdout.write(`${JSON.stringify(run)}\n`);
    }
  }
}
