/** npm run measure: how familiar each answer of each set is to a model. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { measureCommand } from '../commands/measure.ts';
import { settingsFrom } from '../commands/settings.ts';
import { noticesOf, type ResponseSet } from '../data/response-set.ts';
import { refuseUnmeasured } from '../data/row-notices.ts';
import { inStyle, neededAnswers, tooFewAnswers, type OwnAnswer } from '../evaluate/own-style.ts';
import type { RowFamiliarity } from '../familiarity/config.ts';
import { setPerplexities } from '../workflows/measure/set-perplexities.ts';
import { ownAnswers } from '../workflows/generate/own-answers.ts';
import { measureSets } from '../workflows/measure/measure-sets.ts';
import { nodeHost } from './node-host.ts';
import { givenAnswerNotices } from '../experiment/sets/known-questions.ts';
import { openAdapter, openCommandModel } from './open-model.ts';
import { printNotices } from './print-notices.ts';
import { readResponseFiles } from './read-responses.ts';
import { clearProgress, duration, showProgress, type Run } from './run-command.ts';
import { textTable } from './text-table.ts';

export const run: Run<typeof measureCommand> = async (values, { print, result }) => {
  const sets = await readResponseFiles(values.responses, values.rows);
  printNotices([...sets.flatMap(noticesOf), ...givenAnswerNotices(sets)]);
  const { opened, engine, prompt } = await openCommandModel(values);
  const adapterPath = values.adapter;
  const adapter = adapterPath === undefined ? undefined : await openAdapter(opened, adapterPath);
  const familiarity = settingsFrom('familiarity', measureCommand.options, values);
  const styleCount = values['style-examples'];
  const host = nodeHost();
  const began = performance.now();
  const measure = async (own: readonly ResponseSet[]) => {
    const request = { sets: own, prompt, familiarity, adapter };
    const found = await measureSets(opened, request, host, (batch) => {
      const rate = `${Math.round(batch.tokensPerSecond)} tokens/s, ${duration(batch.secondsLeft)} left`;
      showProgress(batch.rowsDone, batch.rowsTotal, rate);
      return Promise.resolve();
    });
    clearProgress();
    return found;
  };
  const measured = await measure(sets);
  printNotices(measured.flatMap(({ notices }) => notices));
  refuseUnmeasured(sets, measured);
  const style = styleCount === undefined ? undefined : await findStyle();
  const styled = style?.sets && (await measure(style.sets));
  for (const { notices } of styled ?? []) {
    const after = `With ${styleCount} examples before each question:`;
    printNotices(notices.map((one) => ({ ...one, text: `${after} ${one.text}` })));
  }

  const names = new Map(sets.map(({ id, name }) => [id, name]));
  const report: Record<string, unknown> = {};
  const head = ['set', 'n', 'median', 'geometric', 'by token', 'mean', 'tokens'];
  const lines = [style ? [...head, 'median in style'] : head];
  for (const [i, { setId, rows, skipped }] of measured.entries()) {
    const inStyle = styled?.[i];
    const averages = setPerplexities(rows);
    const tokens = rows.reduce((sum, { responseTokens }) => sum + responseTokens, 0) / rows.length;
    lines.push([
      names.get(setId)!,
      String(rows.length),
      averages.median.toFixed(4),
      averages.geometric_mean.toFixed(4),
      averages.token_weighted.toFixed(4),
      averages.mean.toFixed(4),
      tokens.toFixed(1),
      ...(style ? [inStyle ? setPerplexities(inStyle.rows).median.toFixed(4) : '–'] : []),
    ]);
    report[names.get(setId)!] = {
      rows: rows.map(rowRecord),
      skipped,
      notices: [...noticesOf(sets[i]!), ...givenAnswerNotices([sets[i]!]), ...measured[i]!.notices],
      ...averages,
      ...(inStyle && {
        in_style: {
          rows: inStyle.rows.map(rowRecord),
          skipped: inStyle.skipped,
          ...setPerplexities(inStyle.rows),
        },
      }),
    };
  }
  print(`${textTable(lines)}\n`);
  process.stderr.write(
    `${opened.id}, ${engine.name} (${engine.device}), ${duration((performance.now() - began) / 1000)}\n`,
  );
  const record = {
    model: opened.id,
    files_sha256: opened.filesHash,
    weights_sha256: opened.weightsHash,
    adapter: adapterPath ?? null,
    engine: engine.name,
    prompt,
    encoding: familiarity.encoding,
    loss_on: familiarity.lossOn,
    max_length: familiarity.maxLength,
    ...(style && { style: { examples: styleCount, own_answers: style.own } }),
    sets: report,
  };
  result(record);
  if (values.out !== undefined) {
    await mkdir(dirname(values.out), { recursive: true });
    await writeFile(values.out, `${JSON.stringify(record, null, 1)}\n`);
  }

  /** The same sets after examples; without sets when too few answers of its own are right. */
  async function findStyle(): Promise<{ own: OwnAnswer[]; sets: ResponseSet[] | undefined }> {
    const wanted = neededAnswers(styleCount!);
    const request = { rows: sets[0]!.rows, wanted };
    const asked = { opened, prompt, adapter };
    const own = await ownAnswers(asked, request, host, (right, done) => {
      showProgress(right, wanted, `right answers of its own, ${done} questions asked`);
      return Promise.resolve();
    });
    clearProgress();
    const prepared = sets.map((set) => inStyle(set, own, styleCount!));
    if (prepared.every((set) => set !== undefined)) return { own, sets: prepared };
    process.stderr.write(`${tooFewAnswers(opened.id, own, styleCount!)}\n`);
    return { own, sets: undefined };
  }
};

function rowRecord(row: RowFamiliarity) {
  return {
    id: row.rowId,
    prompt_tokens: row.promptTokens,
    response_tokens: row.responseTokens,
    nll_sum: row.nllSum,
    perplexity: row.perplexity,
    eos: row.eos ?? null,
    truncated: row.truncated,
    nll: Array.from(row.tokenNll.subarray(0, row.responseTokens)),
  };
}
