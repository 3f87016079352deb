/** Files of the cpu controllers of both versions, and payloads that use CPU time. */
import type { CgroupSetting, Probe } from '../../launch/launcher.ts';
import { keyedOf, type UsageSource } from '../counters.ts';
import type { Need } from '../probe.ts';
import type { World } from '../world.ts';

/** What a probe of CPU time needs: v1 counts it in a controller of its own, v2 in every cgroup. `files`: those that not every kernel has. */
export function cpuNeeds(
  more: readonly Need[] = [],
  files?: { readonly v1: string; readonly v2: string },
): readonly (readonly Need[])[] {
  return ([1, 2] as const).map((version) => [
    { controller: 'cpu', version, ...(files === undefined ? {} : { file: version === 1 ? files.v1 : files.v2 }) },
    ...(version === 1 ? [{ controller: 'cpuacct', version } as const] : []),
    ...more,
  ]);
}

/** Controllers to be joined so that CPU time can be limited and read. */
export function cpuControllers(world: World): readonly string[] {
  return world.version('cpu') === 1 ? ['cpu', 'cpuacct'] : ['cpu'];
}

/** Where CPU time is counted on this machine. */
export function usageSource(world: World): UsageSource {
  return world.version('cpuacct') === 1 ? 'cpuacct' : 'v2';
}

/** A quota, both in microseconds. v1: the period first, since a quota is checked against it. */
export function quotaSettings(world: World, quota: number, period: number): CgroupSetting[] {
  if (world.version('cpu') === 2) return [{ controller: 'cpu', file: 'cpu.max', value: `${quota} ${period}` }];
  return [
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(period) },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: String(quota) },
  ];
}

/**
 * Precedence over everything else on the machine: beside many busy tasks a payload would never use up its quota, and two would
 * have little to share. It is on the scope, whose neighbours those are, for a second or two.
 */
export function precedence(world: World): CgroupSetting {
  return world.version('cpu') === 1
    ? { controller: 'cpu', file: 'cpu.shares', value: '262144', group: '' }
    : { controller: 'cpu', file: 'cpu.weight', value: '10000', group: '' };
}

/** Bandwidth control's own counters (sched-bwc.rst, "Statistics"). Times in microseconds. */
export interface Bandwidth {
  readonly periods: number;
  readonly throttled: number;
  readonly bursts: number | null;
  readonly burstTime: number | null;
}

/** The counters of the payload's cgroup. */
export function bandwidthOf(probe: Probe, hasBurst: boolean): Bandwidth {
  const count = (key: string) => keyedOf(probe, 'cpu', 'cpu.stat', key);
  const isV2 = probe.scope.version('cpu') === 2;
  const burstTime = () => (isV2 ? count('burst_usec') : count('burst_time') / 1000);
  return {
    periods: count('nr_periods'),
    throttled: count('nr_throttled'),
    bursts: hasBurst ? count('nr_bursts') : null,
    burstTime: hasBurst ? burstTime() : null,
  };
}

/** Busy loops side by side, ended after some seconds by timeout(1). */
export function busyScript(seconds: number, loops = 1): string {
  const loop = `timeout -s KILL ${seconds} sh -c 'while :; do :; done' 2>/dev/null`;
  return `n=0; while [ $n -lt ${loops} ]; do ${loop} & n=$((n + 1)); done; wait`;
}

/** CPU time of every CPU, microseconds, in order of their numbers (v1). */
export function usagePerCpu(probe: Probe): number[] {
  const text = probe.read('cpuacct', 'cpuacct.usage_percpu') ?? '';
  return text
    .trim()
    .split(/\s+/)
    .map((time) => Number(time) / 1000);
}
