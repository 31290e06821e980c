/**
 * A PEFT adapter from its two files, checked against the model it should fit: every pair there,
 * every tensor used, every shape right, and all of it told at once.
 */
import type { LanguageModel } from '../../models/language-model.ts';
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import type { LoraValues } from '../lora/adapter.ts';
import type { LoraSettings } from '../lora/config.ts';
import { readText, type ByteSource } from '../storage/byte-source.ts';
import { readSafetensors } from '../storage/safetensors.ts';
import { readFloat32, type NamedTensor } from '../storage/tensor-file.ts';
import { readPeftConfig, type PeftConfig } from './peft-config.ts';
import { notice, type Notice } from '../notices.ts';

export interface ReadAdapter {
  settings: LoraSettings;
  baseModel: string | undefined;
  /** By module path, brought to one rank and one scale. */
  values: Map<string, LoraValues>;
  notices: Notice[];
}

export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** @throws ModelFileError, UnsupportedModelError */
export async function readPeftAdapter(
  files: ReadonlyMap<string, ByteSource>,
  model: Pick<LanguageModel, 'linears'>,
): Promise<ReadAdapter> {
  const configFile = files.get(ADAPTER_CONFIG);
  const weightsFile = files.get(ADAPTER_WEIGHTS);
  if (!configFile || !weightsFile) {
    const missing = [!configFile && ADAPTER_CONFIG, !weightsFile && ADAPTER_WEIGHTS].filter(
      Boolean,
    );
    const pickled = [...files.keys()].some((name) => name.endsWith('.bin'));
    throw new ModelFileError(
      `The adapter lacks ${missing.join(' and ')}.`,
      pickled
        ? [
            'A .bin file can run code when opened, so it is not read: save it again with safe_serialization=True.',
          ]
        : [],
    );
  }
  const config = readPeftConfig(await readText(configFile));
  const file = await readSafetensors(weightsFile);
  const notices: Notice[] = [];
  const tensors = withPlainNames(file.tensors, notices);
  const pairs = matchPairs(tensors, config, model);
  return { ...(await bringTogether(pairs, config, notices)), baseModel: config.baseModel, notices };
}

interface Pair {
  path: string;
  a: NamedTensor;
  b: NamedTensor;
}

/** Adapter names inside keys and a doubled prefix are accepted, with a word about it. */
function withPlainNames(tensors: ReadonlyMap<string, NamedTensor>, notices: Notice[]) {
  const plain = new Map<string, NamedTensor>();
  const renamed: string[] = [];
  for (const [name, value] of tensors) {
    const simple = name
      .replace(/^(base_model\.model\.)+/, 'base_model.model.')
      .replace(/\.(lora_[AB])\.[^.]+\.weight$/, '.$1.weight');
    if (simple !== name) renamed.push(name);
    plain.set(simple, value);
  }
  if (renamed.length > 0) {
    const text = `${renamed.length} tensor names had an unusual form and were read as PEFT's.`;
    notices.push(notice('assumed', text, renamed));
  }
  return plain;
}

function matchPairs(
  tensors: ReadonlyMap<string, NamedTensor>,
  config: PeftConfig,
  model: Pick<LanguageModel, 'linears'>,
): Pair[] {
  const problems: string[] = [];
  const pairs: Pair[] = [];
  const unused = new Set(tensors.keys());
  for (const { weight, projections } of model.linears) {
    for (const { path, start, end } of projections) {
      const names = ['A', 'B'].map((which) => `base_model.model.${path}.lora_${which}.weight`);
      const [a, b] = names.map((name) => tensors.get(name));
      for (const name of names) unused.delete(name);
      if (!a && !b) {
        if (config.targets(path)) problems.push(`${path} should be adapted, but has no matrices.`);
        continue;
      }
      if (!a || !b) {
        problems.push(`${path}: lora_${a ? 'B' : 'A'} is missing.`);
        continue;
      }
      const rank = config.rankOf(path);
      const check = (tensor: NamedTensor, expected: [number, number], what: string) => {
        if (tensor.shape.join() !== expected.join()) {
          problems.push(
            `${path}.${what}: expected [${expected.join(', ')}] for this model, found [${tensor.shape.join(', ')}].`,
          );
        }
      };
      check(a, [rank, weight.columns], 'lora_A');
      check(b, [end - start, rank], 'lora_B');
      pairs.push({ path, a, b });
    }
  }
  const foreign = [...unused].filter((name) => !/\.lora_[AB]\.weight$/.test(name));
  for (const name of foreign) problems.push(`${name} is no LoRA matrix of a linear layer.`);
  for (const name of unused) {
    if (!foreign.includes(name)) problems.push(`${name} belongs to no layer of this model.`);
  }
  if (foreign.length > 0) {
    throw new UnsupportedModelError(
      'The adapter holds more than LoRA matrices of linear layers.',
      problems,
    );
  }
  if (problems.length > 0) {
    throw new ModelFileError(
      'The adapter does not fit this model; was it trained on another?',
      problems,
    );
  }
  return pairs;
}

/** Ranks and alphas may differ by layer; padding with zeros and scaling B makes them one. */
async function bringTogether(pairs: readonly Pair[], config: PeftConfig, notices: Notice[]) {
  const scaleOf = (alpha: number, rank: number) =>
    config.rankStabilized ? alpha / Math.sqrt(rank) : alpha / rank;
  const rank = Math.max(...pairs.map(({ path }) => config.rankOf(path)));
  const scale = scaleOf(config.alpha, rank);
  const values = new Map<string, LoraValues>();
  const changed: string[] = [];
  for (const { path, a, b } of pairs) {
    const own = config.rankOf(path);
    const factor = scaleOf(config.alphaOf(path), own) / scale;
    const [fileA, fileB] = [await readFloat32(a), await readFloat32(b)];
    if (own === rank && factor === 1) {
      values.set(path, { a: fileA, b: fileB });
      continue;
    }
    changed.push(path);
    const columns = fileA.length / own;
    const rows = fileB.length / own;
    const wideA = new Float32Array(rank * columns);
    wideA.set(fileA);
    const wideB = new Float32Array(rows * rank);
    for (let row = 0; row < rows; row++) {
      for (let r = 0; r < own; r++) wideB[row * rank + r] = factor * fileB[row * own + r]!;
    }
    values.set(path, { a: wideA, b: wideB });
  }
  if (changed.length > 0) {
    const text = `${changed.length} layers have a rank or alpha of their own; they were brought to rank ${rank}.`;
    notices.push(notice('info', text, changed));
  }
  const settings: LoraSettings = {
    rank,
    alpha: config.alpha,
    dropout: config.dropout,
    targets: 'all-linear',
    rankStabilized: config.rankStabilized,
  };
  return { settings, values };
}
