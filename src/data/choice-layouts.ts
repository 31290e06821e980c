/**
 * Multiple-choice records as the usual benchmarks lay them out → question, options, and what names the right one.
 * Each layout is the one of the data set's own files, or of its copy on the Hugging Face hub.
 */
import { jsonOfCell } from './json-size.ts';
import { letter } from './option-named.ts';
import { cell, type TableRow } from './table.ts';

export interface ChoiceRecord {
  question: unknown;
  /** Of a list that is none, undefined. */
  options: readonly unknown[] | undefined;
  /** Undefined where the data has none: then letters from A are meant. */
  labels?: readonly string[] | undefined;
  /** Index (from 0), label or text of the right option, or whatever else stands there. */
  right: unknown;
  /** True where the layout counts from 0 even when the number is written as text. */
  byIndex?: boolean;
}

/** A record's value by the first of these names that it has, in any case. */
type Lookup = (...names: string[]) => unknown;

/** Undefined when the record is laid out otherwise. */
type Layout = (get: Lookup) => ChoiceRecord | undefined;

const RIGHT = [
  'gold',
  'answerkey',
  'answer_key',
  'answer_index',
  'answer_idx',
  'correct',
  'answer',
  'label',
];
const QUESTIONS = ['question', 'question_stem', 'query', 'prompt', 'problem', 'ctx'];

/** The first that fits is taken. */
const layouts: readonly Layout[] = [
  truthfulQa,
  withStem,
  boolQ,
  piqa,
  hellaSwag,
  winoGrande,
  listed,
  lettered,
];

/** What a record says of its question; undefined when it has no options. */
export function choiceRecord(row: TableRow): ChoiceRecord | undefined {
  const columns = columnsByName(Object.keys(row.values));
  const get: Lookup = (...names) => {
    const name = names.find((one) => columns.has(one));
    return name === undefined ? undefined : parsed(cell(row, columns.get(name)));
  };
  for (const layout of layouts) {
    const record = layout(get);
    if (record) return record;
  }
  return undefined;
}

/** Columns that hold options or their first, by the layouts above. */
const OPTIONS = ['mc1_targets', 'options', 'choices', 'endings', 'sol1', 'option1', 'a', 'passage'];

/** The column that says that records are multiple choice; undefined when none does. */
export function choiceColumn(columns: readonly string[]): string | undefined {
  const byName = columnsByName(columns);
  const name = [...OPTIONS, 'question'].find((one) => byName.has(one));
  return name === undefined ? undefined : byName.get(name);
}

/** Whether a column names the right option, so that it is no writer's answer. */
export const namesRight = (column: string): boolean => RIGHT.includes(column.trim().toLowerCase());

const columnsByName = (names: readonly string[]) =>
  new Map(names.map((name) => [name.trim().toLowerCase(), name]));

/** {question, mc1_targets: {choices, labels: [1, 0, 0]}}, or with its authors {mc1_targets: {option: 1, …}}. */
function truthfulQa(get: Lookup): ChoiceRecord | undefined {
  const targets = get('mc1_targets');
  if (!isRecord(targets)) return undefined;
  const options = listOf(targets['choices']) ?? Object.keys(targets);
  const marks = listOf(targets['labels']) ?? Object.values(targets);
  const right = marks.findIndex((mark) => Number(mark) === 1);
  return {
    question: get('question'),
    options,
    right: right < 0 ? undefined : right,
  };
}

/** {question: {stem, choices: [{text, label}]}, answerKey}: ARC, OpenBookQA, CommonsenseQA by their authors. */
function withStem(get: Lookup): ChoiceRecord | undefined {
  const question = get('question');
  if (!isRecord(question)) return undefined;
  return { question: question['stem'], ...optionsOf(question['choices']), right: get(...RIGHT) };
}

