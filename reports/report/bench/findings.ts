/** What of benchmarks a reader should know. */
import { formatMeasured, formatRatio } from '../../bench-numbers.ts';
import { namedText } from '../names.ts';
import type { Finding } from '../section.ts';
import { brokenOf } from './results.ts';
import type { Latest, Results } from './results.ts';

/** All findings. */
export function findingsOf(results: Results): Finding[] {
  return [...broken(results), ...failed(results), ...worse(results)];
}

/** Invariants that do not hold, one finding a probe and invariant. */
function broken({ latest }: Results): Finding[] {
  const all = latest.flatMap((one) => brokenOf(one.result.invariants).map((invariant) => ({ ...one, invariant })));
  const groups = Map.groupBy(all, ({ result, invariant }) => `${result.id}\n${invariant.id}`);
  return [...groups.values()].flatMap((group): Finding[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { result, invariant } = first;
    return [
      {
        kind: 'invariant-failed',
        severity: 'high',
        text: `${result.id} in ${runtimesOf(group)}: does not hold: ${invariant.text}; ${invariant.observed}.`,
        count: group.length,
        item: null,
      },
    ];
  });
}

/** Probes that failed though their invariants hold. */
function failed({ latest }: Results): Finding[] {
  const all = latest.filter(({ result }) => result.verdict === 'fail' && brokenOf(result.invariants).length === 0);
  return [...Map.groupBy(all, ({ result }) => result.id)].flatMap(([id, group]): Finding[] => {
    const why = group[0]?.result.why ?? 'it failed';
    const text = `${id} in ${runtimesOf(group)}: ${why}.`;
    return [{ kind: 'probe-failed', severity: 'high', text, count: group.length, item: null }];
  });
}

/** Metrics that are worse than in the runs before. */
function worse({ measured }: Results): Finding[] {
  return measured.flatMap(({ result, metric, history }): Finding[] => {
    const last = history?.state === 'worse' ? history.changes.at(-1) : undefined;
    if (last === undefined) return [];
    const values = `${formatMeasured(last.before, metric.unit)} -> ${formatMeasured(last.after, metric.unit)}`;
    const setup = last.changes.map(({ what, before, after }) => `${what} ${before ?? '?'} -> ${after ?? '?'}`);
    const also = setup.length === 0 ? '' : `; what else was new then: ${namedText(setup)}`;
    const text = `${result.id} in ${result.runtime}: ${metric.name} is worse than before, ${values}, ${formatRatio(last.ratio)}${also}.`;
    return [{ kind: 'bench-regression', severity: 'medium', text, count: 1, item: null }];
  });
}

function runtimesOf(group: readonly Latest[]): string {
  return group.map(({ result }) => result.runtime).join(', ');
}
