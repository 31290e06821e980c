/** One record of a table → the answers in it, each with the turns before it; or what is wrong with it. */
import {
  continued,
  lastAnswer,
  isTurn,
  looksLikeTurns,
  readHistory,
  readTools,
  readTurns,
  responseOf,
} from './chat-turns.ts';
import { NO_QUESTION, type ChoiceQuestion } from './choices.ts';
import { markedAnswer } from './gold.ts';
import type { ColumnMapping } from './mapping.ts';
import type { ChatMessage, ResponseRow } from './response-set.ts';
import { cell, type TableRow } from './table.ts';

export interface AnswerRead {
  writer: string;
  answer: Omit<ResponseRow, 'id'>;
  /** Of an empty response, what stands in its place: "null", "missing". */
  missing?: string;
}

export interface RecordRead {
  id?: string;
  answers: AnswerRead[];
  /** What stands where the question should be; such a record is left out. */
  unasked?: string;
  problems: string[];
  /** What stands in the cells whose content could not be used, and changes no prompt. */
  unused: string[];
  /** Turns after an answer, which nobody answers. */
  turnsAfter: number;
}

/** The right option as gold of the record's answers, or as its answer where it has no other. */
export function withOptions(
  record: RecordRead,
  { choices, responses, responseMap, conversation }: ColumnMapping,
  question: ChoiceQuestion | string | undefined,
): RecordRead {
  if (choices === undefined || question === undefined) return record;
  if (typeof question === 'string') {
    return { ...record, answers: [], problems: [...record.problems, question] };
  }
  if (responses.length === 0 && responseMap === undefined && conversation === undefined) {
    const { id } = record;
    const { question: text } = question;
    if (text === undefined) {
      return { ...record, answers: [], problems: [...record.problems, NO_QUESTION] };
    }
    const answer = { ...question, question: text, response: question.gold };
    return {
      ...(id !== undefined && { id }),
      answers: [{ writer: choices, answer }],
      turnsAfter: 0,
      unused: [],
      problems: [],
    };
  }
  const { gold, options, labels } = question;
  const right = { gold, options, ...(labels && { labels }) };
  return {
    ...record,
    answers: record.answers.map((one) => ({ ...one, answer: { ...one.answer, ...right } })),
  };
}

/**
 * One record → its answers, by writer, and everything wrong with it.
 * @param textCells see `Table.textCells`
 */
export function readRecord(row: TableRow, mapping: ColumnMapping, textCells: boolean): RecordRead {
  const problems: string[] = [];
  const answers: AnswerRead[] = [];
  const id = idText(cell(row, mapping.id));
  const rightAnswer = scalarText(cell(row, mapping.gold));
  const gold = rightAnswer === undefined ? undefined : markedAnswer(rightAnswer);
  const goldCell = cell(row, mapping.gold);
  const unused =
    rightAnswer === undefined && !isBlank(goldCell)
      ? [`"${mapping.gold}" is ${kindOf(goldCell)}`]
      : [];
  const further = readFurther(row, mapping, problems);
  let turnsAfter = 0;
  const push = (
    writer: string,
    prompt: readonly ChatMessage[],
    response: ReturnType<typeof responseOf>,
    missing?: string,
  ): void => {
    const answer = {
      ...questionOf(prompt),
      ...further,
      ...response,
      ...(gold !== undefined && { gold }),
    };
    answers.push({ writer, answer, ...(missing !== undefined && { missing }) });
  };
  /** The turns of a column, after those that stand before them. */
  const pushChat = (column: string, turns: ChatMessage[], before: readonly ChatMessage[]): void => {
    const parts = lastAnswer(turns);
    if (parts === undefined) push(column, before, { response: '' }, noAnswer);
    else {
      push(column, continued(before, parts.prompt), responseOf(parts.answer));
      turnsAfter += parts.after;
    }
  };

  const asTurns = turnReader(row, mapping, textCells);
  const prompt = readPrompt(row, mapping, asTurns, problems);
  if (typeof prompt === 'string') {
    return { answers: [], unasked: prompt, problems, unused, turnsAfter };
  }
  if (mapping.conversation !== undefined) {
    const column = mapping.conversation;
    const value = cell(row, column);
    const turns = isBlank(value) ? [] : readTurns(value);
    if (typeof turns === 'string') problems.push(`"${column}" ${turns}`);
    else if (isBlank(value)) push(column, [], { response: '' }, kindOf(value));
    else if (turns[0]?.role !== 'system' || prompt[0]?.role !== 'system') {
      pushChat(column, turns, prompt);
    } else if (prompt[0].content === turns[0].content) pushChat(column, turns, prompt.slice(1));
    else problems.push(`"${mapping.system}" and "${column}" hold different system turns`);
  }
  for (const [writer, value] of responseCells(row, mapping, problems)) {
    const turns = asTurns(value);
    const text = scalarText(value);
    if (typeof turns === 'string') problems.push(`"${writer}" ${turns}`);
    else if (turns !== undefined) pushChat(writer, turns, prompt);
    else if (text !== undefined) push(writer, prompt, { response: text });
    else if (isBlank(value)) push(writer, prompt, { response: '' }, kindOf(value));
    else problems.push(`"${writer}" is ${kindOf(value)}, expected text`);
  }
  // A record with a problem gives no answers, so that a preview shows nothing half read.
  return {
    ...(id !== undefined && id !== '' && { id }),
    answers: problems.length > 0 ? [] : answers,
    problems,
    unused,
    turnsAfter,
  };
}

