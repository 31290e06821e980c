/**
 * The central noun: a response set is one writer's answers to a list of questions. This room knows
 * strings only; it must not know tokens, models or files.
 */
import type { Notice } from '../notices.ts';

/** One turn of a chat; `role` is `system`, `user`, `assistant` or `tool`. */
export interface ChatMessage {
  role: string;
  content: string;
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
}

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

/** The turns that come before the response: the chat as recorded, or the question as a user turn. */
export function promptMessages(row: ResponseRow): readonly ChatMessage[] {
  return row.messages ?? [{ role: 'user', content: row.question }];
}

/** The text that decides whether two rows ask the same thing: every turn before the response. */
export function questionKey(row: ResponseRow): string {
  return row.messages === undefined ? row.question : JSON.stringify(row.messages);
}

/** What reading its file left out, assumed or doubts. */
export function noticesOf({ notices = [] }: ResponseSet): readonly Notice[] {
  return notices;
}

/** A copy of the set without the rows whose id is excluded. */
export function excludeRows(set: ResponseSet, excludedIds: ReadonlySet<string>): ResponseSet {
  return { ...set, rows: set.rows.filter((row) => !excludedIds.has(row.id)) };
}
