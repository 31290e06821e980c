/** Which option of a question a short text names: by its text, its label, or its letter. */

export interface Choices {
  options: readonly string[];
  /** As the data calls the options ("A" to "D", "1" to "4"); letters from A when left out. */
  labels?: readonly string[] | undefined;
}

/** `snow`, `B`, `(B)`, `B.` or `B) snow` → the option's text; undefined when it names none. */
export function optionNamed({ options, labels }: Choices, text: string): string | undefined {
  const plain = text.trim();
  const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();
  const whole =
    options.find((option) => same(option, plain)) ??
    options.find((option) => same(option, plain.replace(/[.!]$/, '')));
  if (whole !== undefined) return whole;
  const names = labels ?? options.map((_, i) => letter(i));
  const [, label, rest = ''] = /^\(?([A-Za-z]|\d{1,2})(?:[).:]+\s*(.*))?$/s.exec(plain) ?? [];
  const at = label === undefined ? -1 : names.findIndex((own) => same(own, label));
  if (at < 0) return undefined;
  return rest === '' || same(rest.replace(/[.!]$/, ''), options[at]!.replace(/[.!]$/, ''))
    ? options[at]
    : undefined;
}

/** A for 0, Z for 25. */
export const letter = (index: number): string => String.fromCharCode(65 + index);
