/**
 * A conversation by a plain template: the system text and a blank line, then every question by the template with its
 * answer right after it. An earlier answer ends as the last one does, with the model's end token, or with a blank line
 * where it has none.
 */
import type { ChatMessage, Conversation } from '../data/response-set.ts';
import { DataError } from '../errors.ts';
import { isTrained, turnName, type WrittenChat } from './written-chat.ts';

/**
 * @param template holds `{question}`
 * @param end text of the end token
 * @param answer the last turn; left out, the text ends where it would begin
 * @throws DataError for a turn that such a text has no place for
 */
export function writePlainChat(
  template: string,
  end: string | undefined,
  { messages, tools }: Conversation,
  answer?: ChatMessage,
): WrittenChat {
  const turns = answer === undefined ? messages : [...messages, answer];
  if (tools !== undefined && tools.length > 0) throw refusal('tools');
  const spans: WrittenChat['spans'][number][] = [];
  let text = '';
  turns.forEach((turn, i) => {
    const { role, content } = turn;
    if (turn['tool_calls'] !== undefined) throw refusal(`the tool call of ${turnName(turn, i)}`);
    const before = turns[i - 1]?.role;
    if (role === 'system' && i === 0) text += `${content}\n\n`;
    else if (role === 'user' && before !== 'user') {
      // A function, because a question may hold "$&", which a replacement text would interpret.
      text += template.replaceAll('{question}', () => content);
    } else if (role === 'assistant' && before === 'user') {
      const start = text.length;
      text += content + (end ?? (turn === answer ? '' : '\n\n'));
      if (isTrained(turn)) spans.push({ start, end: text.length });
    } else {
      throw refusal(
        `${turnName(turn, i)} ${before === undefined ? 'at the start' : `after ${before}`}`,
      );
    }
  });
  const last = messages.at(-1);
  if (last && last.role !== 'user') {
    throw refusal(`an answer to ${turnName(last, messages.length - 1)}`);
  }
  return { text, spans };
}

function refusal(what: string): DataError {
  return new DataError(
    `The plain prompt has no place for ${what}: it takes a system turn, then questions and answers in turn.`,
  );
}
