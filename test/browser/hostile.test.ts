/** Names that mean harm, in a real browser. */
import { afterAll, beforeAll, expect, it } from 'vitest';

import { holdable } from '../../reports/report/html.ts';
import { containersOf } from '../../src/model/containers.ts';
import type { Name } from '../../src/schema/name.ts';
import { nameText } from '../../src/text/bytes.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { HOSTILE, madeReport } from '../report/made-report.ts';
import { describeWith } from '../support/components.ts';
import { HistoryHost } from '../../bench/history-crowd.ts';
import { pageOf, pageOfReport, TestBrowser } from './support.ts';
import type { Opened } from './support.ts';

/** A cgroup within the one of a container. */
function below(path: Name, name: string): string {
  return path === '/' ? '/' : `${nameText(path)}/${name}`;
}

/** A host whose processes, containers, images, mounts and cgroups are all called so. */
function hostileHost(): Capture {
  const capture = new HistoryHost({ tasks: 60, containers: 12 }).capture();
  const nameOf = (at: number): string => HOSTILE[at % HOSTILE.length] ?? '';
  return {
    ...capture,
    host: { ...capture.host, hostname: HOSTILE.join('') },
    tasks: {
      ...capture.tasks!,
      processes: capture.tasks!.processes.map((process, at) => ({
        ...process,
        comm: nameOf(at),
        detail: { ...process.detail!, argv: [nameOf(at), nameOf(at + 1)], exe: nameOf(at) },
      })),
      cgroups: capture.tasks!.cgroups.map((paths, at) =>
        paths.map((one) => ({ ...one, path: below(one.path, nameOf(at)) })),
      ),
    },
    engines: {
      ...capture.engines!,
      containers: capture.engines!.containers.map((container, at) => ({
        ...container,
        name: `${nameOf(at)}${at}`,
        image: nameOf(at),
        labels: { [nameOf(at)]: nameOf(at + 1) },
      })),
    },
    mounts: {
      ...capture.mounts!,
      tables: capture.mounts!.tables.map((table) => ({
        ...table,
        mounts: table.mounts.map((mount, at) => ({
          ...mount,
          path: `/${nameOf(at)}`,
          source: nameOf(at),
          root: nameOf(at),
        })),
      })),
    },
    cgroups: {
      ...capture.cgroups!,
      cgroups: capture.cgroups!.cgroups.map((cgroup, at) => ({
        ...cgroup,
        path: below(cgroup.path, nameOf(at)),
      })),
    },
  };
}

/** Elements that no report has, attributes that would run, and scripts that are not the page's. */
async function strangers({ page }: Opened): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const one of document.querySelectorAll('*')) {
      const name = one.tagName.toLowerCase();
      if (['img', 'iframe', 'object', 'embed', 'form', 'base', 'image', 'foreignobject'].includes(name))
        found.push(name);
      for (const { name: attribute, value } of one.attributes) {
        if (attribute.startsWith('on') || attribute === 'style') found.push(`${name} ${attribute}`);
        if ((attribute === 'href' || attribute.endsWith(':href')) && !value.startsWith('#') && name !== 'link') {
          found.push(`${name} ${attribute}=${value.slice(0, 40)}`);
        }
      }
    }
    const scripts = [...document.querySelectorAll('script')].map(({ id, type }) => `${id} ${type}`.trim());
    if (scripts.join() !== ',data text/plain,raw text/plain') found.push(`scripts ${scripts.join()}`);
    return found;
  });
}

/** Presses everything that shows more. */
async function lookAtAll({ page }: Opened): Promise<void> {
  for (const name of ['Unfold all', /^Show \d+ more/]) {
    for (const button of await page.getByRole('button', { name }).all()) {
      if (await button.isVisible()) await button.click();
    }
  }
  for (const header of await page.locator('.sort:visible').all()) await header.click();
  for (const tab of await page.locator('[role=tab]').all()) await tab.click();
  await page.locator('#find').fill('onerror=alert');
  await page.waitForFunction(() => document.querySelector('#found')?.textContent !== '');
}

describeWith(['chromium'], 'hostile names in a page', () => {
  let browser: TestBrowser;
  let host: Capture;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    host = hostileHost();
  });
  afterAll(() => browser.close());

  it('are in the capture that is tried', () => {
    const { containers } = containersOf(host.tasks!, host.engines, host.host);
    expect(containers).toHaveLength(12);
    expect(containers.some(({ name }) => nameText(name ?? '').startsWith('</script><img'))).toBe(true);
  });

  it('do nothing in sections that hold one block of every kind', async () => {
    const opened = await browser.open(pageOfReport(madeReport()));
    expect(await strangers(opened)).toEqual([]);
    await lookAtAll(opened);
    expect(await strangers(opened)).toEqual([]);
    expect(await opened.page.locator('#found').innerText()).toMatch(/^\d+ matches/);
    expect(opened.troubles).toEqual([]);
  });

  it('do nothing in any section', async () => {
    const opened = await browser.open(await pageOf(host));
    expect(await strangers(opened)).toEqual([]);
    await lookAtAll(opened);
    expect(await strangers(opened)).toEqual([]);
    expect(opened.troubles).toEqual([]);
  });

  it('are shown as what they are', async () => {
    const { page } = await browser.open(pageOfReport(madeReport()));
    const text = await page.locator('#made .text').innerText();
    expect(text).toContain('</script><img src=x onerror=alert(1)>');
    expect(text).toContain(String.raw`\x1b]0;title\x07\x1b[2J`);
    expect(text).toContain(String.raw`right\u202eto left`);
    expect(await page.title()).toContain('</script><img src=x onerror=alert(1)>');
  });

  it('make nothing wider than the window, be it a telephone’s', async () => {
    for (const html of [pageOfReport(madeReport()), await pageOf(host)]) {
      const { page } = await browser.open(html, { viewport: { width: 400, height: 800 } });
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(over).toBe(0);
    }
  });

  it('have links that lead to them', async () => {
    const { page } = await browser.open(pageOfReport(madeReport()));
    for (const name of HOSTILE.slice(0, 5)) {
      for (const item of [`name:${name}`, `node:${name}`]) {
        await page.evaluate((hash) => (location.hash = hash), `#${encodeURIComponent(item)}`);
        await page.waitForFunction((id) => document.activeElement?.id === id, holdable(item), { timeout: 5000 });
      }
    }
  });
});
