/**
 * Reads config.json field by field and remembers every problem, so that all are reported at once, and
 * every key that was asked for, so that those nobody uses can be named.
 */
import { ModelFileError } from '../src/errors.ts';
import { MAX_LAYERS, MAX_MODEL_SIZE } from '../src/limits.ts';
import { isOff, unknownKeys, unknownKeysNotice, type Harmless } from '../src/key-account.ts';
import { notice, type Notice } from '../src/notices.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a number must be; a share that rope or an epsilon divides by is never 0. */
export interface NumberRange {
  least?: number;
  above?: number;
  most?: number;
}

export class ConfigReader {
  readonly #config: JsonObject;
  /** Before the names of keys: "rope_scaling." inside that object. */
  readonly #prefix: string;
  readonly #problems: string[];
  readonly #notices: Notice[];
  readonly #used = new Set<string>();

  constructor(config: unknown, parent?: { reader: ConfigReader; prefix: string }) {
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      throw new ModelFileError('config.json: expected an object.');
    }
    this.#config = config as JsonObject;
    this.#prefix = parent?.prefix ?? '';
    this.#problems = parent ? parent.reader.#problems : [];
    this.#notices = parent ? parent.reader.#notices : [];
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  notice(kind: Notice['kind'], text: string, keys: readonly string[]): void {
    this.#notices.push(
      notice(
        kind,
        text,
        keys.map((key) => `config.json: ${this.#prefix}${key}`),
      ),
    );
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined && this.raw(name) !== null;
  }

  /** A positive whole number, under the first of the names that is there; null counts as absent. */
  size(names: string | readonly string[], fallback?: number, most = MAX_MODEL_SIZE): number {
    const all = typeof names === 'string' ? [names] : names;
    const given = all.filter((name) => this.has(name));
    const [first] = given;
    if (first === undefined) {
      if (fallback !== undefined) return fallback;
      this.problem(`${this.#prefix}${all[0]!} is missing.`);
      return 1;
    }
    const value = this.raw(first);
    for (const other of given) {
      if (this.raw(other) !== value) {
        const values = [value, this.raw(other)].map((side) => JSON.stringify(side));
        this.problem(`${first} is ${values[0]} and ${other} is ${values[1]}; they mean the same.`);
      }
    }
    if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0) {
      this.problem(
        `${this.#prefix}${first}: expected a positive whole number, got ${JSON.stringify(value)}.`,
      );
      return 1;
    }
    if (value <= most) return value;
    this.problem(`${this.#prefix}${first}: expected at most ${most}, got ${value}.`);
    return 1;
  }

  /** How many layers, as `size` reads it: few enough that a plan of their tensors can be made. */
  layers(names: string | readonly string[]): number {
    return this.size(names, undefined, MAX_LAYERS);
  }

  number(name: string, fallback: number, range?: NumberRange): number {
    return this.maybeNumber(name, range) ?? fallback;
  }

  maybeNumber(name: string, range: NumberRange = {}): number | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isFinite(value) && isInside(value, range)) return value;
    this.problem(
      `${this.#prefix}${name}: expected ${rangeText(range)}, got ${JSON.stringify(value)}.`,
    );
    return undefined;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.raw(name);
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'boolean') return value;
    this.problem(`${this.#prefix}${name}: expected true or false, got ${JSON.stringify(value)}.`);
    return fallback;
  }

  text(name: string, fallback: string): string {
    const value = this.raw(name);
    return typeof value === 'string' ? value : fallback;
  }

  /** One of the choices; anything else is a problem that lists them. */
  choice<Choice extends string>(
    name: string,
    choices: readonly Choice[],
    fallback: Choice,
  ): Choice {
    const value = this.raw(name);
    if (value === undefined || value === null) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      this.problem(
        `${this.#prefix}${name}: ${JSON.stringify(value)} is not supported; supported are ${choices.join(', ')}.`,
      );
    }
    return found ?? fallback;
  }

  /** The object under that name, read by the same rules; undefined when absent or empty. */
  nested(name: string): ConfigReader | undefined {
    const value = this.raw(name);
    if (isOff(value)) return undefined;
    if (typeof value === 'object' && !Array.isArray(value)) {
      return new ConfigReader(value, { reader: this, prefix: `${this.#prefix}${name}.` });
    }
    this.problem(`${this.#prefix}${name}: expected an object, got ${JSON.stringify(value)}.`);
    return undefined;
  }

  raw(name: string): unknown {
    this.#used.add(name);
    return this.#config[name];
  }

  /** Settings that change what is computed and are not supported, unless they are off. */
  refuse(reasons: Readonly<Record<string, string>>): void {
    for (const [name, reason] of Object.entries(reasons)) {
      if (!isOff(this.raw(name))) this.problem(`${name}: ${reason}.`);
    }
  }

  /** Settings that transformers, too, leaves unused in this family; one that is not off is named. */
  ignore(names: readonly string[], reason: string): void {
    const given = names.filter((name) => !isOff(this.raw(name)));
    if (given.length > 0) this.notice('doubtful', reason, given);
  }

  /** Keys that were never asked for. */
  unused(harmless: Harmless): string[] {
    return unknownKeys(Object.entries(this.#config), this.#used, harmless);
  }

  /**
   * Ends the reading: what there is to say about the file, with the keys that nobody knows.
   * @throws ModelFileError with every problem met so far
   */
  finish(harmless: Harmless): Notice[] {
    if (this.#problems.length > 0) {
      throw new ModelFileError('config.json cannot be used.', this.#problems);
    }
    return [...this.#notices, ...unknownKeysNotice('config.json', this.unused(harmless))];
  }
}

function isInside(value: number, { least, above, most }: NumberRange): boolean {
  return (
    value >= (least ?? -Infinity) && value > (above ?? -Infinity) && value <= (most ?? Infinity)
  );
}

function rangeText({ least, above, most }: NumberRange): string {
  const bounds = [
    ...(least === undefined ? [] : [`from ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`up to ${most}`]),
  ];
  return ['a number', ...bounds].join(' ');
}
