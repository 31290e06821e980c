/**
 * A PEFT adapter from its two files, checked against the model it should fit: every pair there, every
 * tensor accounted for, every shape right, and all problems reported at once.
 */
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import type { LoraValues } from '../lora/adapter.ts';
import type { LoraSettings } from '../lora/config.ts';
import { notice, type Notice } from '../notices.ts';
import { readText, type ByteSource } from '../storage/byte-source.ts';
import { nonFiniteProblem } from '../storage/finite.ts';
import { throwProblems } from '../storage/problems.ts';
import { readSafetensors } from '../storage/safetensors.ts';
import { readFloat32, type NamedTensor } from '../storage/tensor-file.ts';
import { largestDirections, leadingRows } from './base-change.ts';
import { ADAPTER_CONFIG, readPeftConfig, type PeftConfig } from './peft-config.ts';
import {
  ADAPTER_WEIGHTS,
  matchTensors,
  PREFIX,
  type AdaptedModel,
  type Pair,
} from './peft-match.ts';
import { bringTogether, type PairValues } from './peft-ranks.ts';

export interface ReadAdapter {
  settings: LoraSettings;
  baseModel: string | undefined;
  /** By module path, brought to one rank and one scale. */
  values: Map<string, LoraValues>;
  /** Tensors of the base model that the adapter saved in full, by their names in the checkpoint. */
  saved: Map<string, Float32Array>;
  notices: Notice[];
}

/** @throws ModelFileError, UnsupportedModelError, DataError */
export async function readPeftAdapter(
  files: ReadonlyMap<string, ByteSource>,
  model: AdaptedModel,
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
  const notices = [...config.notices, ...file.notices];
  const tensors = withPlainNames(new Map([...file.tensors]), notices);
  const { pairs, saved } = matchTensors(tensors, file.unreadable, config, model, notices);
  const values = await readPairs(pairs, config, model, notices);
  return {
    ...bringTogether(values, config, notices),
    baseModel: config.baseModel,
    saved: await readSaved(saved),
    notices,
  };
}

/** Adapter names inside keys and a doubled prefix are accepted, with a word about it. */
function withPlainNames(tensors: ReadonlyMap<string, NamedTensor>, notices: Notice[]) {
  const plain = new Map<string, NamedTensor>();
  const renamed: string[] = [];
  for (const [name, value] of tensors) {
    const simple = name
      .replace(/^(base_model\.model\.)+/, PREFIX)
      .replace(/\.(lora_[AB])\.[^.]+\.weight$/, '.$1.weight')
      .replace(/\.modules_to_save\.(?:[^.]+\.)?(weight|bias)$/, '.$1');
    if (simple !== name) renamed.push(name);
    plain.set(simple, value);
  }
  if (renamed.length > 0) {
    notices.push(
      notice('assumed', 'Tensor names had an unusual form and were read as PEFT’s.', renamed),
    );
  }
  return plain;
}

async function readPairs(
  pairs: readonly Pair[],
  config: PeftConfig,
  model: AdaptedModel,
  notices: Notice[],
): Promise<PairValues[]> {
  const { baseChange } = config;
  if (baseChange === 'olora' && model.fanInFanOut) {
    throw new UnsupportedModelError('This adapter cannot be opened.', [
      'init_lora_weights is "olora" on layers that are stored transposed, which cannot be redone here.',
    ]);
  }
  const problems: string[] = [];
  const values: PairValues[] = [];
  for (const { path, a, b } of pairs) {
    const [rank, columns] = a.shape as [number, number];
    const rows = b.shape[0]!;
    const pair: PairValues = {
      path,
      rank,
      a: await finite(a, problems),
      b: await finite(b, problems),
    };
    if (baseChange !== undefined) {
      if (rank > Math.min(rows, columns) || (baseChange === 'pissa' && config.alphaOf(path) <= 0)) {
        throw new ModelFileError(`This adapter cannot be opened.`, [
          `${path}: rank ${rank} and alpha ${config.alphaOf(path)} cannot come from ${baseChange} on [${rows}, ${columns}].`,
        ]);
      }
      const take = baseChange === 'pissa' ? largestDirections : leadingRows;
      const taken = take(await model.projectionValues(path), rows, columns, rank);
      pair.taken = { ...taken, scaled: baseChange === 'olora' };
    }
    values.push(pair);
  }
  throwProblems(`${ADAPTER_WEIGHTS}: values are not finite numbers.`, problems);
  if (baseChange !== undefined) notices.push(baseChangeNotice(baseChange, model));
  return values;
}

function baseChangeNotice(baseChange: string, { format }: AdaptedModel): Notice {
  const exact =
    format === 'int8' || format === 'mixed'
      ? ' The base weights are rounded to 8 bits here, so this is not exact; open the model in full precision.'
      : '';
  return notice(
    exact ? 'doubtful' : 'info',
    `The adapter was started by ${baseChange}, which changes the base weights; the change is computed again, as PEFT does, and kept beside the adapter as further ranks.${exact}`,
    [`${ADAPTER_CONFIG}: init_lora_weights`],
  );
}

async function readSaved(
  tensors: ReadonlyMap<string, NamedTensor>,
): Promise<Map<string, Float32Array>> {
  const problems: string[] = [];
  const saved = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) saved.set(name, await finite(tensor, problems));
  throwProblems(`${ADAPTER_WEIGHTS}: values are not finite numbers.`, problems);
  return saved;
}

async function finite(tensor: NamedTensor, problems: string[]): Promise<Float32Array> {
  const values = await readFloat32(tensor);
  const problem = nonFiniteProblem(tensor.name, tensor.shape, values, 'F32');
  if (problem !== undefined) problems.push(problem);
  return values;
}
