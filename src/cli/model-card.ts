/**
 * The card of an embedded model: measures it on test questions of every family and writes README.md
 * into its folder. Say `--split validation` to look at a model without touching test questions.
 */
import { join } from 'node:path';
import type { modelCardCommand } from '../commands/model-card.ts';
import { startNodeEngine } from './node-engine.ts';
import { takeFolder } from './output-folder.ts';
import { readTextInput } from './read-file.ts';
import { clearProgress, showProgress, type CommandRun } from './run-command.ts';
import { writeDurably } from '../storage/durable.ts';
import { enginePrecision, openModel } from '../workflows/open/open-model.ts';
import { nodeModelFiles } from '../storage/node-file.ts';
import { measureBase } from '../recipes/base-measurements.ts';
import { cardText, summaryTable, type TrainingRecord } from '../recipes/card-text.ts';
import { evaluationLines } from '../recipes/corpus.ts';
import { corpusSettings, embeddedModels } from '../recipes/settings.ts';

export const run: CommandRun<typeof modelCardCommand> = async (values, { print }) => {
  const entry = embeddedModels.find(({ id }) => id === values.model)!;
  const { folder, split, questions: size } = values;
  const files = await nodeModelFiles(folder);
  if (!values['print-only']) await takeFolder(folder);
  const engine = await startNodeEngine('wasm', values.threads);
  const opened = await openModel(files, {
    precision: enginePrecision(engine, 'as-stored'),
    trainable: false,
    maxTensorBytes: engine.maxTensorBytes,
  });
  const lines = [...evaluationLines(size, corpusSettings.seed, split)];
  const rows = await measureBase(opened, entry.dialect, lines, (done) =>
    showProgress(done, lines.length, 'questions'),
  );
  clearProgress();
  print(`${summaryTable(rows)}\n`);
  if (values['print-only']) return;
  const text = await readTextInput(join(folder, 'training.json'));
  const record = JSON.parse(text) as TrainingRecord;
  const { parameters } = opened.model.shape;
  await writeDurably(
    join(folder, 'README.md'),
    cardText({ id: entry.id, dialect: entry.dialect, parameters, split, size, rows, record }),
  );
};
