/**
 * Chat templates: a model's own way to write a conversation as one text. Rendered by
 * `@huggingface/jinja` with the variables that transformers gives them. The result already holds
 * every special token: encode it without adding any.
 */
import { Template } from '@huggingface/jinja';
import type { ChatMessage, Conversation } from '../data/response-set.ts';
import { DataError, IdiolectError, ModelFileError } from '../errors.ts';
import { MAX_TEMPLATE_CHARACTERS, overLimit } from '../limits.ts';
import { renderBounded } from './bounded-interpreter.ts';
import {
  hasGenerationBlocks,
  takeMarks,
  withMarkedBlocks,
  type TextSpan,
} from './generation-blocks.ts';
import { STRIP_VARIABLE, stripCharacters, useStripCharacters } from './python-strings.ts';
import { DATE_VARIABLE, strftime, useAssumedDate } from './template-date.ts';
import { walkTree } from './template-tree.ts';

export interface RenderOptions {
  /** End with the opening of an assistant turn, ready to be continued. */
  readonly addGenerationPrompt: boolean;
  /** Which of several templates; left out, `tool_use` for a conversation with tools, else `default`. */
  readonly name?: string;
}

export interface ChatTemplate {
  /** Template texts by name; the ordinary one is `default`. */
  readonly sources: ReadonlyMap<string, string>;
  /** Whether a template writes today's date, for which `ASSUMED_DATE` stands. */
  readonly writesDate: boolean;
  /** Throws a DataError with the template's own words when it refuses the conversation. */
  render(conversation: Conversation, options: RenderOptions): string;
  /**
   * The text, and where the template's `{% generation %}` blocks stand in it; undefined when it has
   * none. Throws as `render` does.
   */
  renderMarked(
    conversation: Conversation,
    options: RenderOptions,
  ): { text: string; spans: TextSpan[] } | undefined;
}

interface Parsed {
  name: string;
  template: Template;
  /** The same with marks, when it has generation blocks. */
  marked: Template | undefined;
}

/**
 * `specialTokens` are the variables bos_token, eos_token, pad_token and unk_token, as far as the
 * model has them. Throws a ModelFileError for a template that cannot be parsed; rendering throws one that exceeds a limit.
 */
export function openChatTemplate(
  sources: ReadonlyMap<string, string>,
  specialTokens: Readonly<Record<string, string>>,
): ChatTemplate {
  const parsed = new Map<string, Parsed>();
  let writesDate = false;
  const prepare = (template: Template): Template => {
    walkTree(template.parsed, (node) => {
      useStripCharacters(node);
      if (useAssumedDate(node)) writesDate = true;
    });
    return template;
  };
  for (const [name, source] of sources) {
    if (source.length > MAX_TEMPLATE_CHARACTERS) {
      throw new ModelFileError(
        `The chat template "${name}" has ${overLimit(source.length, 'characters', MAX_TEMPLATE_CHARACTERS)}`,
      );
    }
    parsed.set(
      name,
      parse(name, () => ({
        name,
        template: prepare(new Template(source)),
        marked: hasGenerationBlocks(source) ? prepare(withMarkedBlocks(source)) : undefined,
      })),
    );
  }

  const choose = (conversation: Conversation, name: string | undefined): Parsed => {
    const tools = conversation.tools !== undefined && parsed.has('tool_use');
    const wanted = name ?? (tools ? 'tool_use' : 'default');
    const found = parsed.get(wanted) ?? (parsed.size === 1 ? [...parsed.values()][0] : undefined);
    if (found !== undefined) return found;
    throw new ModelFileError(
      `There is no chat template "${wanted}"; there are: ${[...parsed.keys()].join(', ')}.`,
    );
  };
  const write = (
    name: string,
    template: Template,
    { messages, tools, templateVariables }: Conversation,
    { addGenerationPrompt }: RenderOptions,
  ): string => {
    try {
      return renderBounded(template, name, {
        documents: null,
        ...specialTokens,
        ...templateVariables,
        [STRIP_VARIABLE]: stripCharacters,
        [DATE_VARIABLE]: strftime,
        tools: tools ?? null,
        messages: messages.map(forTemplate),
        add_generation_prompt: addGenerationPrompt,
      });
    } catch (cause) {
      if (cause instanceof IdiolectError) throw cause;
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new DataError(`The chat template refuses this conversation: ${words}`, [], { cause });
    }
  };

  return {
    sources,
    writesDate,
    render: (conversation, options) => {
      const { name, template } = choose(conversation, options.name);
      return write(name, template, conversation, options);
    },
    renderMarked: (conversation, options) => {
      const { name, marked } = choose(conversation, options.name);
      return marked && takeMarks(write(name, marked, conversation, options));
    },
  };
}

/** What marks a turn for training is no part of the conversation. */
function forTemplate({ weight: _, ...message }: ChatMessage): ChatMessage {
  return message;
}

function parse(name: string, make: () => Parsed): Parsed {
  try {
    return make();
  } catch (cause) {
    throw new ModelFileError(`The chat template "${name}" cannot be parsed: ${String(cause)}`, [], {
      cause,
    });
  }
}
