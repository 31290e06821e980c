/** Every kernel of the WebGPU engine by its name. */
import { ADAMW, SQUARED_SUM } from './adamw/adamw.ts';
import { adamWKernel, squaredSumKernel } from './adamw/program.ts';
import { ATTENTION, ATTENTION_BACKWARD } from './attention/attention.ts';
import { attentionBackwardKernel, attentionKernel } from './attention/program.ts';
import { CACHED_ATTENTION } from './cached-attention/cached-attention.ts';
import { cachedAttentionKernel } from './cached-attention/program.ts';
import { COLUMN_SUM } from './column-sum/column-sum.ts';
import { columnSumKernel } from './column-sum/program.ts';
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_WEIGHT_GRADIENT,
  SCATTER_ROWS,
} from './cross-entropy/cross-entropy.ts';
import { crossEntropyKernels } from './cross-entropy/program.ts';
import { scatterRowsKernel } from './cross-entropy/scatter-program.ts';
import { DROPOUT } from './dropout/dropout.ts';
import { dropoutKernel } from './dropout/program.ts';
import { EMBEDDING, EMBEDDING_GRADIENT } from './embedding/embedding.ts';
import { embeddingGradientKernel, embeddingKernel } from './embedding/program.ts';
import { FLATTEN, UNFLATTEN } from './flat/flat.ts';
import { flattenKernel, unflattenKernel } from './flat/program.ts';
import { GELU, GELU_BACKWARD } from './gelu/gelu.ts';
import { geluBackwardKernel, geluKernel } from './gelu/program.ts';
import {
  LAYER_NORM,
  LAYER_NORM_BACKWARD,
  LAYER_NORM_GAMMA_GRADIENT,
} from './layer-norm/layer-norm.ts';
import {
  layerNormBackwardKernel,
  layerNormGammaGradientKernel,
  layerNormKernel,
} from './layer-norm/program.ts';
import { LIKELIEST } from './likeliest/likeliest.ts';
import { likeliestKernel } from './likeliest/program.ts';
import * as linear from './linear/linear.ts';
import { loraBGradientKernel, loraHiddenGradientKernel } from './linear/lora-program.ts';
import { linearWeightGradientKernel, loraAGradientKernel } from './linear/product-program.ts';
import { linearInputGradientKernel, linearKernel } from './linear/program.ts';
import type { BackendKernel } from './register.ts';
import {
  rmsNormBackwardKernel,
  rmsNormGammaGradientKernel,
  rmsNormKernel,
} from './rms-norm/program.ts';
import { RMS_NORM, RMS_NORM_BACKWARD, RMS_NORM_GAMMA_GRADIENT } from './rms-norm/rms-norm.ts';
import { ropeKernel } from './rope/program.ts';
import { ROPE } from './rope/rope.ts';
import { swiGluBackwardKernel, swiGluKernel } from './swiglu/program.ts';
import { SWIGLU, SWIGLU_BACKWARD } from './swiglu/swiglu.ts';
import { widenKernel } from './widen/program.ts';
import { WIDEN } from './widen/widen.ts';

const head = crossEntropyKernels();

export const webgpuKernels: Record<string, BackendKernel> = {
  [linear.LINEAR]: linearKernel,
  [linear.LORA_HIDDEN_GRADIENT]: loraHiddenGradientKernel,
  [linear.LINEAR_INPUT_GRADIENT]: linearInputGradientKernel,
  [linear.LORA_A_GRADIENT]: loraAGradientKernel,
  [linear.LORA_B_GRADIENT]: loraBGradientKernel,
  [linear.LINEAR_WEIGHT_GRADIENT]: linearWeightGradientKernel,
  [RMS_NORM]: rmsNormKernel,
  [RMS_NORM_BACKWARD]: rmsNormBackwardKernel,
  [RMS_NORM_GAMMA_GRADIENT]: rmsNormGammaGradientKernel,
  [LAYER_NORM]: layerNormKernel,
  [LAYER_NORM_BACKWARD]: layerNormBackwardKernel,
  [LAYER_NORM_GAMMA_GRADIENT]: layerNormGammaGradientKernel,
  [COLUMN_SUM]: columnSumKernel,
  [ROPE]: ropeKernel,
  [ATTENTION]: attentionKernel,
  [ATTENTION_BACKWARD]: attentionBackwardKernel,
  [CACHED_ATTENTION]: cachedAttentionKernel,
  [SWIGLU]: swiGluKernel,
  [SWIGLU_BACKWARD]: swiGluBackwardKernel,
  [GELU]: geluKernel,
  [GELU_BACKWARD]: geluBackwardKernel,
  [EMBEDDING]: embeddingKernel,
  [EMBEDDING_GRADIENT]: embeddingGradientKernel,
  [CROSS_ENTROPY]: head.crossEntropyKernel,
  [CROSS_ENTROPY_WEIGHT_GRADIENT]: head.crossEntropyWeightGradientKernel,
  [SCATTER_ROWS]: scatterRowsKernel,
  [ADAMW]: adamWKernel,
  [SQUARED_SUM]: squaredSumKernel,
  [DROPOUT]: dropoutKernel,
  [WIDEN]: widenKernel,
  [LIKELIEST]: likeliestKernel,
  [FLATTEN]: flattenKernel,
  [UNFLATTEN]: unflattenKernel,
};
