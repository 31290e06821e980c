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
  for (const [name, value] of Object.entries(values)) {
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
      result[base] = [...numbered(values, base)];
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
  return names.flatMap((name) => {
    const value = (values as AnyNamed<T>)[parsed(name).base];
    return isList(value) ? [...value] : [value];
  });
}

/** A list of tensors by its names; one that has a `*` is the last and takes the rest. */
export function fromList<N extends string, T extends object>(
  names: readonly N[],
  list: readonly T[],
): Named<N, T> {
  const entries = names.map((name, i): [string, T | T[] | undefined] => {
    const { base, kind } = parsed(name);
    return [base, kind === '*' ? list.slice(i) : list[i]];
  });
  return Object.fromEntries(entries) as Named<N, T>;
}

function* numbered<T>(values: Readonly<Record<string, T>>, base: string): Generator<T> {
  for (let i = 0; ; i++) {
    const value = values[`${base}${i}`];
    if (value === undefined) return;
    yield value;
  }
}

function parsed(name: string): { base: string; kind: '' | '?' | '*' } {
  const last = name.at(-1);
  if (last !== '?' && last !== '*') return { base: name, kind: '' };
  return { base: name.slice(0, -1), kind: last };
}

function isList<T>(value: T | readonly T[] | undefined): value is readonly T[] {
  return Array.isArray(value);
}
