/** What a reader does with the page of a report. */
import { readFileSync } from 'node:fs';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { decodeCapture } from '../../src/capture/file.ts';
import { processItem, itemHref } from '../../reports/report/items.ts';
import { reportPage } from '../../reports/report/page.ts';
import { describeWith } from '../support/components.ts';
import { columnOf, crowdedHost, dockerHost, pageOf, reportOf, TestBrowser } from './support.ts';

const TABLE = 'processes-processes-table';

/** How far what is wider than the window can be moved sideways. */
function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Waits until the search says so. */
async function found(page: Page, what: RegExp): Promise<void> {
  await page.locator('#found').filter({ hasText: what }).waitFor();
}

describeWith(['chromium'], 'the page of a report', () => {
  const crowd = crowdedHost();
  let browser: TestBrowser;
  let docker: string;
  let big: string;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    docker = await pageOf(await dockerHost());
    big = await pageOf(crowd);
  });
  afterAll(() => browser.close());

  it('opens without a request, a message or a violation of its policy, and says first what it is about', async () => {
    const { page, troubles } = await browser.open(big);
    expect(await page.title()).toBe('bench: isolation report, 2026-01-01 00:00:00 UTC');
    expect(await page.locator('h1').innerText()).toBe('bench');
    expect(await page.locator('.tiles').innerText()).toMatch(
      /containers\s+200\s+processes\s+5,000\s+namespaces\s+1,608\s/,
    );
    const firstScreen = page.locator('.finding:visible, .contents li');
    for (const one of await firstScreen.all()) expect(await one.innerText()).not.toBe('');
    expect(await page.locator('.finding:visible').count()).toBeLessThanOrEqual(3);
    const last = await page.locator('.contents').boundingBox();
    expect((last?.y ?? Infinity) + (last?.height ?? 0)).toBeLessThan(1100);
    expect(troubles).toEqual([]);
  });

  it('finds what is not in the document yet, counts it, and shows all again', async () => {
    const { page, troubles } = await browser.open(big);
    const all = await page.locator(`#${TABLE} tbody tr`).count();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('find');
    await page.keyboard.type('SERVICE-173 :8074');
    await found(page, /^1 match in 1 of \d+ sections$/);
    // Pid p is in container p mod 201 and listens on 8000 + p mod 100, its first one is 174.
    const expected = crowd.tasks!.processes.filter(({ pid }) => (pid - 1) % 201 === 173 && pid % 100 === 74);
    expect(expected).toHaveLength(1);
    expect(await columnOf(page, TABLE, 1)).toEqual(expected.map(({ pid }) => `${pid} #`));
    expect(await page.locator('nav [data-section=processes] .count').innerText()).toBe('1');
    expect(await page.locator('.section:visible').count()).toBe(1);

    await page.keyboard.press('Control+a');
    await page.keyboard.type('no such thing');
    await found(page, /^no match$/);
    expect(await page.locator('.section:visible').count()).toBe(0);

    await page.keyboard.press('Escape');
    expect(await page.locator('#found').innerText()).toBe('');
    expect(await page.locator(`#${TABLE} tbody tr`).count()).toBe(all);
    expect(await page.locator('.section').count()).toBe(await page.locator('.section:visible').count());
    expect(troubles).toEqual([]);
  });

  it('shows of a tree what matches, with what is above it', async () => {
    const { page } = await browser.open(docker);
    await page.locator('#find').fill('docker:side');
    await found(page, /match/);
    const texts = await page.locator('.tree:visible .node:visible').allInnerTexts();
    expect(texts).toContain('docker:side');
    expect(texts).not.toContain('docker:plain');
    expect(texts.length).toBeGreaterThan(1);
  });

  it('sorts by the value of a column, both ways, and back', async () => {
    const { page } = await browser.open(big);
    const header = page.locator(`#${TABLE} thead th`).first();
    const first = await columnOf(page, TABLE, 1);
    await header.getByRole('button').click();
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
    await header.getByRole('button').click();
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    // All rows are sorted, not those alone that are shown.
    const numbers = (await columnOf(page, TABLE, 1)).map((text) => parseInt(text, 10));
    expect(numbers).toEqual(Array.from({ length: first.length }, (_, at) => 5000 - at));
    await header.getByRole('button').click();
    expect(await header.getAttribute('aria-sort')).toBeNull();
    expect(await columnOf(page, TABLE, 1)).toEqual(first);
  });

  it('shows more rows, and goes on where it was', async () => {
    const { page } = await browser.open(big);
    const before = await page.locator(`#${TABLE} tbody tr`).count();
    await page.locator(`#${TABLE} .rest button`).click();
    expect(await page.locator(`#${TABLE} tbody tr`).count()).toBe(before + 200);
    const focused = await page.evaluate(() => (document.activeElement as HTMLTableRowElement).rowIndex);
    expect(focused).toBe(before + 1);
  });

  it('follows a link to a row that is not in the document, and back and forth', async () => {
    const far = crowd.tasks!.processes[4321]!;
    const item = processItem(far);
    const { page, troubles } = await browser.open(big, { hash: itemHref(item) });
    const target = page.locator('.target');
    expect(await target.getAttribute('id')).toBe(item);
    expect(await target.locator('th').innerText()).toMatch(`${far.pid}`);
    const isInView = () =>
      target.evaluate((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && document.activeElement === row;
      });
    expect(await isInView()).toBe(true);

    const link = page.locator(`#${TABLE} tbody tr td a`).first();
    const other = decodeURIComponent(((await link.getAttribute('href')) ?? '').slice(1));
    await link.click();
    await page.waitForFunction((id) => document.querySelector('.target')?.id === id, other);
    expect(await isInView()).toBe(true);
    await page.goBack();
    await page.waitForFunction((id) => document.querySelector('.target')?.id === id, item);
    expect(await isInView()).toBe(true);
    await page.goForward();
    await page.waitForFunction((id) => document.querySelector('.target')?.id === id, other);
    expect(troubles).toEqual([]);
  });

  it('follows a link to what the search hides', async () => {
    const { page } = await browser.open(big);
    await page.locator('#find').fill('service-12');
    await found(page, /match/);
    const item = processItem(crowd.tasks!.processes[17]!);
    await page.evaluate((hash) => (location.hash = hash), itemHref(item));
    await page.waitForFunction((id) => document.querySelector('.target')?.id === id, item);
    expect(await page.locator('#find').inputValue()).toBe('');
  });

  it('has for every link of the document a place to which it leads', async () => {
    const { page } = await browser.open(docker);
    const hrefs = await page
      .locator('a[href^="#"]')
      .evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute('href') ?? ''))]);
    expect(hrefs.length).toBeGreaterThan(30);
    for (const href of hrefs) {
      await page.evaluate((hash) => (location.hash = hash), href);
      const id = decodeURIComponent(href.slice(1));
      await page.waitForFunction((name) => document.activeElement?.id === name, id, { timeout: 5000 });
    }
  });

  it('has a way past the bar', async () => {
    const { page } = await browser.open(docker);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'content');
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await browser.open(docker);
    // Whatever can be pressed is reached in the order of the document, and is seen to be.
    const reached = new Set<string>();
    for (let press = 0; press < 400; press++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const one = document.activeElement;
        if (one === null || one === document.body) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return {
          what: `${one.tagName}.${(one.getAttribute('class') ?? '').split(' ')[0]}`,
          outlineStyle,
          outlineWidth,
        };
      });
      if (at === null) break;
      reached.add(at.what);
      if (at.what.startsWith('svg') || at.what === 'g.') continue;
      expect(at, `${at.what} shows that it has the focus`).toMatchObject({
        outlineStyle: 'solid',
        outlineWidth: '2px',
      });
    }
    for (const what of ['INPUT.', 'BUTTON.', 'A.brand', 'BUTTON.sort', 'SUMMARY.', 'A.self', 'DIV.scroll']) {
      expect(reached).toContain(what);
    }
  });

  it('has tabs that arrows move through', async () => {
    const { page } = await browser.open(docker);
    const tabs = page.locator('[role=tablist]').first().locator('[role=tab]');
    expect(await tabs.count()).toBeGreaterThan(1);
    await tabs.first().focus();
    await page.keyboard.press('ArrowRight');
    const second = tabs.nth(1);
    expect(await second.getAttribute('aria-selected')).toBe('true');
    expect(await tabs.first().getAttribute('aria-selected')).toBe('false');
    expect(await second.evaluate((tab) => document.activeElement === tab)).toBe(true);
    const panel = page.locator(`[id="${await second.getAttribute('aria-controls')}"]`);
    expect(await panel.isVisible()).toBe(true);
    await page.keyboard.press('Home');
    expect(await panel.isVisible()).toBe(false);
  });

  it('folds and unfolds', async () => {
    const { page } = await browser.open(docker);
    const tree = page.locator('.tree:visible').first();
    const open = () => tree.locator('details[open]').count();
    await tree.getByRole('button', { name: 'Unfold all' }).click();
    const unfolded = await open();
    expect(unfolded).toBeGreaterThan(0);
    expect(unfolded).toBe(await tree.locator('details').count());
    await tree.getByRole('button', { name: 'Fold all', exact: true }).click();
    expect(await open()).toBe(0);
    await tree.locator('summary').first().press('Enter');
    expect(await open()).toBe(1);
    expect(await tree.locator('details[open] > ul > li').count()).toBeGreaterThan(0);
  });

  it('is light or dark as the system is, or as its reader says until it is closed', async () => {
    const { page } = await browser.open(docker, { colorScheme: 'dark' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.locator('#theme').click();
    const light = await ground();
    expect([dark, light]).toEqual(['rgb(15, 20, 25)', 'rgb(255, 255, 255)']);
    await page.reload();
    expect(await ground()).toBe(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await ground()).toBe(light);
    const kept = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
    expect(kept).toEqual([0, 0, '']);
  });

  it('prints without controls, with what is folded beside a text', async () => {
    const { page } = await browser.open(docker, { colorScheme: 'dark' });
    const gaps = page.locator('.gaps li').first();
    expect(await gaps.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await gaps.isVisible()).toBe(true);
    expect(await page.locator('.bar').isVisible()).toBe(false);
    expect(await page.locator('.rest button:visible, .controls:visible, [role=tablist]:visible').count()).toBe(0);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
    // Nothing is cut off by a box that scrolls on a screen.
    const cut = await page
      .locator('.table .scroll')
      .evaluateAll((boxes) => boxes.filter((box) => box.clientHeight + 2 < box.scrollHeight).length);
    expect(cut).toBe(0);
    const pdf = Buffer.from(await page.pdf({ format: 'A4' })).toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(3);
    expect(await page.locator('#gaps').getAttribute('open')).toBeNull();
  });

  it('fits into 400 pixels', async () => {
    for (const html of [docker, big]) {
      const { page } = await browser.open(html, { viewport: { width: 400, height: 800 } });
      expect(await sideways(page)).toBe(0);
      await page.locator('#find').fill('service');
      await found(page, /match/);
      expect(await sideways(page)).toBe(0);
    }
  });

  it('gives back the capture it was made from', async () => {
    const { page } = await browser.open(big);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save-raw').click()]);
    expect(download.suggestedFilename()).toBe('bench-2026-01-01T00-00-00.000Z.nsc');
    expect(decodeCapture(readFileSync(await download.path()), 'saved')).toEqual(JSON.parse(JSON.stringify(crowd)));
  });

  it('gives a picture as a file of its own', async () => {
    const { page } = await browser.open(docker);
    const figure = page.locator('figure.picture').first();
    const [download] = await Promise.all([page.waitForEvent('download'), figure.getByRole('button').click()]);
    expect(download.suggestedFilename()).toMatch(/^[a-z-]+\.svg$/);
    const svg = readFileSync(await download.path(), 'utf8');
    const told = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      return [
        parsed.querySelector('parsererror') === null,
        [...parsed.documentElement.children].slice(0, 4).map(({ tagName }) => tagName),
      ];
    }, svg);
    expect(told).toEqual([true, ['title', 'desc', 'style', 'rect']]);
  });

  it('shows the way of what is pointed at through a picture', async () => {
    const { page } = await browser.open(docker);
    const svg = page.locator('svg:has([data-way])').first();
    const part = svg.locator('[data-way]').first();
    const way = ((await part.getAttribute('data-way')) ?? '').split(' ')[0] ?? '';
    await part.dispatchEvent('pointerover', { bubbles: true });
    const lit = await svg
      .locator('[data-way].on')
      .evaluateAll((parts) => parts.map((one) => one.getAttribute('data-way') ?? ''));
    expect(lit.length).toBeGreaterThan(0);
    for (const ways of lit) expect(ways.split(' ')).toContain(way);
    expect(await svg.locator('[data-way]').count()).toBeGreaterThan(lit.length);
    await svg.dispatchEvent('pointerleave');
    expect(await svg.locator('[data-way].on').count()).toBe(0);
  });

  it('is the same bytes for the same capture, and holds its facts only if it is to', async () => {
    expect((await pageOf(crowd)) === big).toBe(true);
    const without = reportPage(await reportOf(crowd), { raw: null });
    const { page } = await browser.open(without);
    expect(await page.locator('#raw, #save-raw').count()).toBe(0);
    expect(await page.locator('footer').innerText()).toContain('are not in it');
    expect(without.length).toBeLessThan(big.length);
  });

  it('is read without script, too', async () => {
    const { page, troubles } = await browser.open(docker, { javaScriptEnabled: false });
    expect(await page.locator('.find').isVisible()).toBe(false);
    for (const panel of await page.locator('.panel').all()) expect(await panel.isVisible()).toBe(true);
    expect(await page.locator('.panel-title').first().isVisible()).toBe(true);
    expect(await page.locator('#css-sets .rest').first().textContent()).toContain('shown where scripts may run');
    expect(troubles).toEqual([]);
  });
});
