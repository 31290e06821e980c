/** Names and shapes of a GPT-2 checkpoint, whose Conv1D weights are stored as [in, out]. */
import {
  embeddingOf,
  matrix,
  vector,
  type MatrixPlan,
  type VectorPlan,
  type WeightPlan,
} from '../weight-plan.ts';
import type { Gpt2Config } from './config.ts';

export function gpt2Weights(config: Gpt2Config): WeightPlan {
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
    const conv = (name: string, module: string, rows: number, columns: number) => {
      const path = `${layer}.${module}`;
      matrices.push(
        matrix(`${i}.${name}`, `${path}.weight`, rows, columns, { path, transposed: true }),
      );
      vectors.push(vector(`${i}.${name}.bias`, `${path}.bias`, rows));
    };
    const norm = (name: string, module: string) =>
      vectors.push(
        vector(`${i}.${name}`, `${layer}.${module}.weight`, width),
        vector(`${i}.${name}.beta`, `${layer}.${module}.bias`, width),
      );
    norm('attentionNorm', 'ln_1');
    norm('mlpNorm', 'ln_2');
    conv('qkv', 'attn.c_attn', 3 * width, width);
    conv('output', 'attn.c_proj', width, width);
    conv('up', 'mlp.c_fc', feedForward, width);
    conv('down', 'mlp.c_proj', width, feedForward);
  }
  return {
    matrices,
    vectors,
    head: matrix('head', 'lm_head.weight', vocabSize, width),
    optionalPrefix: 'transformer.',
    ignored: [/h\.\d+\.attn\.(bias|masked_bias)$/],
  };
}
