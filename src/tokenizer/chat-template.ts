/**
 * Chat templates: a model's own way to write a conversation as one text. Rendered by
 * `@huggingface/jinja` with the variables that transformers gives them. The result already holds
 * every special token: encode it without adding any.
 */
import { Template } from '@huggingface/jinja';
import { DataError, ModelFileError } from '../errors.ts';
import { STRIP_VARIABLE, stripCharacters, useStripCharacters } from './python-strings.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface RenderOptions {
  /** End with the opening of an assistant turn, ready to be continued. */
  readonly addGenerationPrompt: boolean;
  /** Which of several templates; `default` when left out. */
  readonly name?: string;
  /** Further variables that a template may know, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface ChatTemplate {
  /** Template texts by name; the ordinary one is `default`. */
  readonly sources: ReadonlyMap<string, string>;
  /** Throws a DataError with the template's own words when it refuses the messages. */
  render(messages: readonly ChatMessage[], options: RenderOptions): string;
  /**
   * Whether the conversation with its last turn begins with the prompt that asks for that turn. If
   * not (some templates rewrite earlier turns), the turn's tokens cannot be found by rendering.
   */
  preservesPrefix(
    messages: readonly ChatMessage[],
    options?: Omit<RenderOptions, 'addGenerationPrompt'>,
  ): boolean;
}

/**
 * `specialTokens` are the variables bos_token, eos_token, pad_token and unk_token, as far as the
 * model has them. Throws a ModelFileError for a template that cannot be parsed.
 */
export function openChatTemplate(
  sources: ReadonlyMap<string, string>,
  specialTokens: Readonly<Record<string, string>>,
): ChatTemplate {
  const parsed = new Map<string, Template>();
  for (const [name, source] of sources) parsed.set(name, parse(name, source));

  const render: ChatTemplate['render'] = (messages, { addGenerationPrompt, name, variables }) => {
    const template =
      parsed.get(name ?? 'default') ?? (parsed.size === 1 ? [...parsed.values()][0] : undefined);
    if (template === undefined) {
      throw new ModelFileError(
        `There is no chat template "${name ?? 'default'}"; there are: ${[...parsed.keys()].join(', ')}.`,
      );
    }
    try {
      return template.render({
        tools: null,
        documents: null,
        ...specialTokens,
        ...variables,
        [STRIP_VARIABLE]: stripCharacters,
        messages,
        add_generation_prompt: addGenerationPrompt,
      });
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new DataError(`The chat template refuses these messages: ${words}`, [], { cause });
    }
  };

  return {
    sources,
    render,
    preservesPrefix: (messages, options = {}) => {
      const prompt = render(messages.slice(0, -1), { ...options, addGenerationPrompt: true });
      return render(messages, { ...options, addGenerationPrompt: false }).startsWith(prompt);
    },
  };
}

function parse(name: string, source: string): Template {
  try {
    const template = new Template(source);
    useStripCharacters(template.parsed);
    return template;
  } catch (cause) {
    throw new ModelFileError(`The chat template "${name}" cannot be parsed: ${String(cause)}`, [], {
      cause,
    });
  }
}
