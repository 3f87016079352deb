/** Pages in a real browser: Debian's Chromium, driven by Playwright. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

import { HistoryHost } from '../../bench/history-crowd.ts';
import { buildReport } from '../../reports/report/document.ts';
import type { Report } from '../../reports/report/document.ts';
import { reportPage } from '../../reports/report/page.ts';
import type { Section } from '../../reports/report/section.ts';
import { loadSections } from '../../reports/report/sections.ts';
import { encodeCapture } from '../../src/capture/file.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { pathOf } from '../support/components.ts';
import { captureOf, fixture } from '../support/replay.ts';
import { worldOf } from '../support/world.ts';

/** A page that is open, and everything that it did and should not have. */
export interface Opened {
  readonly page: Page;
  /** Console messages, errors, dialogs, requests and violations of its policy. */
  readonly troubles: readonly string[];
}

/** A browser of one test file, with a folder for its pages. */
export class TestBrowser {
  readonly #browser: Browser;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'nsinspect-page-'));
  #pages = 0;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    const executablePath = pathOf('chromium') ?? pathOf('google-chrome');
    if (executablePath === null) throw new Error('there is no Chromium');
    // Its sandbox refuses root.
    return new TestBrowser(await chromium.launch({ executablePath, args: ['--no-sandbox'] }));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Writes the page to a file and opens that; `hash` is the link that is followed. */
  async open(html: string, options: BrowserContextOptions & { readonly hash?: string } = {}): Promise<Opened> {
    const { hash = '', ...settings } = options;
    const file = path.join(this.#folder, `${this.#pages++}.html`);
    writeFileSync(file, html);
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...settings });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const troubles: string[] = [];
    const address = pathToFileURL(file).href;
    page.on('console', (message) => troubles.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url().split('#')[0] !== address) troubles.push(`request: ${request.url().slice(0, 100)}`);
    });
    await page.exposeFunction('tellViolation', (what: string) => troubles.push(`policy: ${what}`));
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => tellViolation(event.violatedDirective + ' ' + event.blockedURI));`,
    );
    await page.goto(address + hash);
    if (settings.javaScriptEnabled !== false) await page.waitForSelector('html[data-ready]', { state: 'attached' });
    return { page, troubles };
  }
}

/** The page of a capture with every section there is. */
export async function pageOf(capture: Capture): Promise<string> {
  return pageOfReport(await reportOf(capture));
}

/** The page of a report, with its capture. */
export function pageOfReport(report: Report): string {
  return reportPage(report, { raw: encodeCapture(report.world.capture) });
}

/** The report of a capture, of these sections or all. */
export async function reportOf(capture: Capture, sections?: readonly Section[]): Promise<Report> {
  const world = worldOf(capture, { redacted: capture.redacted });
  return buildReport(world, sections ?? (await loadSections()));
}

/** A host with docker and three containers. */
export function dockerHost(): Promise<Capture> {
  return captureOf(fixture('docker'));
}

/** A host with 5,000 processes in 200 containers. */
export function crowdedHost(): Capture {
  return new HistoryHost({ tasks: 5000, containers: 200 }).capture();
}

/** Rows that a table shows: the texts of the cells of one column. */
export function columnOf(page: Page, table: string, column: number): Promise<string[]> {
  return page.locator(`#${table} tbody tr > :nth-child(${column})`).allTextContents();
}
