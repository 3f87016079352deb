/** What a run comes to: its exit code, and what is said of it. */
import type { BenchDocument, ProbeResult } from '../schema/bench.ts';
import { formatPlural } from '../text/units.ts';
import { isNamed } from './bench-suites.ts';
import { ExitCode } from './exit-codes.ts';

/** See the head of this file. */
export interface Judged {
  readonly exitCode: ExitCode;
  /** What to say on stderr. */
  readonly notes: readonly string[];
}

/** Exit code and notes. What is unsupported fails nothing that was not required. */
export function judged(
  results: readonly ProbeResult[],
  require: readonly string[],
  runtimes: BenchDocument['environment']['runtimes'],
): Judged {
  const missing = results.filter((result) => require.some((name) => isNamed(result.id, name)) && !isJudged(result));
  const absent = require.filter((name) => !results.some(({ id }) => isNamed(id, name)));
  const errors = results.filter(({ verdict }) => verdict === 'error');
  const [first] = errors;
  const notes = [
    ...runtimes.filter(({ usable }) => !usable).map(({ runtime, why }) => `without ${runtime}: ${why ?? 'not usable'}`),
    ...missing.map(({ id, runtime, verdict, why }) => `required, but ${verdict}: ${id} (${runtime}): ${why ?? ''}`),
    ...absent.map((name) => `required, but not part of this run: ${name}`),
    ...(first === undefined
      ? []
      : [
          `${formatPlural(errors.length, 'probe')} failed to run, such as ${first.id}: ${first.why ?? 'no reason given'}`,
        ]),
  ].map((note) => note.replaceAll(/\s+/g, ' ').trim());
  if (results.some(isBroken) || missing.length + absent.length > 0) return { exitCode: ExitCode.found, notes };
  // Where nothing at all ran to its end, 0 would say that limits hold.
  const isBlind = errors.length > 0 && !results.some(hasRun);
  return { exitCode: isBlind ? ExitCode.inconclusive : ExitCode.ok, notes };
}

function isBroken({ verdict, invariants }: ProbeResult): boolean {
  return verdict === 'fail' || invariants.some(({ holds }) => !holds);
}

/** Only these say whether the limit holds: who requires a probe wants to know. */
function isJudged({ verdict }: ProbeResult): boolean {
  return verdict === 'pass' || verdict === 'fail';
}

function hasRun(result: ProbeResult): boolean {
  return isJudged(result) || result.verdict === 'inconclusive';
}
