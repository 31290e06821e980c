/** Rows as records that read back as the same rows. */
import type { ResponseRow } from './response-set.ts';

/**
 * `{id, question, response, …}`, or in TRL's layout `{id, prompt: turns, completion: [turn], tools, …}`, all rows alike:
 * the columns of a file have one meaning.
 */
export function rowRecords(rows: readonly ResponseRow[]): Record<string, unknown>[] {
  const asTurns = rows.some(
    ({ messages, responseTurn }) => messages !== undefined || responseTurn !== undefined,
  );
  return rows.map((row) => {
    const { id, question, response, messages, responseTurn, templateVariables, ...further } = row;
    const answer = { ...(responseTurn ?? { role: 'assistant' }), content: response };
    return {
      id,
      ...(asTurns
        ? { prompt: messages ?? [{ role: 'user', content: question }], completion: [answer] }
        : { question, response }),
      ...further,
      ...(templateVariables && { chat_template_kwargs: templateVariables }),
    };
  });
}
