import { terminalSafe } from '../src/text/safe.ts';
import type { Check } from './bench-checks.ts';
import { escapeAttribute } from './escape.ts';

/**
 * The checks as JUnit XML, the dialect that Jenkins, GitLab and GitHub's actions read: a failed check is a `failure`, one that could not run
 * an `error`; what was skipped or could not be judged is `skipped`, since the format has no word for it.
 */
export function junit(checks: readonly Check[]): string {
  const suites = Map.groupBy(checks, ({ suite }) => suite);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="nsinspect bench"${countsOf(checks)}>`];
  for (const [suite, members] of suites) {
    lines.push(`  <testsuite name="${xml(suite)}"${countsOf(members)}>`);
    for (const check of members) lines.push(...caseLines(check));
    lines.push('  </testsuite>');
  }
  return [...lines, '</testsuites>', ''].join('\n');
}

function countsOf(checks: readonly Check[]): string {
  const count = (...statuses: Check['status'][]): number =>
    checks.filter((one) => statuses.includes(one.status)).length;
  const seconds = checks.reduce((sum, one) => sum + (one.seconds ?? 0), 0);
  const counts = `tests="${checks.length}" failures="${count('failed')}" errors="${count('error')}"`;
  return ` ${counts} skipped="${count('skipped', 'inconclusive')}" time="${seconds.toFixed(3)}"`;
}

const ELEMENT = { failed: 'failure', error: 'error', inconclusive: 'skipped', skipped: 'skipped' } as const;

function caseLines({ suite, name, status, message, details, seconds }: Check): string[] {
  const time = seconds === null ? '' : ` time="${seconds.toFixed(3)}"`;
  const lines = [`    <testcase classname="${xml(suite)}" name="${xml(name)}"${time}>`];
  const said = message === null ? [] : [message];
  if (status !== 'ok') {
    const prefix = status === 'inconclusive' ? 'inconclusive: ' : '';
    lines.push(`      <${ELEMENT[status]} message="${xml(prefix + (message ?? status))}"/>`);
  }
  const out = (status === 'ok' ? [...said, ...details] : details).map(xml);
  if (out.length > 0) lines.push(`      <system-out>${out.join('\n')}</system-out>`);
  return [...lines, '    </testcase>'];
}

/** XML 1.0 has no place for control characters, not even as references, nor for U+FFFE and U+FFFF. */
function xml(text: string): string {
  return escapeAttribute(terminalSafe(text).replaceAll(/[\ufffe\uffff]/g, '\ufffd'));
}
