/**
 * A dialect is plain data: sentence patterns for each operation, phrases that name a result, and
 * the joints between sentences. This file writes a plan in a dialect and reads an answer back.
 *
 * In a pattern, `[x|y]` is a free choice of wording and `{slot}` a part of the step. Reading uses
 * the same patterns, so whatever a dialect can say it can also understand.
 */
import type { Random } from '../random.ts';
import {
  labelKinds,
  operations,
  type LabelKind,
  type Operation,
  type Question,
  type Step,
} from './question.ts';

export interface Dialect {
  readonly id: string;
  readonly description: string;
  /** Slots: label, left, right, result, unit. An empty pattern leaves the step unsaid. */
  readonly steps: Readonly<Record<Operation, string>>;
  /** How a result is named; slot: name. An empty phrase belongs to operations without a label. */
  readonly labels: Readonly<Record<LabelKind, string>>;
  /**
   * What may stand before a calculation (`onward`: it follows from what was said) and before any
   * other sentence (`plain`). After a joint that ends in ". " comes a capital.
   */
  readonly joints: { readonly onward: readonly string[]; readonly plain: readonly string[] };
  /** A sentence that may end the answer by repeating the result, or empty; slot: result. */
  readonly closing: string;
}

/** One answer in four repeats its result in a last sentence. */
const closingShare = 0.25;

/** What introduces the final answer, in every dialect and response set. */
export const answerMarker = 'Answer: ';

/** One way of saying the question's plan, ended by the final answer. */
export function writeAnswer(dialect: Dialect, question: Question, rng: Random): string {
  let text = '';
  for (const step of orderGivens(question.plan, rng)) {
    const joints = step.operation === 'given' ? dialect.joints.plain : dialect.joints.onward;
    const sentence = sayStep(dialect, step, rng);
    if (sentence) text = join(text, joints, sentence, rng);
  }
  if (dialect.closing && rng.uniform() < closingShare) {
    const closing = fill(choose(dialect.closing, rng), { result: question.answer });
    text = join(text, dialect.joints.plain, closing, rng);
  }
  return `${text}. ${answerMarker}${question.answer}`;
}

function join(text: string, joints: readonly string[], sentence: string, rng: Random): string {
  if (!text) return capitalize(sentence);
  const joint = rng.pick(joints);
  return text + joint + (joint.endsWith('. ') ? capitalize(sentence) : sentence);
}

/** Givens are told when they are needed, or all at the beginning: a freedom of every dialect. */
function orderGivens(plan: readonly Step[], rng: Random): readonly Step[] {
  if (rng.uniform() < 0.5) return plan;
  const isGiven = (step: Step): boolean => step.operation === 'given';
  return [...plan.filter(isGiven), ...plan.filter((step) => !isGiven(step))];
}

/** One step as a sentence without its end, in lower case but for names. */
export function sayStep(dialect: Dialect, step: Step, rng: Random): string {
  const label = fill(choose(dialect.labels[step.label], rng), { name: step.name });
  const { left, right, result, unit } = step;
  const pattern = choose(dialect.steps[step.operation], rng);
  const sentence = fill(pattern, { label, left, right, result, unit });
  // Without a unit ("the last one is 9") its space is left over.
  return sentence.replaceAll('  ', ' ').trim();
}

/** A sentence read back: the slots that the pattern shows, or a repetition of the result. */
export type ReadStep = Pick<Step, 'operation' | 'label'> & Partial<Step>;
export type Read = ReadStep | { readonly operation: 'closing'; readonly result: string };

/**
 * The sentences of an answer without its final line. Each has all the readings the dialect allows
 * ("7 * 2 = 14" is a product and a doubling); a sentence of no pattern has none.
 */
export function readSentences(dialect: Dialect, body: string): Read[][] {
  return sentencesOf(dialect, body).map(({ text }) => readSentence(dialect, text));
}

/** All readings of one sentence. */
export function readSentence(dialect: Dialect, sentence: string): Read[] {
  const lower = sentence.slice(0, 1).toLowerCase() + sentence.slice(1);
  const readings: Read[] = [];
  for (const { regex, read } of patternsOf(dialect)) {
    const match = regex.exec(sentence) ?? regex.exec(lower);
    if (match) readings.push(read(match.groups ?? {}));
  }
  return readings;
}

