/**
 * Guesses what the columns of a table mean. Every known record format is one column mapping, so
 * that a wrong guess can be corrected by choosing other columns and nothing else.
 */
import { isList, looksLikeTurns } from './chat-turns.ts';
import { hasMarkedAnswer } from './gold.ts';

export type RecordFormat =
  | 'response-sets' // {id, prompt, responses: {writer: text}}
  | 'messages' // {messages: [{role, content}]}
  | 'sharegpt' // {conversations: [{from, value}]}
  | 'preference' // {prompt, chosen, rejected}
  | 'alpaca' // {instruction, input, output}
  | 'prompt-completion' // {prompt: text, completion: text}
  | 'conversational' // {prompt: turns, completion: turns}
  | 'multiple-choice' // options beside a question, in the layout of any usual benchmark
  | 'study' // {question, input, answer, …}
  | 'question-response' // {question, response}
  | 'wide' // a question column and one column for each writer
  | 'text' // {text}: answers to nothing
  | 'unknown';

/** Which column holds what. A question or response cell may be text or a list of turns. */
export interface ColumnMapping {
  id?: string;
  question?: string;
  /** Added below the question when it is not empty. */
  input?: string;
  /** System turn placed before the question. */
  system?: string;
  /** Earlier turns as [question, answer] pairs. */
  history?: string;
  /** Tools that the model may call, as JSON schemas. */
  tools?: string;
  /** An object of further variables for the chat template. */
  templateVariables?: string;
  /** A whole chat; its last assistant turn is the response. */
  conversation?: string;
  /** One response each: every column becomes a set. */
  responses: readonly string[];
  /** An object from writer to response: every key becomes a set. */
  responseMap?: string;
  gold?: string;
  /** Options of multiple choice, or the first of several such columns; without responses the right one is. */
  choices?: string;
}

export interface MappingGuess {
  format: RecordFormat;
  mapping: ColumnMapping;
  /** 0 nothing fits · 0.5 from the look of the values · 0.7 a synonym · 0.9 a known format. */
  confidence: number;
  /** Plain sentences that say why. */
  reasons: string[];
}

type Sample = Readonly<Record<string, unknown>>;

/** What a recognizer sees of a table. */
interface Sketch {
  columns: readonly string[];
  /** The first of these names that is a column, in any case. */
  find: (...names: string[]) => string | undefined;
  /** Whether the sampled values of a column, blanks aside, exist and all pass. */
  every: (column: string, test: (value: unknown) => boolean) => boolean;
}

const QUESTION_NAMES = ['question', 'prompt', 'instruction', 'query', 'problem', 'user'];
const RESPONSE_NAMES = ['response', 'completion', 'output', 'answer', 'assistant', 'reply'];
const ID_NAMES = [
  'id',
  '_id',
  'question_id',
  'prompt_id',
  'task_id',
  'qid',
  'uid',
  'uuid',
  'idx',
  'ind',
];
const GOLD_NAMES = ['gold', 'gold_label', 'numerical_final_answer', 'final_answer', 'label'];

/** What pandas calls its row index, and it and the table reader a column without a header. */
const UNNAMED = /^(index|unnamed: \d+|column \d+)$/i;

/** Part, names, whether its cells must be lists to be taken for it, what to say of it. */
const CONVERSATION_PARTS = [
  ['system', ['system', 'system_prompt', 'system_message'], isText, 'is the system turn'],
  ['history', ['history'], isList, 'holds earlier questions and answers'],
  ['tools', ['tools'], isList, 'lists the tools that may be called'],
  ['templateVariables', ['chat_template_kwargs'], isObject, 'is handed to the chat template'],
] as const;

/** From here on a guess needs no word about it. */
export const KNOWN_FORMAT = 0.9;
const SYNONYM = 0.7;
const LOOK = 0.5;

/** The most specific format first: the first that recognizes the table wins. */
const recognizers: readonly ((sketch: Sketch) => MappingGuess | undefined)[] = [
  responseSets,
  preference,
  chat,
  alpaca,
  promptCompletion,
  questionResponse,
  study,
  synonyms,
  wide,
  plainText,
];

/**
 * Guesses format and mapping from column names (in any case) and a few records.
 * Never throws: when nothing fits, the format is `unknown` with an empty list of responses.
 */
