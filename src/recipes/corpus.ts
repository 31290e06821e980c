/**
 * Writes the files a base model is made from, into a folder (default `runs/corpus`):
 * tokenizer.json, `<dialect>.jsonl` (the pre-training stream) and `evaluation.jsonl` (test
 * questions of every family, answered in both dialects).
 *
 *     npx tsx src/recipes/corpus.ts [folder]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../src/random.ts';
import { corpus, dialects } from '../../src/world/corpus.ts';
import { writeAnswer } from '../../src/world/dialect.ts';
import { families } from '../../src/world/families.ts';
import { makeQuestions, type Split } from '../../src/world/splits.ts';
import { corpusSettings } from './settings.ts';
import { worldTokenizer } from './tokenizer.ts';

/** Questions of each family in the evaluation file. */
const evaluationSize = 90;

/** `count` lines {question, response, dialect, family} of the stream. */
export function* corpusLines(mainDialect: string, ownShare: number, count: number, seed: number) {
  const rng = createRandom(seed).fork(`corpus ${mainDialect}`);
  for (const { question, response, dialect } of corpus({ dialect: mainDialect, ownShare }, rng)) {
    if (count-- === 0) return;
    yield { question: question.text, response, dialect, family: question.family };
  }
}

/** Questions of each family, of the test split unless said otherwise, answered in each dialect. */
export function* evaluationLines(size: number, seed: number, split: Split = 'test') {
  const rng = createRandom(seed).fork(split === 'test' ? 'evaluation' : split);
  for (const family of families) {
    for (const question of makeQuestions([family], split, size, rng)) {
      const answers = dialects.map((dialect) => [dialect.id, writeAnswer(dialect, question, rng)]);
      yield {
        id: question.id,
        family: family.id,
        role: family.role,
        question: question.text,
        gold: question.answer,
        responses: Object.fromEntries(answers) as Record<string, string>,
      };
    }
  }
}

const toLines = (records: Iterable<object>): string =>
  [...records].map((record) => `${JSON.stringify(record)}\n`).join('');

async function main(folder = 'runs/corpus'): Promise<void> {
  const { ownShare, examples, seed } = corpusSettings;
  await mkdir(folder, { recursive: true });
  const save = (name: string, text: string) => writeFile(join(folder, name), text);
  await save('tokenizer.json', JSON.stringify(worldTokenizer(), null, 1));
  for (const { id } of dialects) {
    await save(`${id}.jsonl`, toLines(corpusLines(id, ownShare, examples, seed)));
  }
  await save('evaluation.jsonl', toLines(evaluationLines(evaluationSize, seed)));
}

if (process.argv[1]?.endsWith('corpus.ts')) await main(process.argv[2]);
