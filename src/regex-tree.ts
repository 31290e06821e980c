/**
 * A regular expression that JavaScript has accepted, as a tree. What one character may be (a letter, an escape, a
 * class) stays as it is written: JavaScript itself is asked about it.
 */

export type RegexNode =
  | { kind: 'character'; source: string }
  | { kind: 'sequence'; items: RegexNode[] }
  | { kind: 'choice'; options: RegexNode[] }
  | { kind: 'group'; index: number; body: RegexNode }
  /** `groups`: the first capture inside and one more than the last, which each round forgets. */
  | {
      kind: 'repeat';
      body: RegexNode;
      least: number;
      most: number;
      lazy: boolean;
      groups: readonly [number, number];
    }
  | { kind: 'look'; behind: boolean; negative: boolean; body: RegexNode }
  | { kind: 'edge'; of: '^' | '$' | 'b' | 'B' }
  | { kind: 'back'; group: number | string };

export interface RegexTree {
  root: RegexNode;
  /** Captures by number, the whole match not among them; the names of those that have one. */
  groups: number;
  names: ReadonlyMap<string, number>;
}

/** @throws SyntaxError for a form that JavaScript may know and this reader does not */
export function readRegex(source: string, unicode: boolean): RegexTree {
  return new RegexReader(source, unicode).read();
}

const QUANTIFIER = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})(\??)/;

class RegexReader {
  #at = 0;
  #groups = 0;
  readonly #names = new Map<string, number>();
  readonly #source: string;
  readonly #unicode: boolean;
  /** Known beforehand: a number above it is no reference. */
  readonly #allGroups: number;

  constructor(source: string, unicode: boolean) {
    this.#source = source;
    this.#unicode = unicode;
    const bare = source.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, '');
    this.#allGroups = bare.match(/\((?!\?)|\(\?<(?![=!])/g)?.length ?? 0;
  }

  read(): RegexTree {
    const root = this.#choice();
    if (this.#at < this.#source.length) throw new SyntaxError('brackets do not match');
    return { root, groups: this.#groups, names: this.#names };
  }

  #takes(text: string): boolean {
    const there = this.#source.startsWith(text, this.#at);
    if (there) this.#at += text.length;
    return there;
  }

  #choice(): RegexNode {
    const options = [this.#sequence()];
    while (this.#takes('|')) options.push(this.#sequence());
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) {
      const first = this.#groups;
      items.push(this.#quantified(this.#item(), first));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #quantified(body: RegexNode, first: number): RegexNode {
    const found = QUANTIFIER.exec(this.#source.slice(this.#at, this.#at + 40));
    if (!found) return body;
    this.#at += found[0].length;
    const [sign, exact, comma, upper, lazy] = found;
    const least = exact === undefined ? (sign.startsWith('+') ? 1 : 0) : Number(exact);
    const most =
      exact === undefined
        ? sign.startsWith('?')
          ? 1
          : Infinity
        : comma === ''
          ? least
          : upper === ''
            ? Infinity
            : Number(upper);
    return {
      kind: 'repeat',
      body,
      least,
      most,
      lazy: lazy === '?',
      groups: [first + 1, this.#groups + 1],
    };
  }

  #item(): RegexNode {
    const start = this.#at;
    if (this.#takes('^')) return { kind: 'edge', of: '^' };
    if (this.#takes('$')) return { kind: 'edge', of: '$' };
    if (this.#takes('(')) return this.#bracket();
    if (this.#takes('\\')) return this.#escape();
    if (this.#takes('[')) {
      for (; this.#source[this.#at] !== ']'; this.#at++) {
        if (this.#at >= this.#source.length) throw new SyntaxError('a class does not end');
        if (this.#source[this.#at] === '\\') this.#at++;
      }
      this.#at++;
    } else {
      this.#at += this.#characterLength();
    }
    return { kind: 'character', source: this.#source.slice(start, this.#at) };
  }

  #characterLength(): number {
    return this.#unicode && this.#source.codePointAt(this.#at)! > 0xffff ? 2 : 1;
  }

  #bracket(): RegexNode {
    const look = /^\?(<?)([=!])/.exec(this.#source.slice(this.#at, this.#at + 3));
    const named = /^\?<([^>=!][^>]*)>/.exec(this.#source.slice(this.#at, this.#at + 200));
    let wrap: (body: RegexNode) => RegexNode;
    if (look) {
      this.#at += look[0].length;
      wrap = (body) => ({ kind: 'look', behind: look[1] === '<', negative: look[2] === '!', body });
    } else if (this.#takes('?:')) {
      wrap = (body) => body;
    } else {
      if (this.#source[this.#at] === '?' && !named) {
        throw new SyntaxError(`"(${this.#source.slice(this.#at, this.#at + 4)}" is not supported`);
      }
      const index = ++this.#groups;
      if (named) {
        this.#at += named[0].length;
        this.#names.set(named[1]!, index);
      }
      wrap = (body) => ({ kind: 'group', index, body });
    }
    const body = this.#choice();
    if (!this.#takes(')')) throw new SyntaxError('brackets do not match');
    return wrap(body);
  }

  /** After the backslash. */
  #escape(): RegexNode {
    const rest = this.#source.slice(this.#at, this.#at + 200);
    if (/^[bB]/.test(rest)) {
      this.#at++;
      return { kind: 'edge', of: rest[0] as 'b' | 'B' };
    }
    const number = /^[1-9]\d*/.exec(rest)?.[0];
    if (number !== undefined && (this.#unicode || Number(number) <= this.#allGroups)) {
      this.#at += number.length;
      return { kind: 'back', group: Number(number) };
    }
    const name = /^k<([^>]+)>/.exec(rest);
    if (name && this.#source.includes('(?<')) {
      this.#at += name[0].length;
      return { kind: 'back', group: name[1]! };
    }
    const wide = this.#unicode
      ? /^(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})/.exec(
          rest,
        )
      : /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(rest);
    const usual = /^(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z])/.exec(rest);
    const length = (wide ?? usual)?.[0].length ?? this.#characterLength();
    const source = `\\${rest.slice(0, length)}`;
    this.#at += length;
    return { kind: 'character', source };
  }
}
