/**
 * The stream of answered questions that a base model learns from: all families but targets and
 * reserves, train questions only, most answers in one dialect and a few in the other.
 */
import { DataError } from '../errors.ts';
import type { Random } from '../random.ts';
import { dialectA } from './dialect-a.ts';
import { dialectB } from './dialect-b.ts';
import { writeAnswer, type Dialect } from './dialect.ts';
import { familiesOf, type Family } from './families.ts';
import type { Question } from './question.ts';
import { makeSplitQuestion } from './splits.ts';

export const dialects: readonly Dialect[] = [dialectA, dialectB];

/** Throws a DataError when there is no dialect of this id. */
export function dialectById(id: string): Dialect {
  const found = dialects.find((dialect) => dialect.id === id);
  if (found) return found;
  throw new DataError(`There is no dialect "${id}".`, [
    `Known dialects: ${dialects.map((dialect) => dialect.id).join(', ')}.`,
  ]);
}

export interface CorpusPair {
  readonly question: Question;
  readonly response: string;
  readonly dialect: string;
}

export interface CorpusSettings {
  /** The dialect of most answers. */
  readonly dialect: string;
  /** Share of answers in the own dialect, between 0 and 1; the rest is in the other one. */
  readonly ownShare: number;
}

/** An endless stream; the same generator state gives the same stream. */
export function* corpus(settings: CorpusSettings, rng: Random): Generator<CorpusPair, never> {
  if (!(settings.ownShare >= 0 && settings.ownShare <= 1)) {
    throw new RangeError(`ownShare must lie between 0 and 1, got ${settings.ownShare}.`);
  }
  const mainDialect = dialectById(settings.dialect);
  const other = dialects.find((dialect) => dialect !== mainDialect)!;
  const pool = familiesOf('pretraining', 'retention');
  for (;;) {
    const question = makeSplitQuestion(pickFamily(pool, rng), 'train', rng);
    const dialect = rng.uniform() < settings.ownShare ? mainDialect : other;
    yield { question, response: writeAnswer(dialect, question, rng), dialect: dialect.id };
  }
}

function pickFamily(pool: readonly Family[], rng: Random): Family {
  let place = rng.uniform() * pool.reduce((sum, family) => sum + family.weight, 0);
  for (const family of pool) {
    place -= family.weight;
    if (place < 0) return family;
  }
  return pool.at(-1)!;
}
