/** What the history tells of benchmarks, for `bench history`. */
import type { BenchHistoryDocument, HistoryRun, MetricHistory, ProbeFailures } from '../schema/bench-history.ts';
import { failuresOf, setupChanges } from '../stats/history-failures.ts';
import { metricsOf } from '../stats/history-metrics.ts';
import type { Store, StoredRun } from '../store/store.ts';
import { NsinspectError } from '../text/error.ts';
import { findRun, runInfo, runOfStore } from './bench-stored.ts';
import { isNamed } from './bench-suites.ts';
import { parseMoment, type Moment } from './moment.ts';

/** What is asked. */
export interface HistoryWishes {
  /** Probes by id or its beginning, or metrics by name; none: all. */
  readonly names: readonly string[];
  /** A moment; only runs from then on, and of its host where it names one. */
  readonly since: string | undefined;
  /** Only the newest so many of these. */
  readonly limit: number;
  /** Only runs of this host. */
  readonly host: string | undefined;
}

/** The runs that are asked for, and what became of probes and metrics in them. */
export function historyOf(
  store: Store,
  { names, since, limit, host }: HistoryWishes,
): Pick<BenchHistoryDocument, 'count' | 'runs' | 'failures' | 'metrics'> {
  const all = store.runs();
  const moment = since === undefined ? null : parseMoment(since, Date.now());
  const ofHost = runsOfHost(all, hostOf(host, moment));
  const asked = moment === null ? ofHost : runsSince(ofHost, moment);
  const chosen = asked.slice(-limit);
  const numbered = chosen.map(({ id }) => ({ id, run: runOfStore(store, id) }));
  const runs = chosen.map((stored, at): HistoryRun => {
    const [before, run] = [numbered[at - 1]?.run, numbered[at]?.run];
    if (run === undefined) throw new RangeError('a run that was not read');
    return { ...runInfo(stored, run), changes: before === undefined ? [] : setupChanges(before, run) };
  });
  // All are judged, as the correction is for all of a run, and then those shown that are asked for.
  const [failures, metrics] = [failuresOf(numbered), metricsOf(numbered)];
  refuseUnknown(
    names,
    numbered.flatMap(({ run }) => run.results.map(({ id }) => id)),
    metrics,
  );
  return {
    count: all.length,
    runs,
    failures: failures.filter((one) => isAsked(one, names)),
    metrics: metrics.filter((one) => isAsked(one, names)),
  };
}

/** The host that a flag or the moment names; null: neither does. */
function hostOf(host: string | undefined, moment: Moment | null): string | null {
  const ofMoment = moment === null || moment.kind === 'id' ? null : moment.host;
  if (host !== undefined && ofMoment !== null && host !== ofMoment) {
    throw new NsinspectError(`--host ${host} and --since name different hosts`, {
      code: 'usage',
      hint: `--since is of ${ofMoment}`,
    });
  }
  return host ?? ofMoment;
}

/** Null: the runs of all hosts. */
function runsOfHost(all: readonly StoredRun[], host: string | null): readonly StoredRun[] {
  const ofHost = host === null ? all : all.filter(({ hostname }) => hostname === host);
  if (host === null || ofHost.length > 0) return ofHost;
  const hosts = [...new Set(all.map(({ hostname }) => hostname ?? 'no name'))].slice(0, 12).join(', ');
  throw new NsinspectError(`there is no run of the host ${host}`, {
    code: 'no-such-run',
    hint: all.length === 0 ? null : `there are runs of ${hosts}`,
  });
}

/** A number means that run and those after it, a time those that were taken then and later. */
function runsSince(runs: readonly StoredRun[], moment: Moment): readonly StoredRun[] {
  if (moment.kind === 'time') return runs.filter(({ takenAt }) => Date.parse(takenAt) >= moment.at);
  const { id } = findRun(runs, moment);
  return runs.slice(runs.findIndex((run) => run.id === id));
}

function isAsked(one: Pick<ProbeFailures, 'id'> | MetricHistory, names: readonly string[]): boolean {
  return names.length === 0 || names.some((name) => isNamed(one.id, name) || ('metric' in one && isMetric(one, name)));
}

function isMetric({ metric }: MetricHistory, name: string): boolean {
  return metric.toLowerCase().includes(name.toLowerCase());
}

function refuseUnknown(names: readonly string[], ids: readonly string[], metrics: readonly MetricHistory[]): void {
  const unknown = names.find(
    (name) => !ids.some((id) => isNamed(id, name)) && !metrics.some((metric) => isMetric(metric, name)),
  );
  if (unknown === undefined) return;
  const known = [...new Set(metrics.map(({ metric }) => metric))].slice(0, 20).join(', ');
  throw new NsinspectError(`no probe and no metric of these runs is called ${unknown}`, {
    code: 'unknown-probe',
    hint: known === '' ? null : `metrics are ${known}`,
  });
}
