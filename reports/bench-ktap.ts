import { terminalSafe } from '../src/text/safe.ts';
import type { Check } from './bench-checks.ts';

/**
 * The checks as KTAP, version 1 (the kernel's Documentation/dev-tools/ktap.rst): a test with subtests for each suite. What was skipped or
 * could not be judged is `ok … # SKIP`, as KTAP has no third result.
 */
export function ktap(checks: readonly Check[]): string {
  const suites = [...Map.groupBy(checks, ({ suite }) => suite)];
  const lines = ['KTAP version 1', `1..${suites.length}`];
  for (const [at, [suite, members]] of suites.entries()) {
    const inner = ['KTAP version 1', `1..${members.length}`];
    for (const [number, check] of members.entries()) inner.push(...checkLines(check, number + 1));
    lines.push(...inner.map((line) => `  ${line}`));
    const isOk = members.every(({ status }) => status !== 'failed' && status !== 'error');
    lines.push(`${isOk ? 'ok' : 'not ok'} ${at + 1} ${description(suite)}`);
  }
  return [...lines, ''].join('\n');
}

function checkLines({ name, status, message, details }: Check, number: number): string[] {
  const isOk = status !== 'failed' && status !== 'error';
  const result = `${isOk ? 'ok' : 'not ok'} ${number} ${description(name)}`;
  const said = message === null ? '' : ` ${terminalSafe(message)}`;
  const notes = status === 'ok' && message !== null ? [message, ...details] : details;
  const before = notes.map((line) => `# ${terminalSafe(line)}`);
  switch (status) {
    case 'ok':
      return [...before, result];
    case 'failed':
      return [...before, `# ${said.trimStart() || 'failed'}`, result];
    case 'error':
      return [...before, `${result} # ERROR${said}`];
    case 'inconclusive':
      return [...before, `${result} # SKIP inconclusive:${said}`];
    case 'skipped':
      return [...before, `${result} # SKIP${said}`];
  }
}

/** A description ends where a number sign begins a directive. */
function description(name: string): string {
  return terminalSafe(name).replaceAll('#', '_');
}
