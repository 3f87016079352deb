/** What a checker of accessibility finds: axe-core with its rules for WCAG 2 A and AA and its best practices. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { madeReport } from '../report/made-report.ts';
import { describeWith } from '../support/components.ts';
import { crowdedHost, dockerHost, pageOf, pageOfReport, TestBrowser } from './support.ts';
import type { Opened } from './support.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is serious or critical, with where it is. */
async function serious({ page }: Opened): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
  // A checker that looked at nothing finds nothing.
  expect(passes.length).toBeGreaterThan(20);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ target, failureSummary }) => `${id} ${target.join(' ')} ${failureSummary}`),
    );
}

describeWith(['chromium'], 'accessibility of a page', () => {
  let browser: TestBrowser;
  const pages: Record<string, string> = {};
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    pages['three containers'] = await pageOf(await dockerHost());
    pages['two hundred containers'] = await pageOf(crowdedHost());
    pages['made blocks'] = pageOfReport(madeReport());
  });
  afterAll(() => browser.close());

  for (const name of ['three containers', 'two hundred containers', 'made blocks']) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`holds: ${name}, ${colorScheme}`, async () => {
        const opened = await browser.open(pages[name] ?? '', { colorScheme });
        expect(await serious(opened)).toEqual([]);
      });
    }
  }

  it('holds on a telephone, and while something is searched for', async () => {
    const opened = await browser.open(pages['three containers'] ?? '', { viewport: { width: 400, height: 800 } });
    expect(await serious(opened)).toEqual([]);
    await opened.page.locator('#find').fill('docker');
    await opened.page.waitForFunction(() => document.querySelector('#found')?.textContent !== '');
    expect(await serious(opened)).toEqual([]);
  });

  it('is found wanting where it is', async () => {
    const opened = await browser.open(pages['made blocks'] ?? '');
    await opened.page.evaluate(() => document.querySelector('label')?.remove());
    await opened.page.evaluate(() => document.querySelector('#find')?.removeAttribute('placeholder'));
    expect((await serious(opened)).join()).toMatch(/label/);
  });
});
