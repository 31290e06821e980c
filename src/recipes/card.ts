/**
 * The card of an embedded model: measures it on test questions of every family and writes README.md
 * into its folder. Say `--split validation` to look at a model without touching test questions.
 *
 *     npm run model-card -- --model idiolect-a --folder runs/idiolect-a
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf, numberOf, type Command } from '../../src/cli/arguments.ts';
import { startNodeEngine } from '../../src/cli/node-engine.ts';
import { clearProgress, runCommand, showProgress } from '../../src/cli/run-command.ts';
import { DataError } from '../../src/errors.ts';
import { enginePrecision, openModel } from '../workflows/open/open-model.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { measureBase } from './base-measurements.ts';
import { cardText, summaryTable, type TrainingRecord } from './card-text.ts';
import { evaluationLines } from './corpus.ts';
import { corpusSettings, embeddedModels } from './settings.ts';

const command: Command = {
  name: 'model-card',
  summary: 'Measures a pre-trained model on every family and writes its card.',
  options: {
    model: { value: 'ID', help: embeddedModels.map(({ id }) => id).join(' or '), required: true },
    folder: { value: 'DIR', help: 'the folder pre-train wrote', required: true },
    split: { value: 'test|validation', help: 'questions to measure on', default: 'test' },
    questions: { value: 'N', help: 'questions of each family', default: '90' },
    threads: { value: 'N', help: 'threads of the CPU engine (all)' },
    'print-only': { help: 'print the tables, write no card' },
  },
};

await runCommand(command, async (values) => {
  const entry = embeddedModels.find(({ id }) => id === textOf(values, 'model'));
  if (!entry) throw new DataError(`--model: expected ${command.options['model']!.help}.`);
  const split = (['test', 'validation'] as const).find((name) => name === values['split']);
  if (!split) throw new DataError('--split: expected test or validation.');
  const folder = textOf(values, 'folder')!;
  const engine = await startNodeEngine('wasm', textOf(values, 'threads'));
  const opened = await openModel(await nodeModelFiles(folder), {
    precision: enginePrecision(engine, 'as-stored'),
    trainable: false,
    maxTensorBytes: engine.maxTensorBytes,
  });
  const size = numberOf(values, 'questions')!;
  const lines = [...evaluationLines(size, corpusSettings.seed, split)];
  const rows = await measureBase(opened, entry.own, lines, (done) =>
    showProgress(done, lines.length, 'questions'),
  );
  clearProgress();
  process.stdout.write(`${summaryTable(rows)}\n`);
  if (values['print-only'] === true) return;
  const record = JSON.parse(
    await readFile(join(folder, 'training.json'), 'utf8'),
  ) as TrainingRecord;
  const { parameters } = opened.model.shape;
  await writeFile(
    join(folder, 'README.md'),
    cardText({ id: entry.id, own: entry.own, parameters, split, size, rows, record }),
  );
});
