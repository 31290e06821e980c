/**
 * Accuracy on questions with a known answer. The generator is an argument, so that this room knows
 * neither tensors nor tokens; each question's outcome is kept, because two runs are compared
 * question by question.
 */
import { DataError } from '../errors.ts';
import { throwProblems } from '../data/problems.ts';
import { conversationOf, type Conversation, type RowPrompt } from '../data/response-set.ts';
import { wilsonInterval, type Interval } from '../statistics/proportions.ts';
import { judgeAnswer, type AnswerRule, type Judged } from './extract-answer.ts';
import { choicesOf } from './is-right.ts';

export interface EvaluationQuestion extends Omit<RowPrompt, 'question'> {
  id: string;
  /** What is asked; of a chat with several turns (`messages`), its last user turn. */
  text: string;
  gold: string;
  /** Of multiple choice; `gold` is one of them. */
  options?: readonly string[];
  /** What the data calls the options; A, B, … when left out. */
  labels?: readonly string[];
  /** The task it belongs to, for accuracies by task. */
  family?: string;
}

/** All that is put to a model. */
export function questionConversation({ text, ...further }: EvaluationQuestion): Conversation {
  return conversationOf({ ...further, question: text });
}

export interface GivenAnswer {
  text: string;
  tokens: number;
  /** True when the model ended the answer itself, false when it was cut at the longest length. */
  ended: boolean;
}

/** Greedy answers to several questions at once, in their order. */
export type AnswerBatch = (questions: readonly Conversation[]) => Promise<readonly GivenAnswer[]>;

/** One question, answered and judged. */
export interface Outcome extends Judged {
  id: string;
  response: string;
  tokens: number;
  ended: boolean;
  /** Of multiple choice: Σ NLL in nats and UTF-8 bytes of each option, in their order. */
  options?: readonly { nllSum: number; bytes: number }[];
}

export interface EvaluationOptions {
  rule: AnswerRule;
  answer: AnswerBatch;
  /** Length of a question's prompt: neighbors in length go together, to waste little padding. */
  lengthOf: (question: Conversation) => number;
  batchSize: number;
  report: (done: number, total: number) => Promise<void>;
}

/**
 * Outcomes in the order of the questions, whatever the batches were.
 * @throws DataError naming every question that has no place in the prompt
 */
export async function evaluateAnswers(
  questions: readonly EvaluationQuestion[],
  { rule, answer, lengthOf, batchSize, report }: EvaluationOptions,
): Promise<Outcome[]> {
  const problems: string[] = [];
  const byLength = questions
    .map((question, index) => {
      let length = 0;
      try {
        length = lengthOf(questionConversation(question));
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        problems.push(`${question.id}: ${error.message}`);
      }
      return { question, index, length };
    })
    .sort((a, b) => a.length - b.length || a.index - b.index);
  throwProblems('Some questions cannot be put to the model.', problems);
  const outcomes = new Array<Outcome>(questions.length);
  for (let first = 0; first < byLength.length; first += batchSize) {
    const batch = byLength.slice(first, first + batchSize);
    const answers = await answer(batch.map(({ question }) => questionConversation(question)));
    batch.forEach(({ question, index }, i) => {
      const { text: response, tokens, ended } = answers[i]!;
      const judged = judgeAnswer(rule, response, question.gold, choicesOf(question));
      outcomes[index] = { id: question.id, response, tokens, ended, ...judged };
    });
    await report(Math.min(first + batchSize, questions.length), questions.length);
  }
  return outcomes;
}

export interface Accuracy {
  correct: number;
  n: number;
  share: number;
  /** Wilson, 95 %: noise of the questions, not of seeds. */
  interval: Interval;
}

/** NaN for no question. */
export function accuracyOf(
  outcomes: readonly Pick<Judged, 'strict' | 'flexible'>[],
  way: 'strict' | 'flexible',
): Accuracy {
  const correct = outcomes.filter((outcome) => outcome[way]).length;
  const n = outcomes.length;
  return { correct, n, share: correct / n, interval: wilsonInterval(correct, n) };
}

/** Accuracy of each family, in the order the families first appear. */
export function accuracyByFamily(
  questions: readonly EvaluationQuestion[],
  outcomes: readonly Outcome[],
  way: 'strict' | 'flexible',
): Map<string, Accuracy> {
  const groups = new Map<string, Outcome[]>();
  questions.forEach(({ family = '' }, i) => {
    const group = groups.get(family) ?? [];
    group.push(outcomes[i]!);
    groups.set(family, group);
  });
  return new Map([...groups].map(([family, group]) => [family, accuracyOf(group, way)]));
}
