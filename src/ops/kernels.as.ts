/** Everything the CPU engine's WebAssembly module exports. */
export { gemm, startOutput, widen } from './linear/kernel.as';
export { dotBf16, dotF16, dotF32, dotInt8 } from './linear/dot.as';
export { multiplyTile } from './linear/tile.as';
export { addHeadGroups, attention, attentionBackward, cachedAttention } from './attention/kernel.as';
export { addValues, columnSum, gammaGradient } from './sums.as';
export {
  adamW,
  dropout,
  embeddingGradient,
  gatherRows,
  gelu,
  geluBackward,
  layerNorm,
  layerNormBackward,
  rmsNorm,
  rmsNormBackward,
  rope,
  scatterRows,
  softmaxLoss,
  squaredSum,
  swiGlu,
  swiGluBackward,
} from './rows.as';
