/** Rules of `devices.list`: what a cgroup of v1 allows. */
import type { DiffKind } from '../schema/diff-document.ts';

/** Words of a line: type (`a`, `b`, `c`), `MAJOR:MINOR` with `*` for any, access out of `rwm`. */
type Rule = readonly string[];

/**
 * Which way a list went. Each access is allowed by one rule alone (match_exception in security/device_cgroup.c), so that a rule
 * takes nothing new in where another one of before covers it. `changed`: the same is allowed in other words.
 */
export function directionOfDevices(before: readonly Rule[], after: readonly Rule[]): DiffKind {
  if (after.some((rule) => !isCovered(rule, before))) return 'loosened';
  return before.some((rule) => !isCovered(rule, after)) ? 'tightened' : 'changed';
}

function isCovered(rule: Rule, by: readonly Rule[]): boolean {
  return by.some((other) => covers(other, rule));
}

function covers(wide: Rule, narrow: Rule): boolean {
  if (wide.join(' ') === narrow.join(' ')) return true;
  const [type, numbers, access] = wide;
  const [ofType, ofNumbers, ofAccess] = narrow;
  if (numbers === undefined || access === undefined || ofNumbers === undefined || ofAccess === undefined) return false;
  if (type !== 'a' && type !== ofType) return false;
  const asked = ofNumbers.split(':');
  const isWithin = numbers.split(':').every((number, at) => number === '*' || number === asked[at]);
  return isWithin && Array.from(ofAccess).every((letter) => access.includes(letter));
}
