/**
 * The only file of this room with side effects: registers every op of ours with tfjs. A backend
 * without a kernel of its own for an op runs the plain reference.
 */
import { registerKernel, tidy, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import * as adamW from './adamw/adamw.ts';
import * as adamWReference from './adamw/reference.ts';
import * as attention from './attention/attention.ts';
import * as attentionReference from './attention/reference.ts';
import { CACHED_ATTENTION } from './cached-attention/cached-attention.ts';
import { cachedAttentionReference } from './cached-attention/reference.ts';
import { COLUMN_SUM } from './column-sum/column-sum.ts';
import { columnSumReference } from './column-sum/reference.ts';
import * as crossEntropy from './cross-entropy/cross-entropy.ts';
import * as crossEntropyReference from './cross-entropy/reference.ts';
import { DROPOUT } from './dropout/dropout.ts';
import { dropoutReference } from './dropout/reference.ts';
import * as embedding from './embedding/embedding.ts';
import * as embeddingReference from './embedding/reference.ts';
import * as flat from './flat/flat.ts';
import * as flatReference from './flat/reference.ts';
import * as gelu from './gelu/gelu.ts';
import * as geluReference from './gelu/reference.ts';
import * as layerNorm from './layer-norm/layer-norm.ts';
import * as layerNormReference from './layer-norm/reference.ts';
import { LIKELIEST } from './likeliest/likeliest.ts';
import { likeliestReference } from './likeliest/reference.ts';
import * as linear from './linear/linear.ts';
import * as linearReference from './linear/reference.ts';
import * as rmsNorm from './rms-norm/rms-norm.ts';
import * as rmsNormReference from './rms-norm/reference.ts';
import { ropeReference } from './rope/reference.ts';
import { ROPE } from './rope/rope.ts';
import { registerStockGradients } from './stock-gradients.ts';
import * as swiGluReference from './swiglu/reference.ts';
import * as swiGlu from './swiglu/swiglu.ts';
import type { Inputs } from './tape.ts';
import { widenReference } from './widen/reference.ts';
import { WIDEN } from './widen/widen.ts';

export type Reference = (inputs: Inputs, attributes: object) => Tensor | Tensor[];

/** Every kernel name of ours with its plain reference, which is also the oracle of its tests. */
export const references: Record<string, Reference> = {
  [WIDEN]: widenReference,
  [linear.LINEAR]: linearReference.linearReference,
  [linear.LORA_HIDDEN_GRADIENT]: linearReference.loraHiddenGradientReference,
  [linear.LINEAR_INPUT_GRADIENT]: linearReference.linearInputGradientReference,
  [linear.LORA_A_GRADIENT]: linearReference.loraAGradientReference,
  [linear.LORA_B_GRADIENT]: linearReference.loraBGradientReference,
  [linear.LINEAR_WEIGHT_GRADIENT]: linearReference.linearWeightGradientReference,
  [rmsNorm.RMS_NORM]: rmsNormReference.rmsNormReference,
  [rmsNorm.RMS_NORM_BACKWARD]: rmsNormReference.rmsNormBackwardReference,
  [rmsNorm.RMS_NORM_GAMMA_GRADIENT]: rmsNormReference.rmsNormGammaGradientReference,
  [layerNorm.LAYER_NORM]: layerNormReference.layerNormReference,
  [layerNorm.LAYER_NORM_BACKWARD]: layerNormReference.layerNormBackwardReference,
  [layerNorm.LAYER_NORM_GAMMA_GRADIENT]: layerNormReference.layerNormGammaGradientReference,
  [COLUMN_SUM]: columnSumReference,
  [ROPE]: ropeReference,
  [attention.ATTENTION]: attentionReference.attentionReference,
  [attention.ATTENTION_BACKWARD]: attentionReference.attentionBackwardReference,
  [CACHED_ATTENTION]: cachedAttentionReference,
  [swiGlu.SWIGLU]: swiGluReference.swiGluReference,
  [swiGlu.SWIGLU_BACKWARD]: swiGluReference.swiGluBackwardReference,
  [gelu.GELU]: geluReference.geluReference,
  [gelu.GELU_BACKWARD]: geluReference.geluBackwardReference,
  [embedding.EMBEDDING]: embeddingReference.embeddingReference,
  [embedding.EMBEDDING_GRADIENT]: embeddingReference.embeddingGradientReference,
  [crossEntropy.CROSS_ENTROPY]: crossEntropyReference.crossEntropyReference,
  [crossEntropy.SCATTER_ROWS]: crossEntropyReference.scatterRowsReference,
  [crossEntropy.CROSS_ENTROPY_WEIGHT_GRADIENT]:
    crossEntropyReference.crossEntropyWeightGradientReference,
  [adamW.ADAMW]: adamWReference.adamWReference,
  [adamW.SQUARED_SUM]: adamWReference.squaredSumReference,
  [DROPOUT]: dropoutReference,
  [LIKELIEST]: likeliestReference,
  [flat.FLATTEN]: flatReference.flattenReference,
  [flat.UNFLATTEN]: flatReference.unflattenReference,
};

/** A kernel written for one backend; gets tfjs's tensor infos and attributes. */
export type BackendKernel = (
  inputs: Record<string, TensorInfo>,
  attributes: object,
) => TensorInfo | TensorInfo[];

const registered = new Set<string>();

/**
 * Registers every op for a backend; calling it again for the same backend does nothing.
 * @param own the kernels this backend has; the others run their reference
 */
export function registerOps(backendName: string, own: Record<string, BackendKernel> = {}): void {
  if (registered.has(backendName)) return;
  registered.add(backendName);
  registerStockGradients();
  for (const [kernelName, reference] of Object.entries(references)) {
    const kernel = own[kernelName];
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        kernel
          ? kernel(inputs as unknown as Record<string, TensorInfo>, attrs ?? {})
          : tidy(() => reference(inputs as unknown as Inputs, attrs ?? {})),
    });
  }
}
