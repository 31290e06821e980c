/**
 * How a conversation becomes the prompt, and what ends an answer. Either the model's chat template or a
 * plain text with a place for the question; which one is recorded with every result, because the
 * same answers measure differently after different prompts.
 */
import type { ChatMessage, Conversation } from '../data/response-set.ts';
import { DataError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';
import { MARKER, writeAnswer, writePrompt, writeWhole } from './chat-text.ts';
import { writePlainChat } from './plain-chat.ts';
import { ASSUMED_DATE } from './template-date.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { WrittenChat } from './written-chat.ts';

export interface PromptSettings {
  /** Use the model's chat template; a model without one falls back to the plain template. */
  readonly useChatTemplate: boolean;
  /** `{question}` stands for the question. */
  readonly plainTemplate: string;
}

export const DEFAULT_PLAIN_TEMPLATE = '{question}\n';

export interface Prompt {
  /** The exact text, special tokens spelled out; a BOS that stands in `before` is not repeated. */
  readonly text: string;
  /** Ids that come before the text's own, such as BOS. */
  readonly before: readonly number[];
  /** Earlier answers of which the chat template writes only a part, because it leaves out thoughts. */
  readonly shortened?: number;
}

/** Every turn written, the answer too, and where the assistant's stand. */
export interface Whole extends WrittenChat {
  readonly before: readonly number[];
  readonly shortened?: number;
}

export interface PromptFormat {
  readonly kind: 'chat' | 'plain';
  /** Everything before the answer. @throws DataError naming what has no place in this format */
  prompt(conversation: Conversation): Prompt;
  /** The text of an answer that is more than text, such as tool calls. Throws as `prompt` does. */
  answerText(conversation: Conversation, answer: ChatMessage): string;
  /** All turns, to be trained on. Throws as `prompt` does, and when a turn cannot be found in the text. */
  whole(conversation: Conversation, answer: ChatMessage): Whole;
  /** The id that ends an answer; undefined when the model has none. */
  readonly endId: number | undefined;
  /** BOS and end token as people read them, for the record. */
  readonly bos: string | undefined;
  readonly eos: string | undefined;
  /** Oddities that are no errors, such as a doubled BOS. */
  readonly notices: readonly Notice[];
  /** What is done with a conversation of several turns; undefined when the model's own template does it. */
  readonly turnsNotice: string | undefined;
}

/** Throws a DataError when the plain template has no place for the question. */
export function createPromptFormat(tokenizer: Tokenizer, settings: PromptSettings): PromptFormat {
  const template = settings.useChatTemplate ? tokenizer.chatTemplate : undefined;
  return template === undefined
    ? plainFormat(tokenizer, settings.plainTemplate)
    : chatFormat(tokenizer);
}

function plainFormat(tokenizer: Tokenizer, template: string): PromptFormat {
  if (!template.includes('{question}')) {
    throw new DataError('The prompt template needs {question} where the question belongs.');
  }
  const { bosId, addsBos } = tokenizer;
  const endId = tokenizer.eosIds[0];
  const before = addsBos && bosId !== undefined ? [bosId] : [];
  const eos = nameOf(tokenizer, endId);
  return {
    kind: 'plain',
    prompt: (conversation) => ({ text: writePlainChat(template, eos, conversation).text, before }),
    answerText: (conversation, answer) =>
      writePlainChat(template, undefined, conversation, answer).text.slice(
        writePlainChat(template, undefined, conversation).text.length,
      ),
    whole: (conversation, answer) => ({
      ...writePlainChat(template, eos, conversation, answer),
      before,
    }),
    endId,
    bos: before.length > 0 ? nameOf(tokenizer, bosId) : undefined,
    eos,
    notices: [],
    turnsNotice: `The plain prompt puts the system text and a blank line first, writes earlier questions like the last one, and ends each earlier answer with ${eos ?? 'a blank line'}.`,
  };
}

function chatFormat(tokenizer: Tokenizer): PromptFormat {
  const template = tokenizer.chatTemplate!;
  const notices: Notice[] = [];
  const { bosId } = tokenizer;
  const question = { messages: [{ role: 'user', content: '?' }] };
  const sample = template.render(question, { addGenerationPrompt: true });
  const ids = tokenizer.encode(sample, { addSpecialTokens: false });
  const bosFirst = bosId !== undefined && ids[0] === bosId;
  if (bosFirst && ids[1] === bosId) {
    notices.push(notice('doubtful', 'The chat template begins with BOS twice.'));
  }
  const endId = endOfTurn(tokenizer) ?? tokenizer.eosIds[0];
  const eos = nameOf(tokenizer, endId);
  if (endId !== undefined && !tokenizer.eosIds.includes(endId)) {
    notices.push(
      notice(
        'doubtful',
        `The chat template ends answers with ${eos}, which the model's settings do not list as an end.`,
      ),
    );
  }
  if (template.writesDate) {
    notices.push(
      notice(
        'assumed',
        `The chat template asks for today's date: ${ASSUMED_DATE} stands for every day, so that numbers stay the same.`,
      ),
    );
  }
  return {
    kind: 'chat',
    prompt: (conversation) => ({ ...writePrompt(template, conversation), before: [] }),
    answerText: (conversation, answer) => writeAnswer(template, conversation, answer, eos),
    whole: (conversation, answer) => {
      // Refuses what the template leaves out.
      const { shortened } = writePrompt(template, conversation);
      return { ...writeWhole(template, conversation, answer, eos), before: [], shortened };
    },
    endId,
    bos: bosFirst ? nameOf(tokenizer, bosId) : undefined,
    eos,
    notices,
    turnsNotice: undefined,
  };
}

/** The special token that the template writes right after an answer. */
function endOfTurn(tokenizer: Tokenizer): number | undefined {
  const messages = [
    { role: 'user', content: '?' },
    { role: 'assistant', content: MARKER },
  ];
  let rendered: string;
  try {
    rendered = tokenizer.chatTemplate!.render({ messages }, { addGenerationPrompt: false });
  } catch {
    return undefined;
  }
  const after = rendered.split(MARKER).at(-1)!;
  const ids = tokenizer.encode(after, { addSpecialTokens: false });
  const first = ids.find((id) => tokenizer.token(id).trim() !== '');
  return first !== undefined && tokenizer.isSpecial(first) ? first : undefined;
}

/** Every id that ends an answer, each once: the model's own and that of the format. */
export function endIdsOf(tokenizer: Tokenizer, { endId }: Pick<PromptFormat, 'endId'>): number[] {
  return [...new Set([...tokenizer.eosIds, ...(endId === undefined ? [] : [endId])])];
}

function nameOf(tokenizer: Tokenizer, id: number | undefined): string | undefined {
  return id === undefined ? undefined : tokenizer.token(id);
}