export function guessMapping(
  columns: readonly string[],
  sampleRows: readonly Sample[],
): MappingGuess {
  const sketch: Sketch = {
    columns,
    find: (...names) => {
      for (const name of names) {
        const column = columns.find((c) => c.trim().toLowerCase() === name);
        if (column !== undefined) return column;
      }
      return undefined;
    },
    every: (column, test) => {
      const values = sampleRows
        .map((row) => (Object.hasOwn(row, column) ? row[column] : undefined))
        .filter((value) => value !== undefined && value !== null && value !== '');
      return values.length > 0 && values.every(test);
    },
  };
  for (const recognize of recognizers) {
    const guess = recognize(sketch);
    if (guess !== undefined) return withConversation(sketch, withIdAndGold(sketch, guess));
  }
  return {
    format: 'unknown',
    mapping: { responses: [] },
    confidence: 0,
    reasons: [
      `No column is named like a question or an answer; the columns are ${quoted(columns)}.`,
    ],
  };
}

function withIdAndGold({ find }: Sketch, guess: MappingGuess): MappingGuess {
  const mapping = { ...guess.mapping };
  const reasons = [...guess.reasons];
  const id = find(...ID_NAMES);
  if (id !== undefined) {
    mapping.id = id;
    reasons.push(`"${id}" names each question.`);
  }
  const gold = mapping.gold ?? find(...GOLD_NAMES);
  if (gold !== undefined && !mapping.responses.includes(gold)) {
    mapping.gold = gold;
    reasons.push(`"${gold}" is the correct answer.`);
  }
  return { ...guess, mapping, reasons };
}

/** What stands before the question in any format, by the names that data sets give it. */
function withConversation({ find, every }: Sketch, guess: MappingGuess): MappingGuess {
  const mapping = { ...guess.mapping };
  const reasons = [...guess.reasons];
  if (mapping.question === undefined && mapping.conversation === undefined) return guess;
  for (const [part, names, fits, reason] of CONVERSATION_PARTS) {
    const column = find(...names);
    if (column === undefined || mapping.responses.includes(column)) continue;
    if (!every(column, (value) => value === null || fits(value))) continue;
    mapping[part] = column;
    reasons.push(`"${column}" ${reason}.`);
  }
  return { ...guess, mapping, reasons };
}

function responseSets({ find, every }: Sketch): MappingGuess | undefined {
  const question = find(...QUESTION_NAMES);
  const responseMap = find('responses', 'answers', 'completions');
  if (question === undefined || responseMap === undefined) return undefined;
  if (!every(responseMap, isTextRecord)) return undefined;
  return {
    format: 'response-sets',
    confidence: KNOWN_FORMAT,
    mapping: { question, responses: [], responseMap },
    reasons: [`"${responseMap}" holds one answer for each writer.`],
  };
}

function chat({ find, every }: Sketch): MappingGuess | undefined {
  const conversation = find('messages', 'conversations', 'conversation');
  if (conversation === undefined || !every(conversation, looksLikeTurns)) return undefined;
  const shareGpt = every(conversation, (turns) => JSON.stringify(turns).includes('"from"'));
  return {
    format: shareGpt ? 'sharegpt' : 'messages',
    confidence: KNOWN_FORMAT,
    mapping: { conversation, responses: [] },
    reasons: [`"${conversation}" is a chat; its last assistant turn is the answer.`],
  };
}

function preference({ find, every }: Sketch): MappingGuess | undefined {
  const chosen = find('chosen');
  const rejected = find('rejected');
  if (chosen === undefined || rejected === undefined) return undefined;
  // The question in a column of its own, or the turns of a conversation that both answer.
  const conversation = find('messages', 'conversations', 'conversation');
  const repeated = every(chosen, (turns) => /"(user|human)"/.test(JSON.stringify(turns)));
  const question = find(...QUESTION_NAMES) ?? (repeated ? undefined : conversation);
  const input = find('input');
  return {
    format: 'preference',
    confidence: KNOWN_FORMAT,
    // Without a question column, chosen and rejected are chats that begin with the question.
    mapping: {
      ...(question !== undefined && { question }),
      ...(question !== undefined && input !== undefined && { input }),
      responses: [chosen, rejected],
    },
    reasons: ['Preference pairs: chosen and rejected answers become two sets.'],
  };
}

