/** adapter_config.json: PEFT's defaults filled in, what cannot be read refused by name. */
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import { parseJson } from '../json-text.ts';
import { isOff, unknownKeys, unknownKeysNotice } from '../key-account.ts';
import { notice, type Notice } from '../notices.ts';
import {
  HARMLESS_PEFT_KEYS,
  HARMLESS_STARTS,
  REDONE_STARTS,
  REFUSED_PEFT_KEYS,
  type BaseChange,
} from './peft-keys.ts';
import { moduleRules, patternRule } from './peft-modules.ts';

export const ADAPTER_CONFIG = 'adapter_config.json';

export interface PeftConfig {
  rank: number;
  alpha: number;
  dropout: number;
  rankStabilized: boolean;
  baseModel: string | undefined;
  /** What opening the adapter takes out of the base weights first. */
  baseChange: BaseChange | undefined;
  /** Ends of module paths that are saved in full. */
  modulesToSave: readonly string[];
  /** Whether a module path is adapted by these settings. */
  targets(path: string): boolean;
  rankOf(path: string): number;
  alphaOf(path: string): number;
  notices: Notice[];
}

export type PeftJson = Readonly<Record<string, unknown>>;

/**
 * @throws UnsupportedModelError or ModelFileError naming every reason at once, DataError for a pattern
 *   that is not a regular expression
 */
export function readPeftConfig(text: string): PeftConfig {
  const json = parseJson(text, ADAPTER_CONFIG);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ModelFileError(`${ADAPTER_CONFIG}: expected an object.`);
  }
  const config = json as PeftJson;
  const baseChange = refuseUnsupported(config);
  const numbers = readNumbers(config);
  return {
    ...numbers,
    rankStabilized: config['use_rslora'] === true,
    baseModel:
      typeof config['base_model_name_or_path'] === 'string'
        ? config['base_model_name_or_path']
        : undefined,
    baseChange,
    ...moduleRules(config),
    rankOf: patternRule(config, 'rank_pattern', numbers.rank),
    alphaOf: patternRule(config, 'alpha_pattern', numbers.alpha),
    notices: noticesOf(config),
  };
}

/** @returns what the base loses first */
function refuseUnsupported(config: PeftJson): BaseChange | undefined {
  const refused: string[] = [];
  if (config['peft_type'] !== 'LORA') {
    refused.push(`peft_type is ${JSON.stringify(config['peft_type'])}; LORA is supported.`);
  }
  for (const [key, what] of Object.entries(REFUSED_PEFT_KEYS)) {
    if (!isOff(config[key])) refused.push(`${what} are not supported.`);
  }
  if (config['bias'] !== undefined && config['bias'] !== 'none') {
    refused.push(`bias is ${JSON.stringify(config['bias'])}; "none" is supported.`);
  }
  if (!isOff(config['ensure_weight_tying']) && !isOff(config['modules_to_save'])) {
    refused.push('tied modules that are saved in full (ensure_weight_tying) are not supported.');
  }
  const start = config['init_lora_weights'];
  const lower = typeof start === 'string' ? start.toLowerCase() : start;
  const baseChange = REDONE_STARTS.find((name) => name === lower);
  if (baseChange === undefined && !HARMLESS_STARTS.includes(lower)) {
    refused.push(
      `init_lora_weights is ${JSON.stringify(start)}: what it changes in the base model cannot be redone here. In Python, save the adapter with save_pretrained(folder, path_initial_model_for_weight_conversion=…), which turns it into plain LoRA.`,
    );
  }
  if (refused.length > 0) {
    throw new UnsupportedModelError('This adapter cannot be opened.', refused);
  }
  return baseChange;
}

function readNumbers(config: PeftJson): { rank: number; alpha: number; dropout: number } {
  const problems: string[] = [];
  const number = (
    key: string,
    fallback: number,
    expected: string,
    fits: (value: number) => boolean,
  ): number => {
    const value = config[key] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && fits(value)) return value;
    problems.push(`${ADAPTER_CONFIG}: ${key} must be ${expected}, got ${JSON.stringify(value)}.`);
    return fallback;
  };
  const rank = number('r', 8, 'a positive whole number', (r) => Number.isSafeInteger(r) && r > 0);
  const alpha = number('lora_alpha', 8, 'a number', () => true);
  const dropout = number('lora_dropout', 0, 'a share below 1', (share) => share >= 0 && share < 1);
  if (problems.length > 0) throw new ModelFileError('This adapter cannot be opened.', problems);
  return { rank, alpha, dropout };
}

const USED: ReadonlySet<string> = new Set([
  ...['peft_type', 'task_type', 'base_model_name_or_path', 'bias', 'init_lora_weights'],
  ...['r', 'lora_alpha', 'lora_dropout', 'use_rslora', 'rank_pattern', 'alpha_pattern'],
  ...['target_modules', 'exclude_modules', 'layers_to_transform', 'layers_pattern'],
  ...['modules_to_save', 'ensure_weight_tying', ...Object.keys(REFUSED_PEFT_KEYS)],
]);

function noticesOf(config: PeftJson): Notice[] {
  const unknown = unknownKeys(Object.entries(config), USED, HARMLESS_PEFT_KEYS);
  const notices = unknownKeysNotice(ADAPTER_CONFIG, unknown);
  const task = config['task_type'] ?? 'CAUSAL_LM';
  if (task !== 'CAUSAL_LM') {
    const text = `The adapter was trained for the task ${JSON.stringify(task)}, not for a causal language model.`;
    notices.push(notice('doubtful', text, [`${ADAPTER_CONFIG}: task_type`]));
  }
  return notices;
}
