/**
 * Compiles the CPU kernels (src/ops/**.as.ts) with AssemblyScript into src/engine/wasm/build: with
 * plain and with relaxed SIMD, each for shared and for unshared memory. Does nothing when the
 * sources have not changed since the last time.
 */
import asc from 'assemblyscript/asc';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'src/engine/wasm/build');

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.as.ts'))
    .sort()
    .map((name) => join(folder, name));
}

const hash = createHash('sha256');
for (const path of [...sources(join(root, 'src/ops')), fileURLToPath(import.meta.url)]) {
  hash.update(readFileSync(path));
}
const stamp = hash.digest('hex');
const stampFile = join(out, 'sources.sha256');
if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) process.exit(0);

mkdirSync(out, { recursive: true });
for (const simd of ['simd', 'relaxed']) {
  for (const memory of ['unshared', 'shared']) {
    const options = [
      'src/ops/kernels.as.ts',
      '--outFile',
      `src/engine/wasm/build/kernels-${simd}-${memory}.wasm`,
      '-O3',
      '--converge',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--initialMemory',
      '16',
      '--maximumMemory',
      '65536',
      '--enable',
      'simd',
      ...(simd === 'relaxed' ? ['--enable', 'relaxed-simd'] : []),
      ...(memory === 'shared' ? ['--enable', 'threads', '--sharedMemory'] : []),
    ];
    const { error, stderr } = await asc.main(options, { baseDir: root });
    if (error) {
      console.error(`${stderr.toString()}\n${error.message}`);
      process.exit(1);
    }
  }
}
writeFileSync(stampFile, stamp);
console.log('CPU kernels compiled.');
