import type { Reporter, TestModule, TestCase } from 'vitest/node';

/**
 * Ends the output with what a person or a script wants to know: which tests were skipped for want of which component,
 * and a last line `N passed, N failed, N skipped`. A file that fails to load counts as one failed test.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.errors().length > 0 || brokenSuites(module) > 0).length;
    const failed = count('failed') + broken + unhandledErrors.length;
    const missing = new Map<string, number>();
    for (const test of tests.filter((candidate) => candidate.result().state === 'skipped')) {
      const reason = skipReason(test);
      missing.set(reason, (missing.get(reason) ?? 0) + 1);
    }
    // After what the default reporter prints at the end, whatever the order in which the two are called.
    process.once('exit', (status) => {
      // What fails before any test, a build for instance, is a failure nobody counted.
      const failures = failed === 0 && status !== 0 ? 1 : failed;
      for (const [reason, skipped] of missing) process.stdout.write(`skipped ${String(skipped)}: ${reason}\n`);
      process.stdout.write(
        `${String(count('passed'))} passed, ${String(failures)} failed, ${String(count('skipped'))} skipped\n`,
      );
    });
  }
}

function brokenSuites(module: TestModule): number {
  return [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
}

/** `component()` writes the reason into the suite's name, since a skipped suite runs nothing that could tell. */
function skipReason(test: TestCase): string {
  const named = /\[needs [^\]]+\]/.exec(test.fullName);
  return named === null ? test.fullName : named[0].slice(1, -1);
}
