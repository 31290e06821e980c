/** What is kept of a visit, in a phrase. */
import { count, list } from '../figures/format.ts';
import type { Contents } from '../state/session/session.svelte.ts';

/** "2 sets of answers, 824 measured answers and a question you typed"; "" for nothing. */
export function contentsInWords({ sets, measured, edits, question }: Contents): string {
  const counted = (n: number, one: string, many: string): string[] =>
    n === 0 ? [] : [n === 1 ? `1 ${one}` : `${count(n)} ${many}`];
  return list([
    ...counted(sets, 'set of answers', 'sets of answers'),
    ...counted(measured, 'measured answer', 'measured answers'),
    ...counted(edits, 'answer changed by hand', 'answers changed by hand'),
    ...(question ? ['a question you typed'] : []),
  ]);
}
