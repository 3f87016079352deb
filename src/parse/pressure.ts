import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

const SOME = /^some avg10=\d+\.\d\d avg60=\d+\.\d\d avg300=\d+\.\d\d total=(\d+)\n/;

/**
 * For how long some task waited for a resource since the machine started, in microseconds: `some` of `/proc/pressure/*`
 * (Documentation/accounting/psi.rst; written by `psi_show` in kernel/sched/psi.c).
 * Malformed: the first line is another or is not ended.
 */
export function parsePressure(text: ByteString): number | Malformed {
  const total = SOME.exec(text)?.[1];
  return total === undefined ? new Malformed('/proc/pressure: some', text) : Number(total);
}
