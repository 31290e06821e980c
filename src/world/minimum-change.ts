/**
 * A model's own answer with only what is wrong put right. Sentences that state steps of the plan
 * stay to the letter; a wrong one is replaced by the wording of the right step that is closest to
 * it; missing steps are added and superfluous ones dropped. The result always checks out.
 */
import { editDistance, wordsOf } from '../data/similarity.ts';
import type { Random } from '../random.ts';
import { checkAnswer, says } from './checker.ts';
import {
  answerMarker,
  capitalize,
  expand,
  fill,
  readSentence,
  sayStep,
  sentencesOf,
  wordingsOf,
  writeAnswer,
  type Dialect,
} from './dialect.ts';
import type { Question, Step } from './question.ts';

export interface MinimumChange {
  response: string;
  /**
   * `unchanged`: the own answer was right throughout. `edited`: some of its sentences stay or lend
   * their words. `rewritten`: nothing of it could be read, so the dialect answers anew.
   */
  how: 'unchanged' | 'edited' | 'rewritten';
  /** Sentences that stay to the letter, and all sentences of the own answer. */
  kept: number;
  sentences: number;
}

/** `rng` words what has no model in the own answer. */
export function minimumChange(
  dialect: Dialect,
  question: Question,
  answer: string,
  rng: Random,
): MinimumChange {
  const marker = answer.lastIndexOf(answerMarker);
  const parts = sentencesOf(dialect, (marker < 0 ? answer : answer.slice(0, marker)).trim());
  const sentences = parts.length;
  if (checkAnswer(dialect, question, answer).correct) {
    return { response: answer, how: 'unchanged', kept: sentences, sentences };
  }
  const draft = new Draft(dialect, question, rng);
  for (const part of parts) draft.take(part.text, part.joint);
  const response = draft.finish();
  // Whatever a model may have written, a set of corrected answers holds correct ones only.
  return checkAnswer(dialect, question, response).correct
    ? { response, how: 'edited', kept: draft.kept, sentences }
    : { response: writeAnswer(dialect, question, rng), how: 'rewritten', kept: 0, sentences };
}

class Draft {
  kept = 0;
  private text = '';
  private readonly dialect: Dialect;
  private readonly question: Question;
  private readonly rng: Random;
  /** Steps still to be said, in the plan's order. */
  private readonly todo: Step[];

  constructor(dialect: Dialect, question: Question, rng: Random) {
    this.dialect = dialect;
    this.question = question;
    this.rng = rng;
    this.todo = question.plan.filter(({ operation }) => dialect.steps[operation]);
  }

  /** The next sentence of the own answer: kept, corrected or dropped. */
  take(sentence: string, joint: string): void {
    const readings = readSentence(this.dialect, sentence);
    const right = this.todo.find((step) => readings.some((read) => says(read, step)));
    if (right) {
      this.sayBefore(right);
      this.append(sentence, joint);
      this.kept++;
      return;
    }
    if (this.todo.length === 0) {
      if (readings.some(({ operation }) => operation === 'closing')) this.close(sentence, joint);
      return;
    }
    const wrongGiven = readings.some(({ operation }) => operation === 'given');
    const meant = this.todo.find(({ operation }) => (operation === 'given') === wrongGiven);
    // A given too many has no counterpart.
    if (!meant) return;
    this.sayBefore(meant);
    this.append(closest(wordingsOf(this.dialect, meant), sentence), joint);
  }

  finish(): string {
    this.sayBefore(undefined);
    return `${this.text}. ${answerMarker}${this.question.answer}`;
  }

  /** What the plan needs before a step and the own answer has not said; then the step is done. */
  private sayBefore(step: Step | undefined): void {
    const givenEarly = step?.operation === 'given';
    const end = step ? this.todo.indexOf(step) : this.todo.length;
    // A given may come before its turn; nothing has to be said before it.
    const missing = givenEarly ? [] : this.todo.splice(0, end);
    for (const earlier of missing) {
      const { onward, plain } = this.dialect.joints;
      const joint = this.rng.pick(earlier.operation === 'given' ? plain : onward);
      this.append(sayStep(this.dialect, earlier, this.rng), joint);
    }
    if (step) this.todo.splice(this.todo.indexOf(step), 1);
  }

  private close(sentence: string, joint: string): void {
    const wordings = expand(this.dialect.closing).map((wording) =>
      fill(wording, { result: this.question.answer }),
    );
    this.append(closest(wordings, sentence), joint);
  }

  private append(sentence: string, joint: string): void {
    if (!this.text) this.text = capitalize(sentence);
    else {
      const between = joint || this.dialect.joints.plain[0]!;
      this.text += between + (between.endsWith('. ') ? capitalize(sentence) : sentence);
    }
  }
}

/** The first of the wordings that differ least from the sentence. */
function closest(wordings: readonly string[], sentence: string): string {
  const words = wordsOf(sentence.toLowerCase());
  const distances = wordings.map((wording) => editDistance(wordsOf(wording.toLowerCase()), words));
  return wordings[distances.indexOf(Math.min(...distances))]!;
}