const noAnswer = 'without an assistant turn';

/**
 * Reads a cell that holds a list of turns; undefined for any other cell. A text stays a text, even
 * when it is JSON, except where cells cannot be lists: there a question may be written as turns, and
 * with it its answer.
 */
function turnReader(row: TableRow, { question }: ColumnMapping, textCells: boolean) {
  const written = textCells && (question === undefined || looksLikeTurns(cell(row, question)));
  return (value: unknown): ChatMessage[] | string | undefined =>
    Array.isArray(value) || (written && looksLikeTurns(value))
      ? readTurns(value)
      : isTurn(value)
        ? readTurns([value])
        : undefined;
}

/** The turns before the response, or what stands in the place of a question that is missing. */
function readPrompt(
  row: TableRow,
  mapping: ColumnMapping,
  asTurns: (value: unknown) => ChatMessage[] | string | undefined,
  problems: string[],
): ChatMessage[] | string {
  const { question, input, system, history } = mapping;
  const turns: ChatMessage[] = [];
  const plainText = (column: string | undefined): string | undefined => {
    const cellValue = cell(row, column);
    const text = scalarText(cellValue);
    if (text === undefined && !isBlank(cellValue)) {
      problems.push(`"${column}" is ${kindOf(cellValue)}, expected text`);
    }
    return text;
  };
  const systemText = plainText(system);
  if (systemText) turns.push({ role: 'system', content: systemText });
  const earlier = readHistory(cell(row, history));
  if (typeof earlier === 'string') problems.push(`"${history}" ${earlier}`);
  else turns.push(...earlier);
  if (question === undefined) return turns;
  const value = cell(row, question);
  const questionTurns = asTurns(value);
  const text = scalarText(value);
  if (typeof questionTurns === 'string') problems.push(`"${question}" ${questionTurns}`);
  else if (questionTurns !== undefined) turns.push(...questionTurns);
  else if (isBlank(value)) return `"${question}" is ${kindOf(value)}`;
  else if (text === undefined) problems.push(`"${question}" is ${kindOf(value)}, expected text`);
  else {
    const below = plainText(input);
    turns.push({ role: 'user', content: below ? `${text}\n${below}` : text });
  }
  return turns;
}

/** Tools and further variables of the chat template. */
function readFurther(
  row: TableRow,
  { tools, templateVariables }: ColumnMapping,
  problems: string[],
): Pick<ResponseRow, 'tools' | 'templateVariables'> {
  const list = readTools(cell(row, tools));
  if (typeof list === 'string') problems.push(`"${tools}" ${list}`);
  const variables = cell(row, templateVariables) ?? undefined;
  const isObject = typeof variables === 'object' && !Array.isArray(variables);
  if (variables !== undefined && !isObject) {
    problems.push(`"${templateVariables}" is ${kindOf(variables)}, expected an object`);
  }
  return {
    ...(typeof list === 'object' && { tools: list }),
    ...(isObject && { templateVariables: variables as Record<string, unknown> }),
  };
}

/** Response cells of a record. */
function responseCells(
  row: TableRow,
  mapping: ColumnMapping,
  problems: string[],
): [string, unknown][] {
  const cells = mapping.responses.map((column): [string, unknown] => [column, cell(row, column)]);
  if (mapping.responseMap !== undefined) {
    const map = cell(row, mapping.responseMap);
    if (typeof map !== 'object' || map === null || Array.isArray(map)) {
      problems.push(`"${mapping.responseMap}" is ${kindOf(map)}, expected writers and answers`);
    } else cells.push(...Object.entries(map));
  }
  return cells;
}

function questionOf(prompt: readonly ChatMessage[]): Pick<ResponseRow, 'question' | 'messages'> {
  if (prompt.length === 0) return { question: '' };
  const only = prompt.length === 1 ? prompt[0]! : undefined;
  if (only?.role === 'user') return { question: only.content };
  const last = prompt.findLast((turn) => turn.role === 'user') ?? prompt.at(-1)!;
  return { question: last.content, messages: prompt };
}

/** Numbers and booleans are text too: CSV-minded files hold answers such as 72. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** An id may be an object, as databases write it: {"$oid": "…"}. */
function idText(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return scalarText(value)?.trim();
}

/** Missing, null, empty or white space: no question and no answer. */
function isBlank(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'empty';
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}
