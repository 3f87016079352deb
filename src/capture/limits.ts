import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { parseCpusAllowed } from '../parse/cpus-allowed.ts';
import { parseLimits } from '../parse/limits.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseMemInfo } from '../parse/meminfo.ts';
import type { HostLimits, LimitsFacet, ProcessLimits } from '../schema/cgroups.ts';
import type { Outcome } from '../schema/outcome.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads what bounds tasks outside cgroups: the host's own limits, and those of these processes that are still there. */
export function captureLimits(host: Host, pids: Iterable<number>): LimitsFacet {
  const proc = host.open('/proc');
  const processes: ProcessLimits[] = [];
  const ascending = [...new Set(pids)].sort((a, b) => a - b);
  for (const pid of proc instanceof Failure ? [] : ascending) {
    const dir = proc instanceof Failure ? proc : proc.open(String(pid));
    if (dir instanceof Failure) continue;
    processes.push(readProcess(dir, pid));
    dir.close();
  }
  const facet: LimitsFacet = { version: 1, host: readHost(host, proc instanceof Failure ? null : proc), processes };
  if (!(proc instanceof Failure)) proc.close();
  return facet;
}

function readProcess(dir: Dir, pid: number): ProcessLimits {
  const limits: Writable<ProcessLimits> = { pid, rlimits: {}, affinity: null, openFiles: null };
  const unknown: Record<string, Outcome> = {};

  const text = dir.read('limits');
  const rlimits = text instanceof Failure ? text : parseLimits(text);
  if (rlimits instanceof Failure) unknown['rlimits'] = rlimits.asOutcome;
  else if (isMalformed(rlimits)) unknown['rlimits'] = 'malformed';
  else limits.rlimits = rlimits;

  const status = dir.read('status');
  if (status instanceof Failure) unknown['affinity'] = status.asOutcome;
  else limits.affinity = parseCpusAllowed(status);

  const fds = dir.list('fd');
  if (fds instanceof Failure) unknown['openFiles'] = fds.asOutcome;
  else limits.openFiles = fds.length;

  if (Object.keys(unknown).length > 0) limits.unknown = unknown;
  return limits;
}

function readHost(host: Host, proc: Dir | null): HostLimits {
  const read = (dir: Dir | null, name: string): string | null => {
    const text = dir?.read(name) ?? null;
    return text instanceof Failure ? null : text;
  };
  const text = read(proc, 'meminfo');
  const memory = text === null ? null : parseMemInfo(text);
  const isRead = memory !== null && !isMalformed(memory);
  const cpu = host.open('/sys/devices/system/cpu');
  const cpus = read(cpu instanceof Failure ? null : cpu, 'online');
  if (!(cpu instanceof Failure)) cpu.close();
  return {
    memory: isRead ? memory.memory : null,
    swap: isRead ? memory.swap : null,
    cpus: cpus?.trim() ?? null,
    pidMax: numberIn(read(proc, 'sys/kernel/pid_max')),
    threadsMax: numberIn(read(proc, 'sys/kernel/threads-max')),
  };
}

/** The number that is all of a sysctl's text. */
function numberIn(text: string | null): number | null {
  return text !== null && /^\d+\n$/.test(text) ? Number(text) : null;
}