/** {passage, question, answer: true}: the question stands without its question mark. */
function boolQ(get: Lookup): ChoiceRecord | undefined {
  const [passage, question] = [get('passage'), get('question')];
  if (typeof passage !== 'string' || typeof question !== 'string' || get('options', 'choices'))
    return undefined;
  const right = String(get('answer', 'label')).toLowerCase();
  const index = ['true', 'yes', '1'].includes(right)
    ? 1
    : ['false', 'no', '0'].includes(right)
      ? 0
      : undefined;
  if (index === undefined) return undefined;
  return {
    question: `${passage}\n${question.replace(/\??$/, '?')}`,
    options: ['no', 'yes'],
    right: index,
  };
}

/** {goal, sol1, sol2, label: 0} */
function piqa(get: Lookup): ChoiceRecord | undefined {
  if (get('sol1') === undefined) return undefined;
  return {
    question: get('goal'),
    options: [get('sol1'), get('sol2')],
    right: get('label'),
    byIndex: true,
  };
}

/** {ctx, endings: […], label: "3"} */
function hellaSwag(get: Lookup): ChoiceRecord | undefined {
  const endings = get('endings');
  if (endings === undefined) return undefined;
  return {
    question: get(...QUESTIONS),
    options: listOf(endings),
    right: get(...RIGHT),
    byIndex: true,
  };
}

/** {sentence, option1, option2, answer: "1"}: counted from 1. */
function winoGrande(get: Lookup): ChoiceRecord | undefined {
  if (get('option1') === undefined) return undefined;
  const options = ['option1', 'option2', 'option3', 'option4', 'option5'].flatMap((name) => {
    const option = get(name);
    return option === undefined || option === null ? [] : [option];
  });
  return {
    question: get('sentence', ...QUESTIONS),
    options,
    labels: options.map((_, i) => String(i + 1)),
    right: get(...RIGHT),
  };
}

/** {question, options or choices: […], gold, answer or answerKey}: MMLU, ARC, OpenBookQA, MedQA and the like. */
function listed(get: Lookup): ChoiceRecord | undefined {
  const options = get('options', 'choices');
  if (options === undefined) return undefined;
  const above = get('passage', 'article', 'context');
  const question = get(...QUESTIONS);
  return {
    question:
      typeof above === 'string' && typeof question === 'string' && above.trim() !== ''
        ? `${above}\n${question}`
        : question,
    ...optionsOf(options),
    right: get(...RIGHT),
  };
}

/** {question, A, B, C, D, answer: "B"} */
function lettered(get: Lookup): ChoiceRecord | undefined {
  const options: unknown[] = [];
  for (let i = 0; i < 26; i++) {
    const option = get(letter(i).toLowerCase());
    if (option === undefined || option === null || option === '') break;
    options.push(option);
  }
  // Columns of letters may also be writers: the right one must be named by its letter.
  const right = get(...RIGHT);
  if (options.length < 2 || !/^\s*\(?[a-z]\)?\s*$/i.test(String(right))) return undefined;
  return { question: get(...QUESTIONS), options, right: get(...RIGHT) };
}

/** […], [{text, label}], {text: […], label: […]} or {A: …, B: …}. */
function optionsOf(value: unknown): Pick<ChoiceRecord, 'options' | 'labels'> {
  const list = listOf(value);
  if (list?.every(isRecord)) {
    return {
      options: list.map((one) => one['text']),
      labels: labelsOf(list.map((one) => one['label'])),
    };
  }
  if (list) return { options: list };
  if (!isRecord(value)) return { options: undefined };
  if (Object.hasOwn(value, 'text'))
    return { options: listOf(value['text']), labels: labelsOf(value['label']) };
  return { options: Object.values(value), labels: Object.keys(value) };
}

const listOf = (value: unknown): unknown[] | undefined =>
  Array.isArray(value) ? (value as unknown[]) : undefined;

const labelsOf = (value: unknown): string[] | undefined => listOf(value)?.map(String);

/** Lists and objects may stand in a cell as JSON text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  return jsonOfCell(value) ?? value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
