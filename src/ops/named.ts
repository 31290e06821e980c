/**
 * Inputs and outputs of an op by name. How a name is written says how often the tensor is there:
 * `'x'` always, `'bias?'` perhaps, `'w*'` as a list. tfjs knows the tensors of a list as w0, w1, ….
 */

/** What the names `N` stand for: `Named<'x' | 'bias?' | 'w*', T>` is {x: T, bias?: T, w: T[]}. */
export type Named<N extends string, T> = {
  [K in N as K extends `${string}?` | `${string}*` ? never : K]: T;
} & {
  [K in N as K extends `${infer Base}?` ? Base : never]?: T | undefined;
} & { [K in N as K extends `${infer Base}*` ? Base : never]: readonly T[] };

/** Such a record when its names are not known. */
export type AnyNamed<T> = Readonly<Record<string, T | readonly T[] | undefined>>;

/** One name for each tensor: w → w0, w1, …; what is not there is left out. */
export function flat<T extends object>(values: AnyNamed<T>): Record<string, T> {
  const result: Record<string, T> = {};
  for (const name in values) {
    const value = values[name];
    if (isList(value)) value.forEach((item, i) => (result[`${name}${i}`] = item));
    else if (value !== undefined) result[name] = value;
  }
  return result;
}

/**
 * The way back.
 * @param owner whose inputs these are, for the error
 * @throws TypeError when a tensor that is always there is not
 */
export function fromFlat<N extends string, T extends object>(
  owner: string,
  names: readonly N[],
  values: Readonly<Record<string, T>>,
): Named<N, T> {
  const result: Record<string, T | T[]> = {};
  for (const name of names) {
    const { base, kind } = parsed(name);
    if (kind === '*') {
      result[base] = numbered(values, base);
      continue;
    }
    const value = values[base];
    if (value !== undefined) result[base] = value;
    else if (kind === '') throw new TypeError(`${owner}: ${base} is missing.`);
  }
  return result as Named<N, T>;
}

/** In the order of the names; `undefined` for what may be left out and is. */
export function toList<N extends string, T extends object>(
  names: readonly N[],
  values: Named<N, T>,
): (T | undefined)[] {
  const list: (T | undefined)[] = [];
  for (const name of names) {
    const value = (values as AnyNamed<T>)[parsed(name).base];
    if (isList(value)) list.push(...value);
    else list.push(value);
  }
  return list;
}

/** A list of tensors by its names; one that has a `*` is the last and takes the rest. */
export function fromList<N extends string, T extends object>(
  names: readonly N[],
  list: readonly T[],
): Named<N, T> {
  const result: Record<string, T | T[] | undefined> = {};
  names.forEach((name, i) => {
    const { base, kind } = parsed(name);
    result[base] = kind === '*' ? list.slice(i) : list[i];
  });
  return result as Named<N, T>;
}

/** Only what is named. */
export function pick<N extends string, T extends object>(
  names: readonly N[],
  values: Named<N, T>,
): Named<N, T> {
  const result: Record<string, T | readonly T[] | undefined> = {};
  for (const name of names) {
    const { base } = parsed(name);
    result[base] = (values as AnyNamed<T>)[base];
  }
  return result as Named<N, T>;
}

function numbered<T>(values: Readonly<Record<string, T>>, base: string): T[] {
  const list: T[] = [];
  for (let i = 0; ; i++) {
    const value = values[`${base}${i}`];
    if (value === undefined) return list;
    list.push(value);
  }
}

interface Parsed {
  base: string;
  kind: '' | '?' | '*';
}

/** Names come again with every call of an op. */
const parsedNames = new Map<string, Parsed>();

function parsed(name: string): Parsed {
  let result = parsedNames.get(name);
  if (!result) {
    const last = name.at(-1);
    const plain = last !== '?' && last !== '*';
    result = plain ? { base: name, kind: '' } : { base: name.slice(0, -1), kind: last };
    parsedNames.set(name, result);
  }
  return result;
}

function isList<T>(value: T | readonly T[] | undefined): value is readonly T[] {
  return Array.isArray(value);
}
