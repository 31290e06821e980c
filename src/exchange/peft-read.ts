/**
 * A PEFT adapter from its two files, checked against the model it should fit: every pair there, every
 * tensor accounted for, every shape right, and all problems reported at once.
 */
import type { LanguageModel } from '../../models/language-model.ts';
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

/** What reading an adapter must know of the model. */
export type AdaptedModel = Pick<
  LanguageModel,
  'linears' | 'replaceable' | 'projectionValues' | 'fanInFanOut' | 'format'
>;

export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';
const PREFIX = 'base_model.model.';

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
  const { pairs, saved } = match(tensors, file.unreadable, config, model, notices);
  const values = await readPairs(pairs, config, model, notices);
  return {
    ...bringTogether(values, config, notices),
    baseModel: config.baseModel,
    saved: await readSaved(saved),
    notices,
  };
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

/** Every tensor of the file finds its place, or the reason why it has none. */
function match(
  tensors: ReadonlyMap<string, NamedTensor>,
  unreadable: ReadonlyMap<string, string>,
  config: PeftConfig,
  model: AdaptedModel,
  notices: Notice[],
): { pairs: Pair[]; saved: Map<string, NamedTensor> } {
  const problems: string[] = [];
  const pairs: Pair[] = [];
  const unused = new Set(tensors.keys());
  const untargeted: string[] = [];
  for (const { weight, projections } of model.linears) {
    for (const { path, start, end } of projections) {
      const names = ['A', 'B'].map((which) => `${PREFIX}${path}.lora_${which}.weight`);
      const [a, b] = names.map((name) => tensors.get(name));
      for (const name of names) unused.delete(name);
      const targeted = config.targets(path);
      if (!a && !b) {
        if (targeted) problems.push(`${path} should be adapted, but has no matrices.`);
        continue;
      }
      if (!targeted) {
        untargeted.push(path);
        continue;
      }
      if (!a || !b) {
        problems.push(`${path}: lora_${a ? 'B' : 'A'} is missing.`);
        continue;
      }
      const rank = config.rankOf(path);
      checkShape(a, [rank, weight.columns], `${path}.lora_A`, problems);
      checkShape(b, [end - start, rank], `${path}.lora_B`, problems);
      pairs.push({ path, a, b });
    }
  }
  if (untargeted.length > 0) {
    const text = `${ADAPTER_CONFIG} does not adapt these layers; their matrices were left out, as PEFT does.`;
    notices.push(notice('dropped', text, untargeted));
  }
  const saved = new Map<string, NamedTensor>();
  for (const name of [...unused]) {
    const base = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
    const part = model.replaceable.get(base);
    if (!part) continue;
    checkShape(tensors.get(name)!, part.shape, base, problems);
    saved.set(base, tensors.get(name)!);
    unused.delete(name);
  }
  checkSavedModules(config, model, saved, problems);
  refuseForeign([...unused], unreadable, problems);
  if (pairs.length === 0) problems.push('No layer of this model is adapted.');
  if (problems.length > 0) {
    throw new ModelFileError(
      'The adapter does not fit this model; was it trained on another?',
      problems,
    );
  }
  return { pairs, saved };
}

function checkShape(
  { shape }: NamedTensor,
  expected: readonly number[],
  what: string,
  problems: string[],
): void {
  if (shape.join() === expected.join()) return;
  problems.push(
    `${what}: expected [${expected.join(', ')}] for this model, found [${shape.join(', ')}].`,
  );
}

/** Each module that should be saved in full must be in the file. */
function checkSavedModules(
  { modulesToSave }: PeftConfig,
  { replaceable }: AdaptedModel,
  saved: ReadonlyMap<string, NamedTensor>,
  problems: string[],
): void {
  const moduleOf = (name: string) => name.slice(0, name.lastIndexOf('.'));
  // The head of some models has two names.
  const parts = new Set([...saved.keys()].map((name) => replaceable.get(name)!.part));
  for (const end of modulesToSave) {
    const wanted = [...replaceable].filter(([name]) => moduleOf(name).endsWith(end));
    const missing = wanted.filter(([, { part }]) => !parts.has(part)).map(([name]) => name);
    if (wanted.length === 0) missing.push(end);
    for (const name of missing) {
      problems.push(`modules_to_save names ${name}, which ${ADAPTER_WEIGHTS} does not hold.`);
    }
  }
}

function refuseForeign(
  unused: readonly string[],
  unreadable: ReadonlyMap<string, string>,
  problems: string[],
): void {
  const foreign = unused.filter((name) => !/\.lora_[AB]\.weight$/.test(name));
  for (const name of foreign) {
    problems.push(
      `${name} is no LoRA matrix of a linear layer, and nothing that may be saved in full.`,
    );
  }
  for (const name of unused) {
    if (!foreign.includes(name)) problems.push(`${name} belongs to no layer of this model.`);
  }
  for (const [name, format] of unreadable) {
    problems.push(`${name} is stored as ${format}; F64, F32, F16 and BF16 are read.`);
  }
  if (foreign.length === 0) return;
  throw new UnsupportedModelError(
    'The adapter holds more than LoRA matrices of linear layers, norms, embeddings and the head.',
    problems,
  );
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
