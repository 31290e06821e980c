/** What the CPU engine's WebAssembly module exports beside the kernel.as.ts of every op. */
export { dotBf16, dotF16, dotF32, dotInt8 } from './linear/dot.as';
export { multiplyTile } from './linear/tile.as';
export { addValues, columnSum, gammaGradient } from './sums.as';