function alpaca({ find }: Sketch): MappingGuess | undefined {
  const question = find('instruction');
  const output = find('output');
  if (question === undefined || output === undefined) return undefined;
  const input = find('input');
  const reasons = [`"${question}" asks, "${output}" answers, as in Alpaca files.`];
  if (input !== undefined) reasons.push(`"${input}" is added below the question.`);
  return {
    format: 'alpaca',
    confidence: KNOWN_FORMAT,
    mapping: {
      question,
      responses: [output],
      ...(input !== undefined && { input }),
    },
    reasons,
  };
}

function promptCompletion({ find, every }: Sketch): MappingGuess | undefined {
  const question = find('prompt');
  const completion = find('completion');
  if (question === undefined || completion === undefined) return undefined;
  const turns = every(question, looksLikeTurns) && every(completion, looksLikeTurns);
  return {
    format: turns ? 'conversational' : 'prompt-completion',
    confidence: KNOWN_FORMAT,
    mapping: { question, responses: [completion] },
    reasons: [`"${question}" asks, "${completion}" answers${turns ? ', as chat turns' : ''}.`],
  };
}

function questionResponse({ find }: Sketch): MappingGuess | undefined {
  const question = find('question');
  const response = find('response');
  if (question === undefined || response === undefined) return undefined;
  // Beside a response, a column named "answer" is what is correct, not what was written.
  const gold = find(...GOLD_NAMES, 'answer');
  return {
    format: 'question-response',
    confidence: KNOWN_FORMAT,
    mapping: { question, responses: [response], ...(gold !== undefined && { gold }) },
    reasons: [`"${question}" asks, "${response}" answers.`],
  };
}

function study({ find, every }: Sketch): MappingGuess | undefined {
  const question = find('question');
  const answer = find('answer');
  if (question === undefined || answer === undefined) return undefined;
  const input = find('input');
  // GSM8K's solutions end with the right answer.
  const marked = find(...GOLD_NAMES) === undefined && every(answer, hasMarkedAnswer);
  return {
    format: 'study',
    confidence: KNOWN_FORMAT,
    mapping: {
      question,
      responses: [answer],
      ...(input !== undefined && { input }),
      ...(marked && { gold: answer }),
    },
    reasons: [
      `"${question}" asks, "${answer}" answers.`,
      ...(marked ? [`What follows "####" in "${answer}" is the correct answer.`] : []),
    ],
  };
}

function synonyms({ find }: Sketch): MappingGuess | undefined {
  const question = find(...QUESTION_NAMES);
  const response = find(...RESPONSE_NAMES);
  if (question === undefined || response === undefined) return undefined;
  return {
    format: 'question-response',
    confidence: SYNONYM,
    mapping: { question, responses: [response] },
    reasons: [`"${question}" sounds like a question and "${response}" like an answer.`],
  };
}

function wide({ columns, find, every }: Sketch): MappingGuess | undefined {
  const question = find(...QUESTION_NAMES);
  if (question === undefined) return undefined;
  const known = [question, find(...ID_NAMES), find(...GOLD_NAMES)];
  for (const [, names] of CONVERSATION_PARTS) known.push(find(...names));
  const writers = columns.filter(
    (column) =>
      !known.includes(column) &&
      !UNNAMED.test(column) &&
      every(column, (value) => typeof value === 'string'),
  );
  if (writers.length === 0) return undefined;
  return {
    format: 'wide',
    confidence: LOOK,
    mapping: { question, responses: writers },
    reasons: [
      `"${question}" sounds like a question.`,
      `Every other text column is taken as one writer: ${quoted(writers)}.`,
    ],
  };
}

function plainText({ find }: Sketch): MappingGuess | undefined {
  const text = find('text');
  if (text === undefined) return undefined;
  return {
    format: 'text',
    confidence: SYNONYM,
    mapping: { responses: [text] },
    reasons: [`Only "${text}" was found: each text is read as an answer without a question.`],
  };
}

function quoted(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value);
}

function isTextRecord(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((v) => typeof v === 'string' || v === null)
  );
}
