import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import type { Check } from './bench-checks.ts';

/** GitHub shows so many annotations of a job; the rest would vanish without a word. */
const MOST = 50;

const LEVEL = { failed: 'error', error: 'error', inconclusive: 'warning' } as const;

/**
 * The checks that are not fine as workflow commands of GitHub Actions, failures first: `::error title=…::…`. At most fifty: where there
 * are more, the last says how many of them are not shown.
 */
export function githubAnnotations(checks: readonly Check[]): string[] {
  const lines = (['failed', 'error', 'inconclusive'] as const).flatMap((status) =>
    checks
      .filter((check) => check.status === status)
      .map(({ suite, name, message }) => ({
        level: LEVEL[status],
        text: `::${LEVEL[status]} title=${property(`${name} (${suite})`)}::${data(message ?? status)}`,
      })),
  );
  if (lines.length <= MOST) return lines.map(({ text }) => text);
  const hidden = lines.slice(MOST - 1);
  const count = (level: string): number => hidden.filter((line) => line.level === level).length;
  const level = count('error') > 0 ? 'error' : 'warning';
  const what = `${formatPlural(count('error'), 'failure')} and ${count('warning')} inconclusive`;
  const last = `::${level} title=${property('and more')}::${data(`${what} are not shown here: the whole list is in the report`)}`;
  return [...lines.slice(0, MOST - 1).map(({ text }) => text), last];
}

/** What a command's text may not hold as it is (actions/toolkit, packages/core/src/command.ts). */
function data(text: string): string {
  return terminalSafe(text).replaceAll('%', '%25');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
