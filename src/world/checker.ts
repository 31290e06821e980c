/**
 * Exact checking of answers: takes the final answer out of any text, and reads a dialect's answer
 * back step by step against the question's plan.
 */
import { answerMarker, readSentences, type Dialect, type Read } from './dialect.ts';
import { stepHolds, type Question, type Step } from './question.ts';

/** The text after the last "Answer: ", without a closing period; undefined when there is none. */
export function extractAnswer(response: string): string | undefined {
  const at = response.lastIndexOf(answerMarker);
  if (at < 0) return undefined;
  const line = response.slice(at + answerMarker.length).split('\n')[0]!;
  return line.trim().replace(/\.$/, '');
}

/** True when the final answer is exactly the question's. */
export function isCorrect(question: Pick<Question, 'answer'>, response: string): boolean {
  return extractAnswer(response) === question.answer;
}

export interface CheckedAnswer {
  /** The final answer, if one was found. */
  readonly finalAnswer: string | undefined;
  readonly finalCorrect: boolean;
  /** True when every sentence is one of the dialect, whatever it says. */
  readonly readable: boolean;
  /** True when each calculation holds by itself, right or wrong for this question. */
  readonly arithmeticHolds: boolean;
  /** True when the sentences are exactly the plan's steps, givens told at any earlier time. */
  readonly followsPlan: boolean;
  /** All of the above: what every generated answer must be. */
  readonly correct: boolean;
}

/** Reads an answer in the dialect and compares it with the question's plan. */
export function checkAnswer(dialect: Dialect, question: Question, response: string): CheckedAnswer {
  const finalAnswer = extractAnswer(response);
  const finalCorrect = finalAnswer === question.answer;
  const body = response.slice(0, Math.max(0, response.lastIndexOf(answerMarker)));
  const sentences = readSentences(dialect, body.trim());
  const readable = sentences.every((readings) => readings.length > 0);
  const arithmeticHolds = readable && sentences.every((readings) => readings.some(readingHolds));
  const followsPlan = readable && matchesPlan(dialect, question, sentences);
  const correct = finalCorrect && readable && arithmeticHolds && followsPlan;
  return { finalAnswer, finalCorrect, readable, arithmeticHolds, followsPlan, correct };
}

function readingHolds(read: Read): boolean {
  if (read.operation === 'closing') return true;
  const { left = '', right = '', result = '', unit = '', name = '' } = read;
  return stepHolds({ ...read, left, right, result, unit, name });
}

/** Givens may be told early, in their own order; calculations stand in the plan's order. */
function matchesPlan(dialect: Dialect, question: Question, sentences: readonly Read[][]): boolean {
  // A dialect may leave a kind of step unsaid.
  const said = question.plan.filter((step) => dialect.steps[step.operation]);
  const givens = said.filter((step) => step.operation === 'given');
  const others = said.filter((step) => step.operation !== 'given');
  for (const [i, readings] of sentences.entries()) {
    const last = i === sentences.length - 1;
    if (givens[0] && readings.some((read) => says(read, givens[0]!))) givens.shift();
    else if (others[0] && readings.some((read) => says(read, others[0]!))) others.shift();
    else if (!last || !readings.some((read) => closes(read, question.answer))) return false;
  }
  return givens.length === 0 && others.length === 0;
}

/** True when the sentence states this step: every slot that the wording shows agrees. */
export function says(read: Read, step: Step): boolean {
  if (read.operation === 'closing') return false;
  if (read.operation !== step.operation || read.label !== step.label) return false;
  const slots = ['name', 'left', 'right', 'result', 'unit'] as const;
  return slots.every((slot) => read[slot] === undefined || read[slot] === step[slot]);
}

const closes = (read: Read, answer: string): boolean =>
  read.operation === 'closing' && read.result === answer;
