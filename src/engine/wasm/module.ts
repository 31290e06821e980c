/** Which build of the kernels this machine can run, and loading it, in a browser worker or in Node. */

export interface KernelModule {
  module: WebAssembly.Module;
  relaxed: boolean;
  shared: boolean;
}

/** A function with one relaxed fused multiply-add: valid only where relaxed SIMD is. */
const RELAXED_PROBE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  8,
  1,
  96,
  3,
  123,
  123,
  123,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  13,
  1,
  11,
  0,
  32,
  0,
  32,
  1,
  32,
  2,
  253,
  133,
  2,
  11,
);

export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

const urls = {
  'simd-unshared': new URL('./build/kernels-simd-unshared.wasm', import.meta.url),
  'simd-shared': new URL('./build/kernels-simd-shared.wasm', import.meta.url),
  'relaxed-unshared': new URL('./build/kernels-relaxed-unshared.wasm', import.meta.url),
  'relaxed-shared': new URL('./build/kernels-relaxed-shared.wasm', import.meta.url),
};

export async function loadKernels(shared: boolean, relaxed: boolean): Promise<KernelModule> {
  const url = urls[`${relaxed ? 'relaxed' : 'simd'}-${shared ? 'shared' : 'unshared'}`];
  const bytes = isNode() ? await readFromDisk(url) : await (await fetch(url)).arrayBuffer();
  return { module: await WebAssembly.compile(bytes), relaxed, shared };
}

/** Browsers and their workers have a `navigator` with cores but no Node versions. */
export function isNode(): boolean {
  return (
    (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !==
    undefined
  );
}

async function readFromDisk(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const { readFile } = (await import(/* @vite-ignore */ nodeModule('fs/promises'))) as {
    readFile: (file: URL) => Promise<Uint8Array>;
  };
  return new Uint8Array(await readFile(url));
}

/** A name the bundler does not follow: these modules exist in Node only. */
export function nodeModule(name: string): string {
  return `node:${name}`;
}
