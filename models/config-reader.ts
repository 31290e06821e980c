/** Reads config.json field by field and remembers every problem, so that all are told at once. */
import { ModelFileError } from '../src/errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export class ConfigReader {
  readonly #config: JsonObject;
  readonly #problems: string[] = [];

  constructor(config: unknown) {
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      throw new ModelFileError('config.json: expected an object.');
    }
    this.#config = config as JsonObject;
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  /** A positive whole number, under the first of the names that is there. */
  size(names: string | string[], fallback?: number): number {
    for (const name of typeof names === 'string' ? [names] : names) {
      const value = this.#config[name];
      if (value === undefined || value === null) continue;
      if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
      this.problem(`${name}: expected a positive whole number, got ${JSON.stringify(value)}.`);
      return 1;
    }
    if (fallback !== undefined) return fallback;
    this.problem(`${typeof names === 'string' ? names : names[0]!} is missing.`);
    return 1;
  }

  number(name: string, fallback: number): number {
    const value = this.#config[name];
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.problem(`${name}: expected a number, got ${JSON.stringify(value)}.`);
    return fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#config[name];
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'boolean') return value;
    this.problem(`${name}: expected true or false, got ${JSON.stringify(value)}.`);
    return fallback;
  }

  text(name: string, fallback: string): string {
    const value = this.#config[name];
    return typeof value === 'string' ? value : fallback;
  }

  /** One of the choices; anything else is a problem that lists them. */
  choice<Choice extends string>(
    name: string,
    choices: readonly Choice[],
    fallback: Choice,
  ): Choice {
    const value = this.#config[name];
    if (value === undefined || value === null) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      this.problem(
        `${name}: ${JSON.stringify(value)} is not supported; supported are ${choices.join(', ')}.`,
      );
    }
    return found ?? fallback;
  }

  object(name: string): JsonObject | undefined {
    const value = this.#config[name];
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  }

  raw(name: string): unknown {
    return this.#config[name];
  }

  /** @throws ModelFileError with every problem met so far */
  finish(): void {
    if (this.#problems.length > 0) {
      throw new ModelFileError('config.json cannot be used.', this.#problems);
    }
  }
}

export function readNumber(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
