#!/usr/bin/env node
/**
 * The command `idiolect`: compiles the CPU kernels when their sources have changed, lets Node read
 * TypeScript, and hands over to src/cli/main.ts. Works from any folder.
 */
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// Later versions know relaxed SIMD without a flag.
if (process.versions.node.startsWith('20.')) {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}
// Else the tsconfig.json of the folder one stands in would count.
process.env.TSX_TSCONFIG_PATH = fileURLToPath(new URL('../tsconfig.json', import.meta.url));
try {
  const { register } = await import('tsx/esm/api');
  await import('../scripts/kernels.mjs');
  register();
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const folder = fileURLToPath(new URL('..', import.meta.url));
  console.error(`Idiolect is not installed completely. Run npm install in ${folder} first.`);
  process.exit(1);
}
await import('../src/cli/main.ts');
