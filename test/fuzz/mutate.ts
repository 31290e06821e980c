/**
 * Valid files with a few faults in them: cut, repeated, spliced, with a type or a number in the wrong place.
 * Such cases get much further into a parser than random bytes, and shrink to the one fault that matters.
 */
import fc, { type Arbitrary } from 'fast-check';

/** Texts that have broken parsers before. */
const ODD_TEXTS = [
  ...[
    '',
    ' ',
    '\0',
    '\ud800',
    '\udc00\ud800',
    '\ufeff',
    '\ufffd',
    '\u2028',
    '\r',
    '\n',
    '\r\n',
    '\t',
  ],
  ...['"', '""', "'", '\\', '\\u', ',', ';', '|', ':', '[', ']', '{', '}', '[]', '{}', '<', '&'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then'],
  ...['null', 'true', 'NaN', '-Infinity', '-0', '1e999', '-1', '0', '9007199254740993', '1e-400'],
  ...['9'.repeat(400), 'a'.repeat(5000), '['.repeat(3000), '{"a":'.repeat(3000), ','.repeat(3000)],
  ...[
    '"__proto__":{"polluted":1},',
    '=1+1',
    '%',
    '%00',
    '../',
    '{{',
    '(a+)+$',
    '\u{1f469}\u200d\u{1f4bb}',
  ],
];

/** Values that stand where others are expected. */
const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1, 0.5, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 32, 2 ** 53, 1e21],
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    'NaN',
    '\0',
    '\ud800',
    '__proto__',
    'constructor',
    'a'.repeat(5000),
  ],
  ...[[], {}, [null], [[]], [{}], { a: 1 }, [1, 'a', null], ['a', 'a'], { role: 'user' }],
  Object.fromEntries([['__proto__', { polluted: true }]]),
  { constructor: { prototype: { polluted: true } } },
  Array.from({ length: 2000 }, (_, i) => i),
  Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i])),
  nested(50),
  nested(2000),
];

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  '',
  ' ',
  '0',
  '-1',
  'then',
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A place in a file of any length. */
const place = fc.integer({ min: 0, max: 0xffff });
const at = (share: number, length: number): number => Math.floor((share / 0x10000) * (length + 1));

const textFault = fc.record({
  kind: fc.constantFrom('insert', 'replace', 'cut', 'keep', 'repeat', 'move', 'many'),
  from: place,
  to: place,
  odd: fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary', maxLength: 8 })),
});
type TextFault = typeof textFault extends Arbitrary<infer T> ? T : never;

function faultyText(text: string, { kind, from, to, odd }: TextFault): string {
  const [a, b] = [at(from, text.length), at(to, text.length)].sort((x, y) => x - y) as [
    number,
    number,
  ];
  // Most faults are small: a long part is shortened.
  const end = kind === 'keep' ? b : Math.min(b, a + 40);
  const [before, part, after] = [text.slice(0, a), text.slice(a, end), text.slice(end)];
  switch (kind) {
    case 'insert':
      return before + odd + text.slice(a);
    case 'replace':
      return before + odd + after;
    case 'cut':
      return before + after;
    case 'keep':
      return part;
    case 'repeat':
      return before + part + part + after;
    case 'move':
      return after + before + part;
    case 'many':
      return before + part.repeat(300) + after;
  }
}

/** Texts with up to six faults; one of the valid ones in about seven is whole. */
export function faultyTexts(...valid: readonly string[]): Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...valid), fc.array(textFault, { maxLength: 6 }))
    .map(([text, faults]) => faults.reduce(faultyText, text));
}

const byteFault = fc.record({
  kind: fc.constantFrom(
    'flip',
    'set',
    'cut',
    'keep',
    'repeat',
    'insert',
    'int32',
    'int64',
    'varint',
  ),
  from: place,
  to: place,
  number: fc.oneof(
    fc.constantFrom(
      0,
      1,
      0x7f,
      0x80,
      0xff,
      0x7fffffff,
      0x80000000,
      0xffffffff,
      0x100000000,
      2 ** 53,
    ),
    fc.nat(),
  ),
});
type ByteFault = typeof byteFault extends Arbitrary<infer T> ? T : never;

