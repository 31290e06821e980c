/**
 * Turns of a chat from the shapes records use: `{role, content}` as in OpenAI and TRL files,
 * `{from, value}` as in ShareGPT, content as text or as a list of text parts.
 */
import type { ChatMessage } from './response-set.ts';

/** Names files use for a role → the role that chat templates know. */
const ROLES = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['prompter', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['bot', 'assistant'],
  ['model', 'assistant'],
  ['tool', 'tool'],
  ['observation', 'tool'],
]);

/** Whether a value looks like a list of turns; used to guess a format from samples. */
export function looksLikeTurns(value: unknown): boolean {
  const list = turnList(value);
  return (
    list !== undefined &&
    list.length > 0 &&
    list.every((turn) => isRecord(turn) && ('role' in turn || 'from' in turn))
  );
}

/**
 * Reads a list of turns, also from a cell that holds it as JSON text.
 * @returns the turns, or a string that says what is wrong.
 */
export function readTurns(value: unknown): ChatMessage[] | string {
  const list = turnList(value);
  if (list === undefined) return 'is not a list of turns';
  const turns: ChatMessage[] = [];
  for (const [i, turn] of list.entries()) {
    if (!isRecord(turn)) return `turn ${i + 1} is not an object`;
    const name = turn['role'] ?? turn['from'];
    const role = typeof name === 'string' ? ROLES.get(name.toLowerCase()) : undefined;
    if (role === undefined) {
      return `turn ${i + 1} has role ${JSON.stringify(name)}, expected system, user or assistant`;
    }
    const content = contentText(turn['content'] ?? turn['value']);
    if (content === undefined) return `turn ${i + 1} has no text`;
    turns.push({ role, content });
  }
  return turns;
}

/** Divides a chat at its last assistant turn; undefined when there is none. */
export function lastAnswer(
  turns: readonly ChatMessage[],
): { prompt: ChatMessage[]; response: string } | undefined {
  const at = turns.findLastIndex((turn) => turn.role === 'assistant');
  if (at < 0) return undefined;
  return { prompt: turns.slice(0, at), response: turns[at]!.content };
}

function turnList(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined; // Text that merely starts with a bracket.
  }
}

/** Text of a turn; a list of parts counts when every part is text. */
function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: unknown) => (isRecord(part) ? part['text'] : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
