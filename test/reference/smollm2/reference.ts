/**
 * The real SmolLM2-135M-Instruct and what transformers and PEFT computed with it. The project
 * `real-model` runs these tests; `npm test` does so when IDIOLECT_SMOLLM2_DIR names the folder of
 * the .gguf file and its reference.json, and IDIOLECT_SMOLLM2_HF_DIR, if given, the same model in
 * the Hugging Face layout.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface ReferenceRow {
  prompt_tokens: number;
  response_tokens: number;
  nll_sum: number;
  perplexity: number;
  eos: number;
  /** Of the first two rows of each set. */
  response_ids?: number[];
  nll?: number[];
  /** The eight largest logits after the prompt: [id, logit]. */
  first_logits?: [number, number][];
}

export interface ReferenceSet {
  rows: ReferenceRow[];
  median: number;
  mean: number;
  geometric_mean: number;
  token_weighted: number;
}

export interface Reference {
  sets: Record<string, ReferenceSet>;
  greedy: { question: string; prompt_ids: number[]; ids: number[]; text: string }[];
  lora: {
    parameters: number;
    tokens_in_loss: number;
    lr: number;
    before_each_step: { loss: number; gradient_norm: number }[];
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name the folder of the real model.`);
  return value;
}

export const folder = required('IDIOLECT_SMOLLM2_DIR');
export const huggingFaceFolder = process.env['IDIOLECT_SMOLLM2_HF_DIR'];
/** The answers that were measured; beside the models unless said otherwise. */
export const dataFolder = process.env['IDIOLECT_GSM8K_DIR'] ?? join(folder, '../../data/gsm8k');
export const ggufPath = join(
  folder,
  readdirSync(folder).find((name) => name.endsWith('.gguf'))!,
);

export const reference = JSON.parse(
  readFileSync(join(folder, 'reference.json'), 'utf8'),
) as Reference;
