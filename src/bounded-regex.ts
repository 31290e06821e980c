/**
 * Regular expressions that a file brought. A pattern such as `(a+)+$` can be made to search longer than any life, and
 * JavaScript's own search cannot be interrupted; so these are run step by step and give up, with an error that names
 * the pattern, when they take more steps than any useful one. Every method of texts takes them as it takes others.
 */
import { ModelFileError } from './errors.ts';
import { MAX_REGEX_STEPS } from './limits.ts';
import { RegexProgram } from './regex-program.ts';

/** A useful pattern takes some ten. */
const STEPS_A_CHARACTER = 300;

/** What the searches of one pattern may still cost: it grows with the texts, so that no number of texts exceeds it. */
class Allowance {
  readonly #place: string;
  readonly #source: string;
  #left = MAX_REGEX_STEPS;
  #text = '';

  constructor(place: string, source: string) {
    this.#place = place;
    this.#source = source;
  }

  begin(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#left = Math.min(this.#left + STEPS_A_CHARACTER * text.length, 4 * MAX_REGEX_STEPS);
  }

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    this.#left = MAX_REGEX_STEPS;
    throw new ModelFileError(
      `${this.#place}: the regular expression ${JSON.stringify(this.#source.slice(0, 200))} takes more than ${MAX_REGEX_STEPS.toLocaleString('en')} steps on a text of ${this.#text.length} characters; it may never end, so it is not used.`,
    );
  }
}

export class BoundedRegExp extends RegExp {
  readonly #program: RegexProgram;
  readonly #allowance: Allowance;

  /**
   * @param place file and key, for errors
   * @throws ModelFileError for a form that cannot be bounded
   */
  constructor(pattern: RegExp, place: string) {
    // JavaScript's own methods make copies with other flags, which they pass here.
    const copied = pattern instanceof BoundedRegExp;
    super(pattern, copied ? place : pattern.flags);
    if (copied) {
      this.#program = pattern.#program;
      this.#allowance = pattern.#allowance;
      return;
    }
    try {
      this.#program = new RegexProgram(pattern);
    } catch (cause) {
      if (!(cause instanceof SyntaxError || cause instanceof RangeError)) throw cause;
      throw new ModelFileError(
        `${place}: the regular expression ${JSON.stringify(pattern.source.slice(0, 200))} cannot be used: ${cause.message}.`,
        [],
        { cause },
      );
    }
    this.#allowance = new Allowance(place, pattern.source);
  }

  override exec(text: string): RegExpExecArray | null {
    const remembers = this.global || this.sticky;
    const start = remembers ? this.lastIndex : 0;
    this.#allowance.begin(text);
    const count = (steps: number) => {
      this.#allowance.spend(steps);
    };
    for (let at = start; at <= text.length; at++) {
      // A search that starts between the halves of a character starts at its end.
      const inside = this.unicode && at > 0 && text.codePointAt(at - 1)! > 0xffff;
      const found = inside && at > start ? undefined : this.#program.matchAt(text, at, count);
      if (found) {
        if (remembers) this.lastIndex = found[1]!;
        return this.#result(text, found);
      }
      if (this.sticky) break;
    }
    if (remembers) this.lastIndex = 0;
    return null;
  }

  #result(text: string, ends: Int32Array): RegExpExecArray {
    const captures = Array.from({ length: ends.length / 2 }, (_, i) => {
      const [begin, end] = [ends[2 * i]!, ends[2 * i + 1]!];
      return begin < 0 || end < 0 ? undefined : text.slice(begin, end);
    });
    const { names } = this.#program;
    const groups =
      names.size === 0
        ? undefined
        : Object.fromEntries([...names].map(([name, index]) => [name, captures[index]]));
    return Object.assign(captures, { index: ends[0]!, input: text, groups }) as RegExpExecArray;
  }
}
