/** A contender in a Chromium of its own: a software GPU that broke for one must not harm the next. */
import { chromium } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { chromiumArguments, chromiumPath } from '../../support/chromium.mjs';
import type { Engine, Host } from '../contender.ts';
import type {} from '../page/page.ts';
import { hostOf } from './process-host.ts';

/** Serves the bench's page with cross-origin isolation. */
export async function serveBenchPage(): Promise<ViteDevServer> {
  const server = await createServer({
    logLevel: 'error',
    // Of its own: another server that bundles packages meanwhile would rename what pages have open.
    cacheDir: 'node_modules/.vite-bench',
    server: { port: 0, hmr: false, watch: null },
    optimizeDeps: {
      // Workers are not followed from the page. A package that is met only while a contender loads
      // would be bundled then, and the modules asked for in that moment fail.
      entries: ['test/bench/page/index.html', 'test/bench/page/worker.ts'],
      include: [
        '@tensorflow/tfjs-core/dist/register_all_gradients',
        '@tensorflow/tfjs-backend-wasm',
        '@jax-js/jax',
        'simple-statistics',
      ],
    },
  });
  await server.listen();
  return server;
}

export async function openChromiumHost(
  pageUrl: string,
  contender: string,
  engine: Engine,
): Promise<Host> {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: chromiumArguments,
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(`${contender} ${engine}: ${error.message}`));
    await page.goto(pageUrl);
    await page.waitForFunction(() => 'answer' in window);
    const host = hostOf(
      (question) => page.evaluate((request) => window.answer(request), question),
      () => browser.close(),
    );
    await host.open(contender, engine);
    return host;
  } catch (error) {
    await browser.close();
    throw error;
  }
}

export interface Adapter {
  name: string;
  /** Computes on the processor. */
  software: boolean;
  /** Version of the browser. */
  browser: string;
}

export async function readAdapter(pageUrl: string): Promise<Adapter> {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: chromiumArguments,
  });
  try {
    const page = await browser.newPage();
    await page.goto(pageUrl);
    const info = await page.evaluate(async () => {
      const { gpu } = navigator as { gpu?: GPU };
      const adapter = await gpu?.requestAdapter();
      if (!adapter) return { name: 'none', software: false };
      const { vendor, architecture, isFallbackAdapter } = adapter.info;
      return { name: `${vendor} ${architecture}`, software: isFallbackAdapter };
    });
    return {
      name: info.name,
      software: info.software || /swiftshader|llvmpipe/.test(info.name),
      browser: browser.version(),
    };
  } finally {
    await browser.close();
  }
}
