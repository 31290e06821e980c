/**
 * A regular expression as a list of instructions, run by trying one way after the other and going back where it
 * fails, as JavaScript does it, but with every step counted.
 */
import { MAX_REGEX_SIZE, overLimit } from './limits.ts';
import { readRegex, type RegexNode } from './regex-tree.ts';

type CharacterTest = (character: string) => boolean;

type Instruction =
  | { do: 'character'; fits: CharacterTest; backwards: boolean }
  /** Goes on at `first`; if that fails, at `second`. */
  | { do: 'fork'; first: number; second: number }
  | { do: 'jump'; to: number }
  /** Notes the place in a register: where a capture begins or ends, or a round of a loop. */
  | { do: 'note'; register: number }
  | { do: 'forget'; from: number; to: number }
  /** A round that took nothing does not count. */
  | { do: 'moved'; register: number }
  | { do: 'look'; negative: boolean; body: number; then: number }
  | { do: 'edge'; of: '^' | '$' | 'b' | 'B' }
  | { do: 'back'; register: number; backwards: boolean }
  | { do: 'end' };

/** Says that a search takes too long. */
export type CountSteps = (steps: number) => void;

const OUTSIDE = -1;
/** So often the steps are reported. */
const REPORT = 1024;

export class RegexProgram {
  readonly #flags: string;
  readonly #unicode: boolean;
  readonly #list: Instruction[] = [];
  readonly #tests = new Map<string, CharacterTest>();
  readonly #groups: number;
  readonly names: ReadonlyMap<string, number>;
  #registers: number;

  /** @throws SyntaxError for a form that is not supported, or more instructions than the limit */
  constructor({ source, flags, unicode }: RegExp) {
    this.#flags = flags.replace(/[^ius]/g, '');
    this.#unicode = unicode;
    this.multiline = flags.includes('m');
    const { root, groups, names } = readRegex(source, unicode);
    this.#groups = groups;
    this.names = names;
    // Two for each capture, the whole match being the first.
    this.#registers = 2 * (groups + 1);
    this.#write({ kind: 'group', index: 0, body: root }, false);
    this.#add({ do: 'end' });
  }

  private readonly multiline: boolean;

