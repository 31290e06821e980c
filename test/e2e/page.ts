/** The built page behind a local server, opened in Chromium. */
import { chromium, type Browser, type Page } from 'playwright-core';
import { preview, type PreviewServer } from 'vite';
import { chromiumArguments, chromiumPath } from '../support/chromium.mjs';

export interface OpenedPage {
  page: Page;
  url: string;
  /** What the page wrote to its console as an error. */
  errors: string[];
  close(): Promise<void>;
}

export async function openPage(viewport = { width: 1280, height: 900 }): Promise<OpenedPage> {
  const server: PreviewServer = await preview({
    preview: { port: 0, open: false },
    logLevel: 'error',
  });
  const url = server.resolvedUrls!.local[0]!;
  const browser: Browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: chromiumArguments,
  });
  const page = await (await browser.newContext({ viewport })).newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return {
    page,
    url,
    errors,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
