/**
 * Python's `text.strip('\n')`, `lstrip` and `rstrip` with an argument, which the Jinja library
 * takes for the forms without one and so strips too much. Qwen's templates rely on them. The calls
 * are exchanged in the parsed template for calls of a function that is passed in as a variable.
 */

import type { TreeNode } from './template-tree.ts';

/** Name of the variable under which `stripCharacters` must be given to the template. */
export const STRIP_VARIABLE = 'idiolect_strip';

const SIDES: Readonly<Record<string, { left: boolean; right: boolean }>> = {
  strip: { left: true, right: true },
  lstrip: { left: true, right: false },
  rstrip: { left: false, right: true },
};

/** Removes any of the characters from the ends of a text; spaces when `none` is given. */
export function stripCharacters(text: string, characters: unknown, method: string): string {
  const { left, right } = SIDES[method]!;
  const given = typeof characters === 'string' ? characters : undefined;
  const isStripped = (character: string | undefined): boolean =>
    character !== undefined &&
    (given === undefined ? character.trim() === '' : given.includes(character));
  const all = Array.from(text);
  let start = 0;
  let end = all.length;
  if (left) while (start < end && isStripped(all[start])) start++;
  if (right) while (end > start && isStripped(all[end - 1])) end--;
  return all.slice(start, end).join('');
}

/** Exchanges such a call, in place. */
export function useStripCharacters(node: TreeNode): void {
  const { type, callee, args } = node;
  const method = callee?.property?.value;
  const isMethod = callee?.type === 'MemberExpression' && callee.computed === false;
  if (type !== 'CallExpression' || !isMethod || typeof method !== 'string') return;
  if (!Object.hasOwn(SIDES, method) || args?.length !== 1) return;
  Object.assign(node, {
    callee: { type: 'Identifier', value: STRIP_VARIABLE },
    args: [callee.object, args[0], { type: 'StringLiteral', value: method }],
  });
}
