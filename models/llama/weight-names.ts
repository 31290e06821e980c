/** Names and shapes of a Llama-family checkpoint; q|k|v and gate|up are stacked. */
import {
  embeddingOf,
  matrix,
  vector,
  type MatrixPlan,
  type VectorPlan,
  type WeightPlan,
} from '../weight-plan.ts';
import type { LlamaConfig } from './config.ts';

export function llamaWeights(config: LlamaConfig): WeightPlan {
  const { vocabSize, width, layers, heads, kvHeads, headDim, feedForward } = config;
  const matrices: MatrixPlan[] = [embeddingOf('model.embed_tokens.weight', config)];
  const vectors: VectorPlan[] = [vector('norm', 'model.norm.weight', width)];

  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`;
    const part = (module: string, rows: number) => ({
      tensor: `${layer}.${module}.weight`,
      rows,
      path: `${layer}.${module}`,
    });
    const biases = (name: string, parts: { path: string; rows: number }[]): VectorPlan => ({
      name,
      parts: parts.map(({ path, rows }) => ({ tensor: `${path}.bias`, rows })),
    });
    const qkv = [
      part('self_attn.q_proj', heads * headDim),
      part('self_attn.k_proj', kvHeads * headDim),
      part('self_attn.v_proj', kvHeads * headDim),
    ];
    const output = [part('self_attn.o_proj', width)];
    const gateUp = [part('mlp.gate_proj', feedForward), part('mlp.up_proj', feedForward)];
    const down = [part('mlp.down_proj', width)];
    matrices.push(
      { name: `${i}.qkv`, columns: width, parts: qkv },
      { name: `${i}.output`, columns: heads * headDim, parts: output },
      { name: `${i}.gateUp`, columns: width, parts: gateUp },
      { name: `${i}.down`, columns: feedForward, parts: down },
    );
    vectors.push(
      vector(`${i}.attentionNorm`, `${layer}.input_layernorm.weight`, width),
      vector(`${i}.mlpNorm`, `${layer}.post_attention_layernorm.weight`, width),
    );
    if (config.qkvBias) vectors.push(biases(`${i}.qkv.bias`, qkv));
    if (config.outputBias) vectors.push(biases(`${i}.output.bias`, output));
    if (config.mlpBias) {
      vectors.push(biases(`${i}.gateUp.bias`, gateUp), biases(`${i}.down.bias`, down));
    }
    if (config.headNorm) {
      vectors.push(
        vector(`${i}.queryNorm`, `${layer}.self_attn.q_norm.weight`, headDim),
        vector(`${i}.keyNorm`, `${layer}.self_attn.k_norm.weight`, headDim),
      );
    }
  }
  return {
    matrices,
    vectors,
    head: matrix('head', 'lm_head.weight', vocabSize, width),
    optionalPrefix: 'model.',
    ignored: [/rotary_emb\.inv_freq$/],
  };
}
