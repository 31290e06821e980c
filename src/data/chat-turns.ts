/**
 * Turns of a chat from the shapes records use: `{role, content}` as in OpenAI and TRL files,
 * `{from, value}` as in ShareGPT, content as text or as a list of text parts, tool calls in a field
 * or as a turn of their own.
 */
import { jsonOfCell } from './json-size.ts';
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
  ['function', 'tool'],
  ['tool_response', 'tool'],
  ['function_call', 'assistant'],
  ['tool_call', 'assistant'],
]);

/** ShareGPT's turns whose text is not said but calls a tool. */
const CALLING = new Set(['function_call', 'tool_call']);

/** Whether a value looks like a list of turns; used to guess a format from samples. */
export function looksLikeTurns(value: unknown): boolean {
  const list = listOf(value);
  return list !== undefined && list.length > 0 && list.every(isTurn);
}

/** Whether a cell holds one turn, as preference files beside a conversation do. */
export function isTurn(value: unknown): boolean {
  return isRecord(value) && (Object.hasOwn(value, 'role') || Object.hasOwn(value, 'from'));
}

/**
 * Reads a list of turns, also from a cell that holds it as JSON text. Keys without a value are left out, all others
 * stay in the turn.
 * @returns the turns, or a string that says what is wrong.
 */
export function readTurns(value: unknown): ChatMessage[] | string {
  const list = listOf(value);
  if (list === undefined) return 'is not a list of turns';
  const turns: ChatMessage[] = [];
  for (const [i, turn] of list.entries()) {
    const read = isRecord(turn) ? readTurn(turn) : 'is not an object';
    if (typeof read === 'string') return `turn ${i + 1} ${read}`;
    turns.push(read);
  }
  return turns;
}

function readTurn(turn: Record<string, unknown>): ChatMessage | string {
  const { role: named, from, content, value, ...others } = turn;
  const name = named ?? from;
  const role = typeof name === 'string' ? ROLES.get(name.toLowerCase()) : undefined;
  if (role === undefined) {
    return `has role ${JSON.stringify(name)}, expected system, user, assistant or tool`;
  }
  const further = Object.fromEntries(
    Object.entries(others).filter(([, one]) => one !== null && one !== undefined),
  );
  const text = contentText(content ?? value);
  if (typeof name === 'string' && CALLING.has(name.toLowerCase())) {
    const calls = text === undefined ? undefined : readCalls(text);
    if (calls === undefined) return 'is not the call of a tool with "name" and "arguments"';
    return { ...further, role, content: '', tool_calls: calls };
  }
  if (text !== undefined) return { ...further, role, content: text };
  const calls = further['tool_calls'];
  const onlyCalls = (content ?? value ?? null) === null && Array.isArray(calls) && calls.length > 0;
  return onlyCalls ? { ...further, role, content: '' } : 'has no text';
}

/** `{"name", "arguments"}` or a list of them, as a model that calls tools writes it. */
function readCalls(text: string): unknown[] | undefined {
  const parsed = jsonOfCell(text);
  if (parsed === undefined) return undefined;
  const calls: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const valid = calls.every((call) => isRecord(call) && typeof call['name'] === 'string');
  return valid ? calls.map((call) => ({ type: 'function', function: call })) : undefined;
}

export interface DividedChat {
  prompt: ChatMessage[];
  answer: ChatMessage;
  /** How many turns stand after the answer, which nobody answers. */
  after: number;
}

/**
 * Divides a chat at its last assistant turn; undefined when there is none. A turn with `weight` 0, as OpenAI's
 * files mark what is not to be learned, is no answer.
 */
export function lastAnswer(turns: readonly ChatMessage[]): DividedChat | undefined {
  const at = turns.findLastIndex(({ role, weight }) => role === 'assistant' && weight !== 0);
  if (at < 0) return undefined;
  return { prompt: turns.slice(0, at), answer: turns[at]!, after: turns.length - at - 1 };
}

/** A turn's text and, when it is more than that, the turn itself. */
export function responseOf(answer: ChatMessage): {
  response: string;
  responseTurn?: ChatMessage;
} {
  const more = answer['tool_calls'] !== undefined || answer['reasoning_content'] !== undefined;
  return { response: answer.content, ...(more && { responseTurn: answer }) };
}

/**
 * The turns that two lists make together: the second goes on from the first, or repeats its last turns before it
 * does, as preference files that hold the question in both places.
 */
export function continued(
  prompt: readonly ChatMessage[],
  turns: readonly ChatMessage[],
): ChatMessage[] {
  const last = prompt.at(-1);
  const first = turns[0]?.role;
  if (last === undefined || first === 'assistant' || first === 'tool') return [...prompt, ...turns];
  const same = (a: ChatMessage | undefined, b: ChatMessage | undefined) =>
    a !== undefined && a.role === b?.role && a.content === b.content;
  const at = turns.findIndex((turn) => same(turn, last));
  let shared = 0;
  while (same(prompt.at(-1 - shared), turns[at - shared])) shared++;
  if (at < 0 || (shared <= at && shared < prompt.length)) return [...prompt, ...turns];
  return [...prompt.slice(0, prompt.length - shared), ...turns];
}

/** Tools from a cell: a list of JSON schemas, or JSON text of one. @returns what is wrong as a string */
export function readTools(value: unknown): unknown[] | string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const list = listOf(value);
  if (list === undefined) return 'is not a list of tools';
  return list.every(isRecord) ? list : 'holds a tool that is not an object';
}

/** Earlier exchanges from a cell: [question, answer] pairs as in Alpaca files, or turns. */
export function readHistory(value: unknown): ChatMessage[] | string {
  if (value === undefined || value === null || value === '') return [];
  const list = listOf(value);
  if (list !== undefined && list.length > 0 && list.every(isRecord)) return readTurns(list);
  const turns: ChatMessage[] = [];
  for (const pair of list ?? [undefined]) {
    const [question, answered] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof question !== 'string' || typeof answered !== 'string') {
      return 'is not a list of [question, answer] pairs';
    }
    turns.push({ role: 'user', content: question }, { role: 'assistant', content: answered });
  }
  return turns;
}

/** Whether a cell holds a list, be it as JSON text. */
export function isList(value: unknown): boolean {
  return listOf(value) !== undefined;
}

/** A list, or JSON text of one. */
function listOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return undefined;
  const parsed = jsonOfCell(value);
  return Array.isArray(parsed) ? parsed : undefined;
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