function faultyByteArray(bytes: Uint8Array, { kind, from, to, number }: ByteFault): Uint8Array {
  const [a, b] = [at(from, bytes.length), at(to, bytes.length)].sort((x, y) => x - y) as [
    number,
    number,
  ];
  const end = kind === 'keep' ? b : Math.min(b, a + 40);
  const over = (written: ArrayLike<number>, removed: number): Uint8Array =>
    Uint8Array.from([
      ...bytes.subarray(0, a),
      ...Array.from(written),
      ...bytes.subarray(a + removed),
    ]);
  const little = (length: number): number[] =>
    Array.from({ length }, (_, i) => Number((BigInt(number) >> BigInt(8 * i)) & 0xffn));
  switch (kind) {
    case 'flip':
      return over([(bytes[a] ?? 0) ^ (1 << (number % 8))], 1);
    case 'set':
      return over([number & 0xff], 1);
    case 'cut':
      return over([], end - a);
    case 'keep':
      return bytes.slice(a, end);
    case 'repeat':
      return over(bytes.subarray(a, end), 0);
    case 'insert':
      return over(little(4), 0);
    case 'int32':
      return over(little(4), 4);
    case 'int64':
      return over(little(8), 8);
    case 'varint':
      return over([0xff, 0xff, 0xff, 0xff, number & 0x7f], number % 3);
  }
}

/** Bytes with up to six faults. */
export function faultyBytes(...valid: readonly Uint8Array[]): Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...valid), fc.array(byteFault, { maxLength: 6 }))
    .map(([bytes, faults]) => faults.reduce(faultyByteArray, bytes));
}

const valueFault = fc.record({
  kind: fc.constantFrom('value', 'value', 'value', 'delete', 'rename', 'add', 'swap', 'repeat'),
  node: place,
  other: place,
  value: fc.oneof(
    fc.constantFrom(...ODD_VALUES),
    fc.double(),
    fc.integer(),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(...ODD_TEXTS),
  ),
  key: fc.constantFrom(...KEYS),
});
type ValueFault = typeof valueFault extends Arbitrary<infer T> ? T : never;

type Json = unknown[] | Record<string, unknown>;
interface Node {
  parent: Json;
  key: string;
}

/** Every value in it but itself, with what holds it. */
function nodesOf(value: unknown, found: Node[] = []): Node[] {
  if (typeof value !== 'object' || value === null || found.length > 5000) return found;
  for (const key of Object.keys(value)) {
    found.push({ parent: value as Json, key });
    nodesOf((value as Record<string, unknown>)[key], found);
  }
  return found;
}

/** Own properties also where the key is `__proto__`. */
function put(parent: Json, key: string, value: unknown): void {
  Object.defineProperty(parent, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function faultyValue(root: { value: unknown }, fault: ValueFault): void {
  const nodes = nodesOf(root);
  const pick = (share: number): Node => nodes[Math.floor((share / 0x10000) * nodes.length)]!;
  const { parent, key } = pick(fault.node);
  const held = (parent as Record<string, unknown>)[key];
  const odd = structuredClone(fault.value);
  const list = Array.isArray(parent);
  const isRoot = parent === (root as unknown);
  switch (fault.kind) {
    case 'delete':
      if (list) parent.splice(Number(key), 1);
      else if (!isRoot) Reflect.deleteProperty(parent, key);
      break;
    case 'rename':
      if (list || isRoot) break;
      Reflect.deleteProperty(parent, key);
      put(parent, fault.key, held);
      break;
    case 'add':
      if (Array.isArray(held)) held.push(odd);
      else if (typeof held === 'object' && held !== null) put(held as Json, fault.key, odd);
      else put(parent, key, [held, odd]);
      break;
    case 'swap':
      put(parent, key, structuredClone(valueOf(pick(fault.other))));
      break;
    case 'repeat':
      put(parent, key, Array.isArray(held) ? copied(held) : [held, held]);
      break;
    default:
      put(parent, key, odd);
  }
}

const copied = (list: readonly unknown[]): unknown[] => [...list, ...list.slice(0, 300)];

const valueOf = ({ parent, key }: Node): unknown => (parent as Record<string, unknown>)[key];

/** JSON values with up to six faults. */
export function faultyValues(...valid: readonly unknown[]): Arbitrary<unknown> {
  return fc
    .tuple(fc.nat(valid.length - 1), fc.array(valueFault, { maxLength: 6 }))
    .map(([index, faults]) => {
      const root = { value: structuredClone(valid[index]) };
      for (const fault of faults) faultyValue(root, fault);
      return root.value;
    });
}

/** The same as text, now and then with faults of the text as well. */
export function faultyJson(...valid: readonly unknown[]): Arbitrary<string> {
  return fc
    .tuple(
      faultyValues(...valid),
      fc.constantFrom(undefined, 2),
      fc.array(textFault, { maxLength: 2 }),
    )
    .map(([value, indent, faults]) =>
      (faults.length > 1 ? faults : []).reduce(
        faultyText,
        // Of undefined, which a root may become, there is no text.
        JSON.stringify(value, null, indent),
      ),
    );
}
