/** adapter_config.json: PEFT's defaults filled in, what cannot be read refused by name. */
import { ModelFileError, UnsupportedModelError } from '../errors.ts';

export interface PeftConfig {
  rank: number;
  alpha: number;
  dropout: number;
  rankStabilized: boolean;
  baseModel: string | undefined;
  /** Whether a module path is adapted by these settings. */
  targets(path: string): boolean;
  rankOf(path: string): number;
  alphaOf(path: string): number;
}

type Json = Readonly<Record<string, unknown>>;

/** Settings that change what is computed and are not supported, unless they are off. */
const REFUSED: Record<string, string> = {
  use_dora: 'DoRA magnitudes',
  modules_to_save: 'modules saved in full (modules_to_save)',
  layer_replication: 'replicated layers',
  alora_invocation_tokens: 'activated LoRA (alora_invocation_tokens)',
  target_parameters: 'adapted parameters (target_parameters)',
  trainable_token_indices: 'trained token embeddings',
  use_qalora: 'QA-LoRA',
  use_bdlora: 'block-diagonal LoRA',
  lora_bias: 'biases on B (lora_bias)',
};

/** @throws UnsupportedModelError or ModelFileError naming every reason at once */
export function readPeftConfig(text: string): PeftConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ModelFileError('adapter_config.json is not JSON.', [], { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ModelFileError('adapter_config.json: expected an object.');
  }
  const config = json as Json;
  const refused: string[] = [];
  if (config['peft_type'] !== 'LORA') {
    refused.push(`peft_type is ${JSON.stringify(config['peft_type'])}; LORA is supported.`);
  }
  for (const [key, what] of Object.entries(REFUSED)) {
    if (isOn(config[key])) refused.push(`${what} are not supported.`);
  }
  if (config['bias'] !== undefined && config['bias'] !== 'none') {
    refused.push(`bias is ${JSON.stringify(config['bias'])}; "none" is supported.`);
  }
  if (refused.length > 0)
    throw new UnsupportedModelError('This adapter cannot be opened.', refused);

  const number = (key: string, fallback: number): number => {
    const value = config[key] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    throw new ModelFileError(
      `adapter_config.json: ${key} must be a number, got ${JSON.stringify(value)}.`,
    );
  };
  const rank = number('r', 8);
  const alpha = number('lora_alpha', 8);
  return {
    rank,
    alpha,
    dropout: number('lora_dropout', 0),
    rankStabilized: config['use_rslora'] === true,
    baseModel:
      typeof config['base_model_name_or_path'] === 'string'
        ? config['base_model_name_or_path']
        : undefined,
    targets: targetRule(config),
    rankOf: (path) => patternValue(config['rank_pattern'], path) ?? rank,
    alphaOf: (path) => patternValue(config['alpha_pattern'], path) ?? alpha,
  };
}

function isOn(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return true;
}

/** A list entry matches a path or its end after a dot; a text is a regular expression on the path. */
function targetRule(config: Json): (path: string) => boolean {
  const { target_modules: targets, exclude_modules: excluded } = config;
  const layers = config['layers_to_transform'];
  const wanted = typeof layers === 'number' ? [layers] : Array.isArray(layers) ? layers : undefined;
  return (path) => {
    if (excluded !== undefined && excluded !== null && matches(excluded, path)) return false;
    if (!matches(targets, path)) return false;
    if (wanted === undefined) return true;
    const layer = /\.(\d+)\./.exec(path)?.[1];
    return layer !== undefined && wanted.includes(Number(layer));
  };
}

function matches(rule: unknown, path: string): boolean {
  if (rule === 'all-linear') return true;
  if (typeof rule === 'string') return new RegExp(`^(?:${rule})$`).test(path);
  if (!Array.isArray(rule)) return false;
  return rule.some((entry) => path === entry || path.endsWith(`.${String(entry)}`));
}

/** PEFT takes the first pattern that matches the end of the path. */
function patternValue(patterns: unknown, path: string): number | undefined {
  if (typeof patterns !== 'object' || patterns === null) return undefined;
  for (const [pattern, value] of Object.entries(patterns)) {
    if (typeof value === 'number' && new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(path))
      return value;
  }
  return undefined;
}
