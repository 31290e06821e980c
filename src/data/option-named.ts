/** Options of a question, and which of them a short text, a label or an index names. */

export interface Choices {
  options: readonly string[];
  /** As the data calls the options ("A" to "D", "1" to "4"); letters from A when left out. */
  labels?: readonly string[] | undefined;
}

/** `snow`, `B`, `(B)`, `B.` or `B) snow` → the option's text; undefined when it names none. */
export function optionNamed({ options, labels }: Choices, text: string): string | undefined {
  const plain = text.trim();
  const whole =
    options.find((option) => same(option, plain)) ??
    options.find((option) => same(unended(option), unended(plain)));
  if (whole !== undefined) return whole;
  const [, label, rest = ''] = /^\(?([a-z]|\d{1,2})(?:[).:]+\s*(.*))?$/is.exec(plain) ?? [];
  if (label === undefined) return undefined;
  const names = labels ?? options.map((_, i) => letter(i));
  const option = options[names.findIndex((name) => same(name, label))];
  if (option === undefined) return undefined;
  return rest === '' || same(unended(rest), unended(option)) ? option : undefined;
}

/** A for 0, Z for 25. */
export const letter = (index: number): string => String.fromCharCode(65 + index);

const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();
const unended = (text: string): string => text.trim().replace(/[.!]+$/, '');
