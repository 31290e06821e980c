/** Every op's folder, a line each: what is exported there by `defineOp` is registered. */
export * as adamW from './adamw/adamw.ts';
export * as attention from './attention/attention.ts';
export * as cachedAttention from './cached-attention/cached-attention.ts';
export * as columnSum from './column-sum/column-sum.ts';
export * as crossEntropy from './cross-entropy/cross-entropy.ts';
export * as dropout from './dropout/dropout.ts';
export * as embedding from './embedding/embedding.ts';
export * as flat from './flat/flat.ts';
export * as gelu from './gelu/gelu.ts';
export * as layerNorm from './layer-norm/layer-norm.ts';
export * as likeliest from './likeliest/likeliest.ts';
export * as linear from './linear/linear.ts';
export * as rmsNorm from './rms-norm/rms-norm.ts';
export * as rope from './rope/rope.ts';
export * as swiGlu from './swiglu/swiglu.ts';
export * as widen from './widen/widen.ts';