  /**
   * The captures of a match that begins at `start`, the whole first, each as its two ends (−1 when it took no part);
   * undefined when there is none.
   */
  matchAt(text: string, start: number, count: CountSteps): Int32Array | undefined {
    const registers = new Int32Array(this.#registers).fill(OUTSIDE);
    const changes: number[] = [];
    const end = this.#run(0, start, text, registers, changes, count);
    return end === OUTSIDE ? undefined : registers.slice(0, 2 * (this.#groups + 1));
  }

  #add(instruction: Instruction): number {
    const place = this.#list.push(instruction) - 1;
    if (place >= MAX_REGEX_SIZE) {
      throw new SyntaxError(`it has ${overLimit(place + 1, 'instructions', MAX_REGEX_SIZE)}`);
    }
    return place;
  }

  #write(node: RegexNode, backwards: boolean): void {
    switch (node.kind) {
      case 'character':
        this.#add({ do: 'character', fits: this.#testOf(node.source), backwards });
        return;
      case 'sequence':
        for (const item of backwards ? node.items.toReversed() : node.items)
          this.#write(item, backwards);
        return;
      case 'choice':
        this.#writeChoice(node.options, backwards);
        return;
      case 'group': {
        const [first, last] = [2 * node.index, 2 * node.index + 1];
        this.#add({ do: 'note', register: backwards ? last : first });
        this.#write(node.body, backwards);
        this.#add({ do: 'note', register: backwards ? first : last });
        return;
      }
      case 'repeat':
        this.#writeRepeat(node, backwards);
        return;
      case 'look': {
        const look = {
          do: 'look',
          negative: node.negative,
          body: this.#list.length + 1,
          then: 0,
        } as const;
        const place = this.#add(look);
        this.#write(node.body, node.behind);
        this.#add({ do: 'end' });
        this.#list[place] = { ...look, then: this.#list.length };
        return;
      }
      case 'edge':
        this.#add({ do: 'edge', of: node.of });
        return;
      case 'back': {
        const group =
          typeof node.group === 'number' ? node.group : (this.names.get(node.group) ?? 0);
        this.#add({ do: 'back', register: 2 * group, backwards });
      }
    }
  }

  #writeChoice(options: readonly RegexNode[], backwards: boolean): void {
    const jumps: number[] = [];
    options.forEach((option, i) => {
      const isLast = i === options.length - 1;
      const fork = isLast
        ? undefined
        : this.#add({ do: 'fork', first: this.#list.length + 1, second: 0 });
      this.#write(option, backwards);
      if (fork === undefined) return;
      jumps.push(this.#add({ do: 'jump', to: 0 }));
      this.#list[fork] = { do: 'fork', first: fork + 1, second: this.#list.length };
    });
    for (const jump of jumps) this.#list[jump] = { do: 'jump', to: this.#list.length };
  }

  #writeRepeat(node: Extract<RegexNode, { kind: 'repeat' }>, backwards: boolean): void {
    const { body, least, most, lazy } = node;
    const round = () => {
      const [from, to] = node.groups;
      if (from < to) this.#add({ do: 'forget', from: 2 * from, to: 2 * to });
      this.#write(body, backwards);
    };
    for (let i = 0; i < least; i++) round();
    const forks: number[] = [];
    for (let i = least; i < Math.min(most, least + (most === Infinity ? 1 : Infinity)); i++) {
      forks.push(this.#add({ do: 'fork', first: 0, second: 0 }));
      const register = this.#registers++;
      this.#add({ do: 'note', register });
      round();
      this.#add({ do: 'moved', register });
    }
    if (most === Infinity) this.#add({ do: 'jump', to: forks[0]! });
    const after = this.#list.length;
    for (const fork of forks) {
      this.#list[fork] = lazy
        ? { do: 'fork', first: after, second: fork + 1 }
        : { do: 'fork', first: fork + 1, second: after };
    }
  }

  /** Whether a single character fits, by asking JavaScript once for each. */
  #testOf(source: string): CharacterTest {
    const known = this.#tests.get(source);
    if (known) return known;
    const whole = new RegExp(`^(?:${source})$`, this.#flags);
    const answers = new Map<string, boolean>();
    const test = (character: string) => {
      let answer = answers.get(character);
      if (answer === undefined) {
        answer = whole.test(character);
        answers.set(character, answer);
      }
      return answer;
    };
    this.#tests.set(source, test);
    return test;
  }

  #run(
    start: number,
    from: number,
    text: string,
    registers: Int32Array,
    changes: number[],
    count: CountSteps,
  ): number {
    /** Where to go back to: instruction, place in the text, and how many changes of registers stay. */
    const ways: number[] = [];
    let [at, place, steps] = [start, from, 0];
    const set = (register: number, value: number) => {
      changes.push(register, registers[register]!);
      registers[register] = value;
    };
    const undo = (kept: number) => {
      while (changes.length > kept) {
        const value = changes.pop()!;
        registers[changes.pop()!] = value;
      }
    };
    for (;;) {
      if (++steps % REPORT === 0) count(REPORT);
      const instruction = this.#list[at]!;
      let goes = true;
      at++;
      switch (instruction.do) {
        case 'character': {
          const length = this.#lengthAt(text, place, instruction.backwards);
          const begin = instruction.backwards ? place - length : place;
          goes = length > 0 && instruction.fits(text.slice(begin, begin + length));
          place = instruction.backwards ? begin : begin + length;
          break;
        }
        case 'fork':
          ways.push(instruction.second, place, changes.length);
          at = instruction.first;
          break;
        case 'jump':
          at = instruction.to;
          break;
        case 'note':
          set(instruction.register, place);
          break;
        case 'forget':
          for (let i = instruction.from; i < instruction.to; i++) set(i, OUTSIDE);
          break;
        case 'moved':
          goes = registers[instruction.register] !== place;
          break;
        case 'look': {
          const kept = changes.length;
          const found =
            this.#run(instruction.body, place, text, registers, changes, count) !== OUTSIDE;
          if (instruction.negative) undo(kept);
          goes = found !== instruction.negative;
          at = instruction.then;
          break;
        }
        case 'edge':
          goes = this.#isEdge(instruction.of, text, place);
          break;
        case 'back': {
          const [begin, end] = [
            registers[instruction.register]!,
            registers[instruction.register + 1]!,
          ];
          if (begin === OUTSIDE || end === OUTSIDE) break;
          const [length, there] = [
            end - begin,
            instruction.backwards ? place - (end - begin) : place,
          ];
          goes =
            there >= 0 && this.#isSame(text.slice(begin, end), text.slice(there, there + length));
          place = instruction.backwards ? there : there + length;
          break;
        }
        case 'end':
          count(steps % REPORT);
          return place;
      }
      if (goes) continue;
      if (ways.length === 0) {
        count(steps % REPORT);
        return OUTSIDE;
      }
      undo(ways.pop()!);
      place = ways.pop()!;
      at = ways.pop()!;
    }
  }

  #lengthAt(text: string, place: number, backwards: boolean): number {
    const begin = backwards ? place - 1 : place;
    if (begin < 0 || begin >= text.length) return 0;
    if (!this.#unicode) return 1;
    const pair = backwards ? begin - 1 : begin;
    return pair >= 0 && text.codePointAt(pair)! > 0xffff ? 2 : 1;
  }

  #isEdge(of: '^' | '$' | 'b' | 'B', text: string, place: number): boolean {
    const lineEnd = (at: number) => this.multiline && /[\n\r\u2028\u2029]/.test(text[at] ?? '');
    if (of === '^') return place === 0 || lineEnd(place - 1);
    if (of === '$') return place === text.length || lineEnd(place);
    const word = this.#testOf('\\w');
    const isWord = (at: number) => at >= 0 && at < text.length && word(text[at]!);
    return (isWord(place - 1) !== isWord(place)) === (of === 'b');
  }

  #isSame(first: string, second: string): boolean {
    if (first === second) return true;
    if (!this.#flags.includes('i') || first.length !== second.length) return false;
    return Array.from(first).every((character, i) => {
      const other = Array.from(second)[i]!;
      return new RegExp(`^${character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')}$`, this.#flags).test(
        other,
      );
    });
  }
}
