/** Names and shapes of a GPT-Neo checkpoint; q, k, v are apart and have no bias. */
import {
  embeddingOf,
  matrix,
  vector,
  type MatrixPlan,
  type VectorPlan,
  type WeightPlan,
} from '../weight-plan.ts';
import type { GptNeoConfig } from './config.ts';

export function gptNeoWeights(config: GptNeoConfig): WeightPlan {
  const { vocabSize, width, layers, feedForward, contextLength } = config;
  const matrices: MatrixPlan[] = [
    embeddingOf('transformer.wte.weight', config),
    matrix('positions', 'transformer.wpe.weight', contextLength, width),
  ];
  const vectors: VectorPlan[] = [
    vector('norm', 'transformer.ln_f.weight', width),
    vector('norm.beta', 'transformer.ln_f.bias', width),
  ];
  for (let i = 0; i < layers; i++) {
    const layer = `transformer.h.${i}`;
    const part = (module: string, rows: number) => ({
      tensor: `${layer}.${module}.weight`,
      rows,
      path: `${layer}.${module}`,
    });
    const add = (name: string, module: string, rows: number, columns: number) => {
      matrices.push({ name: `${i}.${name}`, columns, parts: [part(module, rows)] });
      vectors.push(vector(`${i}.${name}.bias`, `${layer}.${module}.bias`, rows));
    };
    const norm = (name: string, module: string) =>
      vectors.push(
        vector(`${i}.${name}`, `${layer}.${module}.weight`, width),
        vector(`${i}.${name}.beta`, `${layer}.${module}.bias`, width),
      );
    norm('attentionNorm', 'ln_1');
    norm('mlpNorm', 'ln_2');
    matrices.push({
      name: `${i}.qkv`,
      columns: width,
      parts: ['q_proj', 'k_proj', 'v_proj'].map((leaf) => part(`attn.attention.${leaf}`, width)),
    });
    add('output', 'attn.attention.out_proj', width, width);
    add('up', 'mlp.c_fc', feedForward, width);
    add('down', 'mlp.c_proj', width, feedForward);
  }
  return {
    matrices,
    vectors,
    head: matrix('head', 'lm_head.weight', vocabSize, width),
    optionalPrefix: 'transformer.',
    ignored: [/attn\.attention\.(bias|masked_bias)$/],
  };
}
