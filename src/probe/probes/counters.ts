/** Numbers in the files of a probe's cgroups. */
import type { Probe } from '../launch/launcher.ts';
import { NsinspectError } from '../../text/error.ts';

/** The file, which must be there: a probe asks for what it needs before it launches. */
export function fileOf(probe: Probe, controller: string, file: string, group?: string): string {
  const text = probe.read(controller, file, group);
  if (text === null) throw new NsinspectError(`${file} is gone from the probe's cgroup`, { code: 'probe-failed' });
  return text;
}

/** The number that a file consists of. */
export function numberOf(probe: Probe, controller: string, file: string, group?: string): number {
  return asNumber(fileOf(probe, controller, file, group).trim(), file);
}

/** The number after a key, in a file of lines `key number`. */
export function keyedOf(probe: Probe, controller: string, file: string, key: string, group?: string): number {
  return asNumber(keyed(fileOf(probe, controller, file, group), key) ?? '', `${file}: ${key}`);
}

/** What follows a key in a text of lines `key value`; null where there is no such line. */
export function keyed(text: string, key: string): string | null {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${key} `));
  return line === undefined ? null : line.slice(key.length + 1);
}

function asNumber(text: string, what: string): number {
  if (!/^\d+$/.test(text)) throw new NsinspectError(`${what} is no number`, { code: 'probe-failed' });
  return Number(text);
}

/** Where the CPU time of a cgroup is counted: `cpuacct` of v1, or `cpu.stat`, which every cgroup of v2 has. */
export type UsageSource = 'cpuacct' | 'v2';

/** CPU time of the payload's cgroup, microseconds. */
export function usageOf(probe: Probe, source: UsageSource, group?: string): number {
  return source === 'cpuacct'
    ? numberOf(probe, 'cpuacct', 'cpuacct.usage', group) / 1000
    : keyedOf(probe, 'v2', 'cpu.stat', 'usage_usec', group);
}
