/** Everything the CPU engine's WebAssembly module exports. */
export { gemm, startOutput, widen } from './linear/kernel.as';
export { dotBf16, dotF16, dotF32, dotInt8 } from './linear/dot.as';
export { multiplyTile } from './linear/tile.as';
export { addHeadGroups, attention, attentionBackward, cachedAttention } from './attention/kernel.as';
export { adamW, squaredSum } from './adamw/kernel.as';
export { scatterRows, softmaxLoss } from './cross-entropy/kernel.as';
export { dropout } from './dropout/kernel.as';
export { embeddingGradient, gatherRows } from './embedding/kernel.as';
export { gelu, geluBackward } from './gelu/kernel.as';
export { layerNorm, layerNormBackward } from './layer-norm/kernel.as';
export { rmsNorm, rmsNormBackward } from './rms-norm/kernel.as';
export { rope } from './rope/kernel.as';
export { swiGlu, swiGluBackward } from './swiglu/kernel.as';
export { addValues, columnSum, gammaGradient } from './sums.as';
