/**
 * The Jinja library's interpreter with limits: a chat template is a program that a file brought, and nothing in it
 * may run, recur or grow without end. Steps are counted, values are measured, and what would make a long text of
 * short ones is measured beforehand.
 */
import { Environment, Interpreter, type Template } from '@huggingface/jinja';
import { ModelFileError } from '../errors.ts';
import {
  MAX_RENDERED_CHARACTERS,
  MAX_TEMPLATE_DEPTH,
  MAX_TEMPLATE_RANGE,
  MAX_TEMPLATE_SECONDS,
  MAX_TEMPLATE_STEPS,
} from '../limits.ts';

interface Value {
  type: string;
  value: unknown;
}
interface TreeNode {
  type: string;
  [member: string]: unknown;
}
type Call = (args: Value[], scope: Environment) => Value;

/** Parts of the library that its types keep to itself; a test sees that they are there. */
interface Inner {
  evaluate(node: TreeNode | undefined, scope: Environment): Value;
  evaluateArguments(args: TreeNode[], scope: Environment): [Value[], Map<string, Value>];
  applyFilter(operand: Value, filter: TreeNode, scope: Environment): Value;
  evaluateMemberExpression(node: TreeNode, scope: Environment): Value;
  run(program: unknown): Value;
}
const Base = Interpreter as unknown as new (scope: Environment) => Inner;

export const INNER_METHODS: readonly (keyof Inner)[] = [
  ...(['evaluate', 'evaluateArguments', 'applyFilter', 'evaluateMemberExpression'] as const),
];

/** Of which the arguments say how long the text will be. */
const GROWING: ReadonlySet<unknown> = new Set(['join', 'replace', 'indent', 'tojson']);
const MAX_INDENT = 100;
/** Every so many steps the clock is read. */
const CLOCK_STEPS = 256;
/** A node that has its value already. */
const EVALUATED = 'Evaluated';

class BoundedInterpreter extends Base {
  readonly #name: string;
  #steps = 0;
  #depth = 0;
  readonly #end = performance.now() + MAX_TEMPLATE_SECONDS * 1000;
  /** Sizes of values that never change. */
  readonly #sizes = new WeakMap<object, number>();

  /** @param name of the template, for errors */
  constructor(scope: Environment, name: string) {
    super(scope);
    this.#name = name;
  }

