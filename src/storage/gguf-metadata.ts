/**
 * Typed look-ups in GGUF metadata that collect what is missing or of the wrong kind, and which keys were
 * asked for.
 */
import { unknownKeys, type Harmless } from '../key-account.ts';
import type { GgufValue } from './gguf-layout.ts';

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

export class MetadataReader {
  readonly problems: string[] = [];
  private readonly metadata: GgufMetadata;
  private readonly used = new Set<string>();

  constructor(metadata: GgufMetadata) {
    this.metadata = metadata;
  }

  raw(key: string): GgufValue | undefined {
    this.used.add(key);
    return this.metadata.get(key);
  }

  /** The keys that begin so, without that beginning. */
  endings(beginning: string): string[] {
    return [...this.metadata.keys()].flatMap((key) =>
      key.startsWith(beginning) ? [key.slice(beginning.length)] : [],
    );
  }

  /** Keys that nobody asked for. */
  unused(harmless: Harmless): string[] {
    return unknownKeys(this.metadata, this.used, harmless);
  }

  /** A number, or `fallback` when the key is absent; without a fallback absence is a problem. */
  number(key: string, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.problems.push(`"${key}" must be a number, found ${describe(value)}.`);
    return 0;
  }

  /** A float32 as the shortest decimal that means the same float32 (1e-5, not 9.99999974e-6). */
  float(key: string, fallback?: number): number {
    return shortestFloat(this.number(key, fallback));
  }

  /** A number that may be absent. */
  maybeNumber(key: string): number | undefined {
    return this.raw(key) === undefined ? undefined : this.number(key);
  }

  maybeText(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'string') return value;
    this.problems.push(`"${key}" must be a text, found ${describe(value)}.`);
    return undefined;
  }

  maybeBoolean(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value;
    this.problems.push(`"${key}" must be true or false, found ${describe(value)}.`);
    return undefined;
  }

  texts(key: string): string[] {
    return this.list(key, (item) => typeof item === 'string', 'texts');
  }

  numbers(key: string): number[] {
    return this.list(key, (item) => typeof item === 'number', 'numbers');
  }

  private list<Item extends GgufValue>(
    key: string,
    fits: (item: GgufValue) => item is Item,
    what: string,
  ): Item[] {
    const value = this.raw(key);
    if (Array.isArray(value) && value.every(fits)) return value;
    this.problems.push(`"${key}" must be a list of ${what}, found ${describe(value)}.`);
    return [];
  }
}

function describe(value: GgufValue | undefined): string {
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value).slice(0, 60);
}

/** A float32 as the shortest decimal that means the same float32. */
export function shortestFloat(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(value)) return rounded;
  }
  return value;
}
