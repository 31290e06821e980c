/**
 * The response sets that code alone can write: the same questions answered in several ways, each
 * with the right final answer. Sets that need a model (its own samples, minimum change) are made
 * where the model is.
 */
import type { Random } from '../random.ts';
import { dialectA } from './dialect-a.ts';
import { dialectB } from './dialect-b.ts';
import { answerMarker, capitalize, sayStep, writeAnswer, type Dialect } from './dialect.ts';
import type { Question } from './question.ts';
import { detailStyle, paraphraseStyle, terseStyle } from './styles.ts';

export interface ResponseSetWriter {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly write: (question: Question, rng: Random) => string;
}

/** One line of a response-set file. */
export interface ResponseRecord {
  readonly id: string;
  readonly question: string;
  readonly response: string;
  readonly gold: string;
}

const inDialect = (dialect: Dialect, name: string): ResponseSetWriter => ({
  id: dialect.id,
  name,
  description: dialect.description,
  write: (question, rng) => writeAnswer(dialect, question, rng),
});

export const responseSetWriters: readonly ResponseSetWriter[] = [
  inDialect(dialectA, 'Dialect A'),
  inDialect(dialectB, 'Dialect B'),
  inDialect(terseStyle, 'Terse notes'),
  inDialect(detailStyle, 'Notes with reasons'),
  inDialect(paraphraseStyle, 'Paraphrase of A'),
  {
    id: 'redundant',
    name: 'Redundant A',
    description: 'Dialect A, each calculation said twice in different wordings: a length control.',
    write: writeRedundant,
  },
  {
    id: 'shuffled',
    name: 'Shuffled A',
    description: 'Dialect A with the words before the final answer shuffled: a negative control.',
    write: writeShuffled,
  },
];

/** The set of a writer's answers; each answer's wording depends on its question and seed alone. */
export function writeResponseSet(
  writer: ResponseSetWriter,
  questions: readonly Question[],
  rng: Random,
): ResponseRecord[] {
  return questions.map((question) => ({
    id: question.id,
    question: question.text,
    response: writer.write(question, rng.fork(`${writer.id}/${question.id}`)),
    gold: question.answer,
  }));
}

function writeRedundant(question: Question, rng: Random): string {
  const sentences = question.plan.flatMap((step) => {
    const once = sayStep(dialectA, step, rng);
    return step.operation === 'given' ? [once] : [once, sayStep(dialectA, step, rng)];
  });
  return `${sentences.map(capitalize).join('. ')}. ${answerMarker}${question.answer}`;
}

function writeShuffled(question: Question, rng: Random): string {
  const answer = writeAnswer(dialectA, question, rng);
  const body = answer.slice(0, answer.lastIndexOf(answerMarker)).trim();
  return `${rng.shuffle(body.split(' ')).join(' ')} ${answerMarker}${question.answer}`;
}
