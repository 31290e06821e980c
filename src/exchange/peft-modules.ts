/** Which modules an adapter_config.json means: names, regular expressions and layers, as PEFT matches them. */
import { ModelFileError } from '../errors.ts';
import { overLimit } from '../limits.ts';
import { isOff } from '../key-account.ts';
import type { PeftJson } from './peft-config.ts';
import { pythonRegex } from './python-regex.ts';

const FILE = 'adapter_config.json';
/** Of modules in one list, or of patterns; models have some hundreds of modules. */
const MAX_NAMES = 2_000;

/** The two questions PEFT asks of a module path. */
export function moduleRules(config: PeftJson): {
  targets: (path: string) => boolean;
  modulesToSave: readonly string[];
} {
  const modulesToSave = isOff(config['modules_to_save'])
    ? []
    : textList(config['modules_to_save'], 'modules_to_save');
  // A saved module is never adapted: PEFT takes each name as an expression, at any depth.
  const saved = modulesToSave.map((name) =>
    pythonRegex(name, `${FILE}: modules_to_save`, '^(^|.*\\.)%($|\\..*)'),
  );
  const excluded = isOff(config['exclude_modules'])
    ? () => false
    : nameRule(config['exclude_modules'], 'exclude_modules');
  const wanted = nameRule(config['target_modules'] ?? [], 'target_modules');
  // As in PEFT, a target given as an expression or as a whole path is not asked for its layer.
  const isWhole = (path: string) =>
    typeof config['target_modules'] === 'string' ||
    (Array.isArray(config['target_modules']) && config['target_modules'].includes(path));
  const inLayers = layerRule(config);
  return {
    modulesToSave,
    targets: (path) =>
      !excluded(path) &&
      !saved.some((pattern) => pattern.test(path)) &&
      wanted(path) &&
      (isWhole(path) || inLayers(path)),
  };
}

/** A list entry matches a path or its end after a dot; a text is a regular expression on the path. */
function nameRule(rule: unknown, key: string): (path: string) => boolean {
  if (rule === 'all-linear' && key === 'target_modules') return () => true;
  if (typeof rule === 'string') {
    const global = /^\(\?[a-z]+\)/i.exec(rule)?.[0] ?? '';
    // The flags of the whole stay in front of what anchors it.
    pythonRegex(rule, `${FILE}: ${key}`);
    const pattern = pythonRegex(`${global}^(?:${rule.slice(global.length)})$`, `${FILE}: ${key}`);
    return (path) => pattern.test(path);
  }
  const names = textList(rule, key);
  return (path) => names.some((name) => path === name || path.endsWith(`.${name}`));
}

/** `layers_to_transform` with `layers_pattern`: the first number in the path that follows a name. */
function layerRule(config: PeftJson): (path: string) => boolean {
  const layers = config['layers_to_transform'];
  if (layers === undefined || layers === null || (Array.isArray(layers) && layers.length === 0)) {
    return () => true;
  }
  const wanted: unknown[] = Array.isArray(layers) ? layers : [layers];
  if (!wanted.every((layer) => Number.isSafeInteger(layer))) {
    throw new ModelFileError(
      `${FILE}: layers_to_transform must be whole numbers, got ${JSON.stringify(layers)}.`,
    );
  }
  const given = config['layers_pattern'];
  const names = isOff(given)
    ? undefined
    : typeof given === 'string'
      ? [given]
      : textList(given, 'layers_pattern');
  const patterns = names?.map((name) =>
    pythonRegex(name, `${FILE}: layers_pattern`, '(?:^|.*?\\.)%\\.(\\d+)\\.'),
  ) ?? [/^.*?\.[^.]*\.(\d+)\./];
  return (path) => {
    for (const pattern of patterns) {
      const layer = pattern.exec(path)?.at(-1);
      if (layer !== undefined) return wanted.includes(Number(layer));
    }
    return false;
  };
}

/** PEFT takes the first pattern that matches the end of the path, else the value for all. */
export function patternRule(
  config: PeftJson,
  key: 'rank_pattern' | 'alpha_pattern',
  usual: number,
): (path: string) => number {
  const patterns = config[key] ?? {};
  if (typeof patterns !== 'object' || Array.isArray(patterns)) {
    throw new ModelFileError(
      `${FILE}: ${key} must map patterns to numbers, got ${JSON.stringify(patterns)}.`,
    );
  }
  const entries = Object.entries(patterns);
  if (entries.length > MAX_NAMES) {
    throw new ModelFileError(
      `${FILE}: ${key}: ${overLimit(entries.length, 'patterns', MAX_NAMES)}`,
    );
  }
  const rules = entries.map(([pattern, value]) => {
    const fits = key === 'alpha_pattern' ? Number.isFinite(value) : isRank(value);
    if (!fits) {
      throw new ModelFileError(
        `${FILE}: ${key}[${JSON.stringify(pattern)}] must be ${key === 'alpha_pattern' ? 'a number' : 'a positive whole number'}, got ${JSON.stringify(value)}.`,
      );
    }
    return {
      matches: pythonRegex(pattern, `${FILE}: ${key}`, '^(.*\\.)?(%)$'),
      value: value as number,
    };
  });
  return (path) => rules.find(({ matches }) => matches.test(path))?.value ?? usual;
}

function isRank(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function textList(value: unknown, key: string): string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    if (value.length <= MAX_NAMES) return value;
    throw new ModelFileError(`${FILE}: ${key}: ${overLimit(value.length, 'names', MAX_NAMES)}`);
  }
  throw new ModelFileError(
    `${FILE}: ${key} must be a list of names, got ${JSON.stringify(value)}.`,
  );
}
