import type { StatusFacts } from '../schema/tasks.ts';
import type { ByteString } from '../text/bytes.ts';
import { completeLines } from './lines.ts';
import { Malformed } from './malformed.ts';

type Four = readonly [number, number, number, number];

/**
 * Parses what is used of `/proc/PID/status` and `/proc/PID/task/TID/status` (proc_pid_status(5); written by
 * `proc_pid_status` in fs/proc/array.c). The name of the task cannot forge another line: newlines in it are escaped
 * here, unlike in `stat`.
 *
 * Fields that an older kernel does not write: `NSpid` (before 4.1, or without pid namespaces) gives no levels;
 * `CapAmb` (before 4.3) the empty set, as that kernel knows no ambient capabilities; `NoNewPrivs` (before 4.10),
 * `Seccomp` and `Seccomp_filters` (before 5.9, or without seccomp) null.
 *
 * Malformed: one of the others is missing, any of them is not of its form, or there is no newline at the end.
 */
export function parseTaskStatus(text: ByteString): StatusFacts | Malformed {
  const lines = completeLines(text);
  if (lines === null) return new Malformed('/proc/PID/status: newline at the end', text);
  const values = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(0, colon));
    // The kernel writes each key once.
    if (USED.has(key)) values.set(key, line.slice(colon + 1).trim());
  }
  const reader = new Reader(values);
  const facts: StatusFacts = {
    nspid: reader.numbers('NSpid', ''),
    uids: reader.four('Uid'),
    gids: reader.four('Gid'),
    groups: reader.numbers('Groups'),
    capInh: reader.capabilities('CapInh'),
    capPrm: reader.capabilities('CapPrm'),
    capEff: reader.capabilities('CapEff'),
    capBnd: reader.capabilities('CapBnd'),
    capAmb: reader.capabilities('CapAmb', '0000000000000000'),
    noNewPrivs: reader.flag('NoNewPrivs'),
    seccomp: reader.number('Seccomp'),
    seccompFilters: reader.number('Seccomp_filters'),
  };
  return reader.malformed ?? facts;
}

const USED = new Set([
  'NSpid',
  'Uid',
  'Gid',
  'Groups',
  'CapInh',
  'CapPrm',
  'CapEff',
  'CapBnd',
  'CapAmb',
  'NoNewPrivs',
  'Seccomp',
  'Seccomp_filters',
]);

/** Reads one field after the other and keeps the first that is not as it should be. */
class Reader {
  malformed: Malformed | null = null;
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  numbers(key: string, absent?: string): number[] {
    const value = this.#match(key, /^(?:\d+(?:\s+\d+)*)?$/, absent);
    return value === null || value === '' ? [] : value.split(/\s+/).map(Number);
  }

  four(key: string): Four {
    const [real = 0, effective = 0, saved = 0, fs = 0] = (this.#match(key, /^\d+(?:\s+\d+){3}$/) ?? '')
      .split(/\s+/)
      .map(Number);
    return [real, effective, saved, fs];
  }

  capabilities(key: string, absent?: string): string {
    return this.#match(key, /^[0-9a-f]{16}$/, absent) ?? '';
  }

  number(key: string): number | null {
    const value = this.#match(key, /^\d*$/, '');
    return value === null || value === '' ? null : Number(value);
  }

  flag(key: string): boolean | null {
    const value = this.#match(key, /^[01]?$/, '');
    return value === null || value === '' ? null : value === '1';
  }

  /** The text of a field, `absent` where there is no such field, null where it is missing or not of its form. */
  #match(key: string, form: RegExp, absent?: string): string | null {
    const value = this.#values.get(key) ?? absent;
    if (value !== undefined && form.test(value)) return value;
    this.malformed ??= new Malformed(`/proc/PID/status: ${key}`, value ?? '');
    return null;
  }
}
