/**
 * The real SmolLM2-135M-Instruct as a Q4_1 GGUF file, against the folder that transformers made of
 * it, at 16 bits: the same tensors, config and tokenizer.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { float32ToFloat16 } from '../../../src/storage/half.ts';
import { readModelFiles } from '../../../src/storage/model-files.ts';
import { nodeFileSource, nodeModelFiles } from '../../../src/storage/node-file.ts';
import { readFloat32 } from '../../../src/storage/tensor-file.ts';
import { ggufPath, huggingFaceFolder } from './reference.ts';

it('opens SmolLM2 from GGUF with the same tensors, config and tokenizer', async () => {
  const source = await nodeFileSource(ggufPath);
  const ours = await readModelFiles({ id: 'gguf', files: new Map([[basename(ggufPath), source]]) });
  const theirs = await readModelFiles(await nodeModelFiles(huggingFaceFolder!));

  const expected = theirs.tensors.tensors;
  expect([...ours.tensors.tensors.keys()].sort()).toEqual([...expected.keys()].sort());
  const sha256 = (data: ArrayBuffer) =>
    createHash('sha256').update(new Uint8Array(data)).digest('hex');
  for (const [key, tensor] of ours.tensors.tensors) {
    // The reference folder rounds norms to 16 bits as well; ours keeps them in float32.
    const bytes = await tensor.read();
    const halves = tensor.dtype === 'F16' ? bytes : float32ToFloat16(await readFloat32(tensor));
    const wanted = await expected.get(key)!.read();
    expect(sha256(halves.buffer), key).toBe(sha256(wanted.buffer));
  }

  const config = theirs.config as Record<string, unknown>;
  for (const key of ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'vocab_size']) {
    expect(ours.config).toHaveProperty(key, config[key]);
  }
  for (const key of ['num_attention_heads', 'num_key_value_heads', 'head_dim', 'model_type']) {
    expect(ours.config).toHaveProperty(key, config[key]);
  }
  expect(ours.config).toMatchObject({ rope_theta: 100000, tie_word_embeddings: true });

  const tokenizerOf = (texts: ReadonlyMap<string, string>) => {
    const { model, pre_tokenizer, added_tokens } = JSON.parse(texts.get('tokenizer.json')!) as {
      model: { vocab: unknown; merges: unknown };
      pre_tokenizer: unknown;
      added_tokens: unknown;
    };
    return { vocab: model.vocab, merges: model.merges, pre_tokenizer, added_tokens };
  };
  expect(tokenizerOf(ours.texts)).toEqual(tokenizerOf(theirs.texts));
});