  override evaluate(node: TreeNode | undefined, scope: Environment): Value {
    if (node?.type === EVALUATED) return node['value'] as Value;
    this.#step();
    if (++this.#depth > MAX_TEMPLATE_DEPTH) {
      this.#refuse(
        `goes deeper than ${MAX_TEMPLATE_DEPTH} calls and expressions within each other`,
      );
    }
    try {
      const value = super.evaluate(node, scope);
      this.#measure(value);
      return value;
    } finally {
      this.#depth--;
    }
  }

  override applyFilter(operand: Value, filter: TreeNode, scope: Environment): Value {
    if (operand.type === 'NamespaceValue') this.#refuse('filters a namespace');
    const name =
      filter.type === 'CallExpression' ? (filter['callee'] as TreeNode)['value'] : filter['value'];
    if (filter.type !== 'CallExpression' || !GROWING.has(name))
      return super.applyFilter(operand, filter, scope);
    const [args, named] = this.evaluateArguments(filter['args'] as TreeNode[], scope);
    this.#foresee(name, operand, [...args, ...named.values()]);
    const known = (value: Value): TreeNode => ({ type: EVALUATED, value });
    return super.applyFilter(
      operand,
      {
        ...filter,
        args: [
          ...args.map(known),
          ...[...named].map(([key, value]) => ({
            type: 'KeywordArgumentExpression',
            key: { type: 'Identifier', value: key },
            value: known(value),
          })),
        ],
      },
      scope,
    );
  }

  /** The method `replace` of a text grows it as the filter does. */
  override evaluateMemberExpression(node: TreeNode, scope: Environment): Value {
    const object = this.evaluate(node['object'] as TreeNode, scope);
    const member = super.evaluateMemberExpression(
      { ...node, object: { type: EVALUATED, value: object } },
      scope,
    );
    if (object.type !== 'StringValue' || member.type !== 'FunctionValue') return member;
    const call = member.value as Call;
    const bounded: Call = (args, callScope) => {
      if (args.length > 1) this.#foresee('replace', object, args);
      return call(args, callScope);
    };
    return Object.assign(Object.create(Object.getPrototypeOf(member) as object) as Value, member, {
      value: bounded,
    });
  }

  #step(): void {
    this.#steps++;
    if (this.#steps > MAX_TEMPLATE_STEPS) {
      this.#refuse(`takes more than ${MAX_TEMPLATE_STEPS.toLocaleString('en')} steps`);
    }
    if (this.#steps % CLOCK_STEPS === 0 && performance.now() > this.#end) {
      this.#refuse(`takes longer than ${MAX_TEMPLATE_SECONDS} s`);
    }
  }

  #foresee(name: unknown, operand: Value, args: readonly Value[]): void {
    const texts = args.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
    const text = typeof operand.value === 'string' ? operand.value : '';
    if (name === 'join') {
      const count = Array.isArray(operand.value) ? operand.value.length : text.length;
      this.#allow(this.#sizeOf(operand) + count * (texts[0]?.length ?? 0));
    } else if (name === 'replace') {
      const [old = '', fresh = ''] = texts;
      const places = old === '' ? text.length + 1 : text.split(old).length - 1;
      this.#allow(text.length + places * fresh.length);
    } else {
      const width = Math.max(
        0,
        ...args.map(({ value }) => (typeof value === 'number' ? value : 0)),
      );
      if (width > MAX_INDENT)
        this.#refuse(`indents by ${width}; at most ${MAX_INDENT} are written`);
      const separators = texts.reduce((sum, { length }) => sum + length, 0);
      this.#allow(this.#sizeOf(operand) * (1 + separators + width));
    }
  }

  #allow(characters: number): void {
    if (characters > MAX_RENDERED_CHARACTERS) {
      this.#refuse(
        `writes a text or list of ${characters.toLocaleString('en')}; at most ${MAX_RENDERED_CHARACTERS.toLocaleString('en')} are written`,
      );
    }
  }

  #measure(value: Value): void {
    if (typeof value.value === 'string') this.#allow(value.value.length);
    else if (typeof value.value === 'object' && value.value !== null)
      this.#allow(this.#sizeOf(value));
  }

  /** Characters and items in all, those of a value that occurs twice counted twice, as they are written. */
  #sizeOf(value: Value): number {
    if (typeof value.value === 'string') return value.value.length;
    if (typeof value.value !== 'object' || value.value === null) return 1;
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    // A namespace may come to hold itself, and is never written: within what is written it has no place.
    if (value.type === 'NamespaceValue') return 1;
    const items = (value.value instanceof Map ? [...value.value.values()] : value.value) as Value[];
    if (!Array.isArray(items)) return 1;
    let size = 1;
    for (const item of items) {
      if (item.type === 'NamespaceValue') this.#refuse('puts a namespace into a list or an object');
      size += this.#sizeOf(item);
    }
    this.#sizes.set(value, size);
    return size;
  }

  #refuse(reason: string): never {
    throw new ModelFileError(`The chat template "${this.#name}" ${reason}.`);
  }
}

/** The library's own names, with a bounded range; the date is put in elsewhere. */
function globals(name: string): Record<string, unknown> {
  return {
    ...{ true: true, True: true, false: false, False: false, none: null, None: null },
    raise_exception: (words: unknown) => {
      throw new Error(String(words));
    },
    range: (start: number, stop?: number, step = 1) => range(name, start, stop, step),
  };
}

/** Python's range, of no more numbers than a template may need. */
function range(name: string, start: number, stop: number | undefined, step: number): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isInteger)) throw new Error('range() takes whole numbers');
  if (step === 0) throw new Error('range() step must not be zero');
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (length > MAX_TEMPLATE_RANGE) {
    throw new ModelFileError(
      `The chat template "${name}" counts to ${length.toLocaleString('en')}; at most ${MAX_TEMPLATE_RANGE.toLocaleString('en')} is allowed.`,
    );
  }
  return Array.from({ length }, (_, i) => from + i * step);
}

/**
 * @param variables what the template may name
 * @throws ModelFileError that names the template and the limit it exceeds, and whatever the template throws itself
 */
export function renderBounded(
  { parsed }: Template,
  name: string,
  variables: Readonly<Record<string, unknown>>,
): string {
  const scope = new Environment();
  for (const [key, value] of Object.entries({ ...globals(name), ...variables }))
    scope.set(key, value);
  return String(new BoundedInterpreter(scope, name).run(parsed).value);
}
