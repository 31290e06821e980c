/**
 * The tensors of an adapter and the layers of a model, brought together: every tensor finds its place, or
 * the reason why it has none; all problems are reported at once.
 */
import type { LanguageModel } from '../../models/language-model.ts';
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';
import type { NamedTensor } from '../storage/tensor-file.ts';
import { ADAPTER_CONFIG, type PeftConfig } from './peft-config.ts';

export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';
/** Before every tensor's name: PEFT's two wrappers. */
export const PREFIX = 'base_model.model.';

/** What reading an adapter must know of the model. */
export type AdaptedModel = Pick<
  LanguageModel,
  'linears' | 'replaceable' | 'projectionValues' | 'fanInFanOut' | 'format'
>;

/** The matrices of one adapted layer: A [rank, columns], B [rows, rank]. */
export interface Pair {
  path: string;
  a: NamedTensor;
  b: NamedTensor;
}

/** Every tensor of the file finds its place, or the reason why it has none. */
export function matchTensors(
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
  const isLora = (name: string) => /\.lora_[AB]\.weight$/.test(name);
  const foreign = unused.filter((name) => !isLora(name));
  for (const name of foreign) {
    problems.push(
      `${name} is no LoRA matrix of a linear layer, and nothing that may be saved in full.`,
    );
  }
  for (const name of unused) {
    if (isLora(name)) problems.push(`${name} belongs to no layer of this model.`);
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
