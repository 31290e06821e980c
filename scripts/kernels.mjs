/**
 * Compiles the CPU kernels (src/ops/**.as.ts) with AssemblyScript into src/engine/wasm/build: with
 * plain and with relaxed SIMD, each for shared and for unshared memory. Does nothing when the
 * sources have not changed since the last time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'src/engine/wasm/build');
const stampFile = join(out, 'sources.sha256');

const stamp = sourcesHash();
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  await compile();
  writeFileSync(stampFile, stamp);
  console.error('CPU kernels compiled.');
}

function sources() {
  const folder = join(root, 'src/ops');
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.as.ts'))
    .sort()
    .map((name) => join(folder, name));
}

function sourcesHash() {
  const hash = createHash('sha256');
  for (const path of [...sources(), fileURLToPath(import.meta.url)]) {
    hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** What these files export, the module exports. */
function entries() {
  return sources()
    .filter((path) => /kernels?\.as\.ts$/.test(path))
    .map((path) => relative(root, path));
}

async function compile() {
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(out, { recursive: true });
  for (const simd of ['simd', 'relaxed']) {
    for (const memory of ['unshared', 'shared']) {
      const options = [
        ...entries(),
        '--baseDir',
        root,
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
      const { error, stderr } = await asc.main(options);
      if (error) {
        console.error(`${stderr.toString()}\n${error.message}`);
        process.exit(1);
      }
    }
  }
}
