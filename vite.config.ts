/** One configuration for the page, its workers and the vitest projects (unit, page, components, commands, gpu, real-model, e2e). */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { contentPolicyPlugin } from './scripts/content-policy.mjs';
import { chromiumPath } from './test/support/chromium.mjs';

/** Cross-origin isolation: lets the CPU engine share memory between threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  base: './',
  plugins: [svelte(), contentPolicyPlugin()],
  server: { headers: isolation },
  preview: { headers: isolation },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-webgpu',
      'comlink',
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/**/*.gpu.test.ts',
            'test/**/*.browser.test.ts',
            'test/**/*.svelte.test.ts',
            'test/e2e/**',
            'test/cli/**',
            'test/reference/**',
          ],
          testTimeout: 60_000,
          pool: 'forks',
          execArgv: ['--experimental-wasm-relaxed-simd'],
        },
      },
      {
        extends: true,
        // State of the page: in Node, with Svelte's browser half, where runes are reactive.
        resolve: { conditions: ['browser', 'svelte', 'module', 'development|production'] },
        test: {
          name: 'page',
          environment: './test/support/page-environment.ts',
          include: ['test/**/*.svelte.test.ts'],
          server: { deps: { inline: ['svelte'] } },
        },
      },
      {
        extends: true,
        test: {
          name: 'gpu',
          include: ['test/**/*.gpu.test.ts'],
          testTimeout: 120_000,
          isolate: false,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: chromiumPath(),
                args: [
                  '--no-sandbox',
                  '--enable-unsafe-webgpu',
                  '--use-webgpu-adapter=swiftshader',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        // Components of the page by themselves, drawn by a browser.
        optimizeDeps: { include: ['axe-core'] },
        test: {
          name: 'components',
          include: ['test/**/*.browser.test.ts'],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            viewport: { width: 1280, height: 900 },
            provider: playwright({
              launchOptions: { executablePath: chromiumPath(), args: ['--no-sandbox'] },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        // npm run measure, train and generate, each started as a process of its own.
        test: {
          name: 'commands',
          environment: 'node',
          include: ['test/cli/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        // A model of 135 million parameters that does not come with the project.
        test: {
          name: 'real-model',
          environment: 'node',
          include: ['test/reference/**/*.test.ts'],
          exclude: process.env['IDIOLECT_SMOLLM2_HF_DIR'] ? [] : ['**/smollm2/files.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          execArgv: ['--experimental-wasm-relaxed-simd'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
