/**
 * The central noun: a response set is one writer's answers to a list of questions. This room knows
 * strings only; it must not know tokens, models or files.
 */
import type { Notice } from '../notices.ts';

/**
 * One turn of a chat; `role` is `system`, `user`, `assistant` or `tool`. What else a turn carries (`tool_calls`,
 * `tool_call_id`, `name`, `reasoning_content`, …) reaches the chat template by the name it has in the file.
 */
export interface ChatMessage {
  role: string;
  content: string;
  [further: string]: unknown;
}

/** What is put to a model: all turns before its answer. */
export interface Conversation {
  messages: readonly ChatMessage[];
  /** Tools that the model may call, as JSON schemas. */
  tools?: readonly unknown[];
  /** Further variables for the chat template, such as `enable_thinking`. */
  templateVariables?: Readonly<Record<string, unknown>>;
}

/** One answer to one question. */
export interface ResponseRow {
  /** Names the question: rows of different sets that answer the same question share it. */
  id: string;
  /** What was asked; of a chat with several turns, its last user turn. */
  question: string;
  response: string;
  /** The correct final answer, when the record carries one. */
  gold?: string;
  /** Of a multiple-choice question; `gold` is one of them. */
  options?: readonly string[];
  /** What the data calls the options ("A" to "D", "1" to "4"); A, B, … when left out. */
  labels?: readonly string[];
  /** All turns before the response, kept only when they are more than one user turn. */
  messages?: readonly ChatMessage[];
  tools?: Conversation['tools'];
  templateVariables?: Conversation['templateVariables'];
  /**
   * The turn of the response, kept only when it is more than text (tool calls, a thought in a field of its own).
   * Its text is `response`.
   */
  responseTurn?: ChatMessage;
}

/** The part of a row that stands before the answer. */
export type RowPrompt = Pick<ResponseRow, 'question' | 'messages' | 'tools' | 'templateVariables'>;

export interface ResponseSet {
  id: string;
  name: string;
  description?: string;
  /** Where the rows came from, in one plain sentence. */
  provenance?: string;
  /** True when row ids were made from the question's text because the file had none. */
  derivedIds?: boolean;
  /** What reading its file left out, assumed or doubts. */
  notices?: readonly Notice[];
  rows: readonly ResponseRow[];
}

/** The chat as recorded, or the question as a user turn. */
export function conversationOf(row: RowPrompt): Conversation {
  const { question, messages, tools, templateVariables } = row;
  return {
    messages: messages ?? [{ role: 'user', content: question }],
    ...(tools && { tools }),
    ...(templateVariables && { templateVariables }),
  };
}

/** The question as a user turn alone. */
export function askedAlone(question: string): Conversation {
  return { messages: [{ role: 'user', content: question }] };
}

/** What a row puts to a model, to be carried over to another row; the question by its name there. */
export function promptPart({
  messages,
  tools,
  templateVariables,
}: Omit<RowPrompt, 'question'>): Omit<RowPrompt, 'question'> {
  return {
    ...(messages && { messages }),
    ...(tools && { tools }),
    ...(templateVariables && { templateVariables }),
  };
}

/** The text that decides whether two rows ask the same thing: every turn before the response, and the tools. */
export function questionKey({ question, messages, tools }: RowPrompt): string {
  if (messages === undefined && tools === undefined) return question;
  const turns = messages ?? [{ role: 'user', content: question }];
  // Numbers and times of single turns, which some files hold, ask nothing.
  const comparedTurns = turns.map(({ role, content, tool_calls }) => ({
    role,
    content,
    tool_calls,
  }));
  return JSON.stringify(tools === undefined ? comparedTurns : [...comparedTurns, { tools }]);
}

/** What reading its file left out, assumed or doubts. */
export function noticesOf({ notices = [] }: ResponseSet): readonly Notice[] {
  return notices;
}

/** A copy of the set without the rows whose id is excluded. */
export function excludeRows(set: ResponseSet, excludedIds: ReadonlySet<string>): ResponseSet {
  return { ...set, rows: set.rows.filter((row) => !excludedIds.has(row.id)) };
}
