/**
 * How a question becomes the prompt, and what ends an answer. Either the model's chat template or a
 * plain text with a place for the question; which one is recorded with every result, because the
 * same answers measure differently after different prompts.
 */
import { DataError } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';
import { notice, type Notice } from '../notices.ts';

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
}

export interface PromptFormat {
  readonly kind: 'chat' | 'plain';
  prompt(question: string): Prompt;
  /** The id that ends an answer; undefined when the model has none. */
  readonly endId: number | undefined;
  /** BOS and end token as people read them, for the record. */
  readonly bos: string | undefined;
  readonly eos: string | undefined;
  /** Oddities that are no errors, such as a doubled BOS. */
  readonly notices: readonly Notice[];
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
  return {
    kind: 'plain',
    // A function, because a question may hold "$&", which a replacement text would interpret.
    prompt: (question) => ({ text: template.replaceAll('{question}', () => question), before }),
    endId,
    bos: before.length > 0 ? nameOf(tokenizer, bosId) : undefined,
    eos: nameOf(tokenizer, endId),
    notices: [],
  };
}

/** Any text that no template would write of itself. */
const MARKER = 'the-answer-8f3a';

function chatFormat(tokenizer: Tokenizer): PromptFormat {
  const template = tokenizer.chatTemplate!;
  const render = (question: string): string =>
    template.render([{ role: 'user', content: question }], { addGenerationPrompt: true });
  const notices: Notice[] = [];
  const sample = tokenizer.encode(render('?'), { addSpecialTokens: false });
  const { bosId } = tokenizer;
  const bosFirst = bosId !== undefined && sample[0] === bosId;
  if (bosFirst && sample[1] === bosId) {
    notices.push(notice('doubtful', 'The chat template begins with BOS twice.'));
  }
  const endId = endOfTurn(tokenizer) ?? tokenizer.eosIds[0];
  if (endId !== undefined && !tokenizer.eosIds.includes(endId)) {
    const text = `The chat template ends answers with ${tokenizer.token(endId)}, which the model's settings do not list as an end.`;
    notices.push(notice('doubtful', text));
  }
  return {
    kind: 'chat',
    prompt: (question) => ({ text: render(question), before: [] }),
    endId,
    bos: bosFirst ? nameOf(tokenizer, bosId) : undefined,
    eos: nameOf(tokenizer, endId),
    notices,
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
    rendered = tokenizer.chatTemplate!.render(messages, { addGenerationPrompt: false });
  } catch {
    return undefined;
  }
  const after = rendered.split(MARKER).at(-1)!;
  const ids = tokenizer.encode(after, { addSpecialTokens: false });
  const first = ids.find((id) => tokenizer.token(id).trim() !== '');
  return first !== undefined && tokenizer.isSpecial(first) ? first : undefined;
}

function nameOf(tokenizer: Tokenizer, id: number | undefined): string | undefined {
  return id === undefined ? undefined : tokenizer.token(id);
}
