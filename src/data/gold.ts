/** The right final answer within what a record gives as the right answer. */

/** GSM8K ends a worked solution with its answer after this mark. */
export const GOLD_MARK = '####';

/** Whether a text is a solution with a marked answer. */
export const hasMarkedAnswer = (text: unknown): boolean =>
  typeof text === 'string' && /####[ \t]*\S/.test(text);

/** `… <<3*24=72>>72 rolls.\n#### 72` → `72`; a text without the mark as it is. */
export function markedAnswer(text: string): string {
  if (!hasMarkedAnswer(text)) return text;
  const after = text.slice(text.lastIndexOf(GOLD_MARK) + GOLD_MARK.length);
  const line = after.trim().split('\n', 1)[0]!.trim();
  return line === '' ? text : line;
}
