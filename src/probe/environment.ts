/** On what a run was measured, from /proc and the cgroup hierarchies. */
import { accessSync, constants } from 'node:fs';
import os from 'node:os';

import { Failure, type Host } from '../host/port.ts';
import type { BenchEnvironment, RuntimeFacts } from '../schema/bench.ts';
import type { Outcome } from '../schema/outcome.ts';
import { liveHierarchies } from './hierarchies.ts';

/** The environment. `runtimes`: what was found out about them. */
export function environmentOf(host: Host, runtimes: readonly RuntimeFacts[]): BenchEnvironment {
  const unknown: { -readonly [K in keyof NonNullable<BenchEnvironment['unknown']>]: Outcome } = {};
  const proc = host.open('/proc');
  const read = (field: keyof typeof unknown, name: string, pattern: RegExp): string | null => {
    const text = proc instanceof Failure ? proc : proc.read(name);
    const value = text instanceof Failure ? undefined : pattern.exec(text)?.[1];
    if (value === undefined) unknown[field] = text instanceof Failure ? text.asOutcome : 'absent';
    return value ?? null;
  };
  const bootId = read('bootId', 'sys/kernel/random/boot_id', /^([0-9a-f-]{36})$/m);
  // arm64 and others name no model.
  const cpuModel = read('cpuModel', 'cpuinfo', /^model name\s*: (.+)$/m);
  const kilobytes = read('memory', 'meminfo', /^MemTotal:\s+(\d+) kB$/m);
  if (!(proc instanceof Failure)) proc.close();
  const hierarchies = liveHierarchies();
  const controllers = hierarchies
    .flatMap(({ version, controllers: usable, withheld }) =>
      [...usable, ...withheld].map((name) => ({ name, version })),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const versions = new Set(hierarchies.map(({ version }) => version));
  return {
    bootId,
    hostname: os.hostname(),
    kernel: os.release(),
    arch: os.machine(),
    cgroupMode: versions.size === 2 ? 'hybrid' : versions.has(2) ? 'v2' : 'v1',
    controllers,
    cpuModel,
    cpus: os.availableParallelism(),
    memory: kilobytes === null ? null : String(BigInt(kilobytes) * 1024n),
    kvm: hasKvm(),
    uid: process.geteuid?.() ?? 0,
    runtimes,
    ...(Object.keys(unknown).length === 0 ? {} : { unknown }),
  };
}

function hasKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM', 'ENXIO', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false;
    throw error;
  }
}
