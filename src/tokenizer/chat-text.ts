/**
 * A conversation by the model's chat template. Whatever the template does not take is refused by name: templates may
 * pass over a system turn, tools or calls without a word, which is seen by what their text lacks.
 */
import type { ChatMessage, Conversation } from '../data/response-set.ts';
import { DataError } from '../errors.ts';
import type { ChatTemplate } from './chat-template.ts';
import { isTrained, turnName, type WrittenChat } from './written-chat.ts';

/** Any text that no template would write of itself. */
export const MARKER = 'the-answer-8f3a';

/** From so many characters on a text is not found in another by chance. */
const TELLING_LENGTH = 24;

export interface ChatPrompt {
  text: string;
  /** Earlier answers of which the template writes only a part, because it leaves out thoughts. */
  shortened: number;
}

/** Everything before the answer. @throws DataError naming what the template does not take */
export function writePrompt(template: ChatTemplate, conversation: Conversation): ChatPrompt {
  const { messages, tools } = conversation;
  const render = (changed: Partial<Conversation>) =>
    template.render({ ...conversation, ...changed }, { addGenerationPrompt: true });
  const text = render({});
  const missing: string[] = [];
  const withTurn = (i: number, turn: ChatMessage) => render({ messages: messages.with(i, turn) });
  let shortened = 0;
  messages.forEach((turn, i) => {
    const { content, tool_calls: calls, ...rest } = turn;
    const thought = turn['reasoning_content'];
    const known = content.trim();
    const written = known.length >= TELLING_LENGTH && text.includes(known);
    // A short text may stand there by chance, and a template may write a long one in another way.
    const marked = () => withTurn(i, { ...turn, content: MARKER }).includes(MARKER);
    const whole =
      text.includes(known) && (typeof thought !== 'string' || text.includes(thought.trim()));
    if (known !== '' && !written && messages.length > 1 && !marked()) {
      missing.push(turnName(turn, i));
    } else if (turn.role === 'assistant' && !whole) shortened++;
    if (
      calls !== undefined &&
      sameText(() => withTurn(i, { ...rest, role: turn.role, content }), text)
    )
      missing.push(`the tool call of ${turnName(turn, i)}`);
  });
  if (tools !== undefined && tools.length > 0) {
    const bare = withoutTools(conversation);
    const render = () => template.render(bare, { addGenerationPrompt: true });
    if (sameText(render, text)) missing.push('the tools');
  }
  if (missing.length > 0) {
    throw new DataError(`The chat template leaves out ${missing.join(', ')}.`);
  }
  return { text, shortened };
}

function withoutTools({ tools: _, ...conversation }: Conversation): Conversation {
  return conversation;
}

/** Whether a text stays as it was; a template that now refuses has seen the difference. */
function sameText(render: () => string, before: string): boolean {
  try {
    return render() === before;
  } catch {
    return false;
  }
}

/**
 * The text of an answer that is more than text (tool calls, a thought), as the template writes it after the prompt and
 * before the end of the turn. @throws DataError when the prompt is not what the whole begins with
 */
export function writeAnswer(
  template: ChatTemplate,
  { messages, ...further }: Conversation,
  answer: ChatMessage,
  end: string | undefined,
): string {
  const turns = [...messages, answer];
  const {
    start,
    end: after,
    text,
  } = turnByPrefix(template, { messages: turns, ...further }, turns.length - 1, end);
  const written = text.slice(start, after);
  return end !== undefined && written.endsWith(end) ? written.slice(0, -end.length) : written;
}

/**
 * The whole conversation, and every assistant turn in it: as the template's `{% generation %}` blocks mark them, else
 * by what each turn adds to the prompt before it, up to the end token.
 * @param end text of the end token
 * @throws DataError when a turn cannot be found, because the template changes earlier turns as others follow
 */
export function writeWhole(
  template: ChatTemplate,
  conversation: Conversation,
  answer: ChatMessage,
  end: string | undefined,
): WrittenChat {
  const turns = [...conversation.messages, answer];
  const whole = { ...conversation, messages: turns };
  const answers = turns.flatMap(({ role }, i) => (role === 'assistant' ? [i] : []));
  const trained = (i: number) => isTrained(turns[i]!);
  const marked = template.renderMarked(whole, { addGenerationPrompt: false });
  if (marked !== undefined) {
    const { text, spans } = marked;
    if (spans.length === answers.length)
      return { text, spans: spans.filter((_, k) => trained(answers[k]!)) };
    if (spans.length > 0 && answers.every(trained)) return { text, spans };
    throw new DataError(
      `The chat template marks ${spans.length} generation blocks in a conversation with ${answers.length} answers.`,
    );
  }
  const text = template.render(whole, { addGenerationPrompt: false });
  const spans = answers.filter(trained).map((i) => {
    const found = turnByPrefix(template, { ...whole, messages: turns.slice(0, i + 1) }, i, end);
    if (text.startsWith(found.text.slice(0, found.end)))
      return { start: found.start, end: found.end };
    throw changedTurn(turns[i]!, i, 'when others follow');
  });
  return { text, spans };
}

/** The last turn of a conversation as what it adds to the prompt that asks for it, its end token the last of it. */
function turnByPrefix(
  template: ChatTemplate,
  conversation: Conversation,
  i: number,
  endToken: string | undefined,
): { text: string; start: number; end: number } {
  const { messages } = conversation;
  const before = { ...conversation, messages: messages.slice(0, i) };
  const prompt = template.render(before, { addGenerationPrompt: true });
  const text = template.render(conversation, { addGenerationPrompt: false });
  if (!text.startsWith(prompt)) throw changedTurn(messages[i]!, i, 'when it follows');
  const at = endToken === undefined ? -1 : text.lastIndexOf(endToken);
  const end = at < prompt.length ? text.length : at + endToken!.length;
  return { text, start: prompt.length, end };
}

function changedTurn(turn: ChatMessage, i: number, when: string): DataError {
  return new DataError(
    `The tokens of ${turnName(turn, i)} cannot be told: the chat template has no generation blocks and changes what it wrote before ${when}.`,
  );
}