/** The sentences of an answer's body, each with the joint before it (empty for the first). */
export function sentencesOf(dialect: Dialect, body: string): { joint: string; text: string }[] {
  // The longest joint first, so that ". So " is not taken for ". ".
  const { onward, plain } = dialect.joints;
  const joints = [...new Set([...onward, ...plain])].sort((a, b) => b.length - a.length);
  const segments = body
    .replace(/\.\s*$/, '')
    .split(new RegExp(`(${joints.map(escape).join('|')})`));
  const sentences: { joint: string; text: string }[] = [];
  for (let i = 0; i < segments.length; i += 2) {
    sentences.push({ joint: segments[i - 1] ?? '', text: segments[i]! });
  }
  return sentences;
}

/** Every way the dialect has of stating a step, in lower case; empty when it leaves it unsaid. */
export function wordingsOf(dialect: Dialect, step: Step): string[] {
  const { name, left, right, result, unit } = step;
  const pattern = dialect.steps[step.operation];
  if (!pattern) return [];
  return expand(pattern.replaceAll('{label}', dialect.labels[step.label])).map((wording) =>
    fill(wording, { name, left, right, result, unit }).replaceAll('  ', ' ').trim(),
  );
}

/** Every choice of `[x|y]` in a pattern. */
export function expand(pattern: string): string[] {
  const match = /\[([^\]]*)\]/.exec(pattern);
  if (!match) return [pattern];
  const rests = expand(pattern.slice(match.index + match[0].length));
  const head = pattern.slice(0, match.index);
  return match[1]!.split('|').flatMap((choice) => rests.map((rest) => head + choice + rest));
}

interface Pattern {
  readonly regex: RegExp;
  readonly read: (groups: Readonly<Record<string, string>>) => Read;
}

const compiled = new WeakMap<Dialect, readonly Pattern[]>();

function patternsOf(dialect: Dialect): readonly Pattern[] {
  const known = compiled.get(dialect);
  if (known) return known;
  const patterns: Pattern[] = [];
  for (const operation of operations) {
    const pattern = dialect.steps[operation];
    if (!pattern) continue;
    for (const label of labelKinds) {
      // Operations without a label are read once, under `none`.
      if (pattern.includes('{label}') === (label === 'none')) continue;
      patterns.push({
        regex: toRegex(pattern.replaceAll('{label}', dialect.labels[label])),
        read: (groups) => ({ operation, label, ...groups }),
      });
    }
  }
  if (dialect.closing) {
    patterns.push({
      regex: toRegex(dialect.closing),
      read: ({ result }) => ({ operation: 'closing', result: result ?? '' }),
    });
  }
  compiled.set(dialect, patterns);
  return patterns;
}

/** What each slot may hold when an answer is read. */
const slotSources: Readonly<Record<string, string>> = {
  name: '[A-Z][a-z]+',
  unit: '[a-z]+',
  left: '\\d+(?:, \\d+)*',
  right: '\\d+(?:, \\d+)*',
  result: '\\d+(?:, \\d+)*|[A-Z][a-z]+day',
};

/** A slot that stands twice must hold the same thing twice. */
function toRegex(pattern: string): RegExp {
  const seen = new Set<string>();
  const toGroups = (text: string): string => slotsToGroups(text, seen);
  const source = pattern
    .split(/(\[[^\]]*\]|\{\w+\})/)
    .map((part) => {
      if (!part.startsWith('[')) return toGroups(part);
      return `(?:${part.slice(1, -1).split('|').map(toGroups).join('|')})`;
    })
    .join('');
  return new RegExp(`^${source}$`);
}

function slotsToGroups(text: string, seen: Set<string>): string {
  return text
    .split(/(\{\w+\})/)
    .map((part) => {
      const slot = /^\{(\w+)\}$/.exec(part)?.[1];
      if (!slot) return escape(part);
      if (seen.has(slot)) return `\\k<${slot}>`;
      seen.add(slot);
      return `(?<${slot}>${slotSources[slot] ?? ''})`;
    })
    .join('');
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** Takes one wording of each `[x|y]`. */
export function choose(pattern: string, rng: Random): string {
  return pattern.replace(/\[([^\]]*)\]/g, (_, wordings: string) => rng.pick(wordings.split('|')));
}

/** Puts values into `{slot}`s. */
export function fill(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, slot: string) => values[slot] ?? '');
}

export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
