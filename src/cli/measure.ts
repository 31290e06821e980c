/** npm run measure: how familiar each answer of each set is to a model. */
import { measureCommand } from '../commands/measure.ts';
import { settingsFrom } from '../commands/settings.ts';
import { noticesOf } from '../data/response-set.ts';
import type { FamiliarityRecord } from '../exchange/familiarity-record/schema.ts';
import { recordJson } from '../exchange/familiarity-record/write.ts';
import { givenAnswerNotices } from '../experiment/sets/known-questions.ts';
import { measureRecord } from '../workflows/measure/measure-record.ts';
import { excludedIds, leaveOut } from './exclude-rows.ts';
import { nodeHost } from './node-host.ts';
import { openAdapter, openCommandModel } from './open-model.ts';
import { takeFile } from './output-folder.ts';
import { printNotices } from './print-notices.ts';
import { readResponseFiles } from './read-responses.ts';
import { clearProgress, duration, showProgress, type CommandRun } from './run-command.ts';
import { textTable } from './text-table.ts';
import { writeOutput } from './write-output.ts';

export const run: CommandRun<typeof measureCommand> = async (values, { print, result }) => {
  if (values.out !== undefined) await takeFile(values.out);
  const excluded = await excludedIds(values.exclude, values['exclude-file']);
  const read = await readResponseFiles(values.responses, values.rows);
  const { sets, notices } = leaveOut(read, excluded);
  const { opened, openedWith, prompt } = await openCommandModel(values);
  const adapterPath = values.adapter;
  const adapter = adapterPath === undefined ? undefined : await openAdapter(opened, adapterPath);
  const began = performance.now();
  const request = {
    ...{ sets, prompt, adapter, excluded },
    familiarity: settingsFrom('familiarity', measureCommand.options, values),
    styleExamples: values['style-examples'],
    notices: [
      ...(adapter?.notices ?? []),
      ...read.flatMap(noticesOf),
      ...givenAnswerNotices(sets),
      ...notices,
    ],
  };
  const record = await measureRecord(opened, openedWith, request, nodeHost(), {
    measured: ({ rowsDone, rowsTotal, tokensPerSecond, secondsLeft }) => {
      const rate = `${Math.round(tokensPerSecond)} tokens/s, ${duration(secondsLeft)} left`;
      showProgress(rowsDone, rowsTotal, rate);
      return Promise.resolve();
    },
    answered: (right, questions, wanted) => {
      showProgress(right, wanted, `right answers of its own, ${questions} questions asked`);
      return Promise.resolve();
    },
  });
  clearProgress();
  printNotices(record.notices);
  print(`${textTable(tableOf(record))}\n`);
  const { name, device } = openedWith.engine;
  const took = duration((performance.now() - began) / 1000);
  process.stderr.write(`${opened.id}, ${name} (${device}), ${took}\n`);
  result(record);
  if (values.out !== undefined) {
    await writeOutput([{ path: values.out, bytes: recordJson(record) }]);
  }
};

/** One line for each set, with the averages by their usual names. */
function tableOf({ sets, style }: FamiliarityRecord): string[][] {
  const head = ['set', 'n', 'median', 'geometric', 'by token', 'mean', 'tokens'];
  const number = (value: number | null) => (value ?? NaN).toFixed(4);
  const lines = sets.map(({ name, rows, averages, in_style }) => [
    name,
    String(rows.length),
    number(averages.median),
    number(averages.geometric_mean),
    number(averages.token_weighted),
    number(averages.arithmetic_mean),
    (rows.reduce((sum, row) => sum + row.response_tokens, 0) / rows.length).toFixed(1),
    ...(style ? [in_style ? number(in_style.averages.median) : '–'] : []),
  ]);
  return [style ? [...head, 'median in style'] : head, ...lines];
}
