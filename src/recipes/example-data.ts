/**
 * Writes the example data of the page into a folder (default `public/data`): one JSONL file for
 * each response set over the same target-task questions, a file of held-out questions, and an
 * index.json that says what is there.
 *
 *     npx tsx src/recipes/example-data.ts [folder]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../src/random.ts';
import { familiesOf } from '../../src/world/families.ts';
import { responseSetWriters, writeResponseSet } from '../../src/world/response-sets.ts';
import { makeQuestions } from '../../src/world/splits.ts';
import { exampleDataSettings } from './settings.ts';

export interface ExampleFile {
  readonly file: string;
  readonly name: string;
  readonly description: string;
  readonly n: number;
  readonly text: string;
}

const toLines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** The response sets, and the held-out questions with answers in dialect A. */
export function exampleFiles(): { sets: ExampleFile[]; validation: ExampleFile } {
  const { trainQuestions, validationQuestions, seed } = exampleDataSettings;
  const rng = createRandom(seed);
  const targets = familiesOf('target');
  const train = makeQuestions(targets, 'train', trainQuestions, rng.fork('train'));
  const sets = responseSetWriters.map((writer) => ({
    file: `${writer.id}.jsonl`,
    name: writer.name,
    description: writer.description,
    n: train.length,
    text: toLines(writeResponseSet(writer, train, rng.fork('responses'))),
  }));
  const heldOut = makeQuestions(targets, 'validation', validationQuestions, rng.fork('validation'));
  const answers = writeResponseSet(responseSetWriters[0]!, heldOut, rng.fork('responses'));
  const validation = {
    file: 'validation.jsonl',
    name: 'Held-out questions',
    description: 'Questions of the same tasks that no set contains, answered in dialect A.',
    n: heldOut.length,
    text: toLines(answers),
  };
  return { sets, validation };
}

async function main(folder = 'public/data'): Promise<void> {
  const { sets, validation } = exampleFiles();
  await mkdir(folder, { recursive: true });
  for (const { file, text } of [...sets, validation]) await writeFile(join(folder, file), text);
  const describe = ({ file, name, description, n }: ExampleFile) => ({
    file,
    name,
    description,
    n,
  });
  const index = { sets: sets.map(describe), validation: describe(validation) };
  await writeFile(join(folder, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
}

if (process.argv[1]?.endsWith('example-data.ts')) await main(process.argv[2]);
