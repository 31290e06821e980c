/** Names and shapes of a GPT-NeoX checkpoint; its fused q, k, v rows come head by head. */
import {
  embeddingOf,
  matrix,
  vector,
  type MatrixPlan,
  type VectorPlan,
  type WeightPlan,
} from '../weight-plan.ts';
import type { GptNeoxConfig } from './config.ts';

export function gptNeoxWeights(config: GptNeoxConfig): WeightPlan {
  const { vocabSize, width, layers, heads, feedForward } = config;
  let made: Int32Array | undefined;
  const order = () => (made ??= headwiseOrder(heads, width / heads));
  const matrices: MatrixPlan[] = [embeddingOf('gpt_neox.embed_in.weight', config)];
  const vectors: VectorPlan[] = [
    vector('norm', 'gpt_neox.final_layer_norm.weight', width),
    vector('norm.beta', 'gpt_neox.final_layer_norm.bias', width),
  ];
  for (let i = 0; i < layers; i++) {
    const layer = `gpt_neox.layers.${i}`;
    const linear = (
      name: string,
      module: string,
      rows: number,
      columns: number,
      bias: boolean,
      extra: { order?: () => Int32Array } = {},
    ) => {
      const path = `${layer}.${module}`;
      matrices.push(matrix(`${i}.${name}`, `${path}.weight`, rows, columns, { path, ...extra }));
      if (bias) {
        vectors.push({
          name: `${i}.${name}.bias`,
          parts: [{ tensor: `${path}.bias`, rows, ...extra }],
        });
      }
    };
    const norm = (name: string, module: string) =>
      vectors.push(
        vector(`${i}.${name}`, `${layer}.${module}.weight`, width),
        vector(`${i}.${name}.beta`, `${layer}.${module}.bias`, width),
      );
    norm('attentionNorm', 'input_layernorm');
    norm('mlpNorm', 'post_attention_layernorm');
    linear('qkv', 'attention.query_key_value', 3 * width, width, config.attentionBias, { order });
    linear('output', 'attention.dense', width, width, config.attentionBias);
    linear('up', 'mlp.dense_h_to_4h', feedForward, width, true);
    linear('down', 'mlp.dense_4h_to_h', width, feedForward, true);
  }
  return {
    matrices,
    vectors,
    head: matrix('head', 'embed_out.weight', vocabSize, width, { alias: 'lm_head.weight' }),
    optionalPrefix: 'gpt_neox.',
    ignored: [/attention\.(bias|masked_bias)$/, /rotary_emb\.inv_freq$/],
  };
}

/** The file has q, k, v of head 0, then of head 1, …; the stack has all q, all k, all v. */
function headwiseOrder(heads: number, headDim: number): Int32Array {
  const order = new Int32Array(3 * heads * headDim);
  let row = 0;
  for (let which = 0; which < 3; which++) {
    for (let head = 0; head < heads; head++) {
      for (let d = 0; d < headDim; d++) order[row++] = (head * 3 + which) * headDim + d;
    }
  }
  return order;
}
