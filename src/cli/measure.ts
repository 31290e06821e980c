/** npm run measure: how familiar each answer of each set is to a model. */
import { writeFile } from 'node:fs/promises';
import { noticesOf, type ResponseSet } from '../data/response-set.ts';
import { refuseUnmeasured } from '../data/row-notices.ts';
import { inStyle, neededAnswers, tooFewAnswers, type OwnAnswer } from '../evaluate/own-style.ts';
import { familiarityFields, styleFields, type RowFamiliarity } from '../familiarity/config.ts';
import { UsageError } from '../errors.ts';
import { defaultsOf, problemsOf } from '../fields.ts';
import { setPerplexities } from '../workflows/measure/set-perplexities.ts';
import { ownAnswers } from '../workflows/generate/own-answers.ts';
import { measureSets } from '../workflows/measure/measure-sets.ts';
import { choiceOf, countOf, listOf, numberOf, textOf } from './arguments.ts';
import { nodeHost } from './node-host.ts';
import { givenAnswerNotices } from '../experiment/sets/known-questions.ts';
import { modelOptions, openAdapter, openCommandModel } from './open-model.ts';
import { printNotices } from './print-notices.ts';
import { readResponseFiles } from './read-responses.ts';
import { clearProgress, duration, runCommand, showProgress } from './run-command.ts';
import { textTable } from './text-table.ts';

const command = {
  name: 'measure',
  summary: 'Measures how familiar each answer is to a model, before any training.',
  options: {
    ...modelOptions,
    adapter: { value: 'DIR', help: 'measure with this PEFT adapter applied' },
    responses: {
      value: 'FILE...',
      help: 'one or more files of answers',
      required: true,
      multiple: true,
    },
    encoding: {
      value: 'separate|joint',
      help: 'how question and answer are cut into tokens',
      default: 'separate',
    },
    'loss-on': {
      value: 'last-assistant|all-assistant',
      help: 'which answers of a conversation are measured',
      default: 'last-assistant',
    },
    'style-examples': {
      value: 'N',
      help: "measure once more after N of the model's own right answers to other questions (SPPL; 2 are usual)",
    },
    rows: { value: 'N', help: 'only the first N rows of each set' },
    'max-length': { value: 'N', help: 'cut after this many tokens', default: '1024' },
    out: { value: 'FILE.json', help: 'write every row here' },
  },
};

await runCommand(command, async (values) => {
  const encoding = choiceOf(values, 'encoding', ['separate', 'joint']);
  const lossOn = choiceOf(values, 'loss-on', ['last-assistant', 'all-assistant']);
  const sets = await readResponseFiles(listOf(values, 'responses'), countOf(values, 'rows'));
  printNotices([...sets.flatMap(noticesOf), ...givenAnswerNotices(sets)]);
  const { opened, engine, prompt } = await openCommandModel(values);
  const adapterPath = textOf(values, 'adapter');
  const adapter = adapterPath === undefined ? undefined : await openAdapter(opened, adapterPath);
  const familiarity = {
    ...defaultsOf(familiarityFields),
    encoding,
    lossOn,
    maxLength: numberOf(values, 'max-length')!,
  };
  const styleCount = numberOf(values, 'style-examples');
  const problems = [
    ...problemsOf(familiarityFields, familiarity),
    ...(styleCount === undefined ? [] : problemsOf(styleFields, { styleExamples: styleCount })),
  ];
  if (problems.length > 0) throw new UsageError('These options cannot be used.', problems);
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
  process.stdout.write(`${textTable(lines)}\n`);
  process.stderr.write(
    `${opened.id}, ${engine.name} (${engine.device}), ${duration((performance.now() - began) / 1000)}\n`,
  );
  const out = textOf(values, 'out');
  if (out !== undefined) {
    const facts = {
      model: opened.id,
      files_sha256: opened.filesHash,
      weights_sha256: opened.weightsHash,
      adapter: adapterPath ?? null,
      engine: engine.name,
      prompt,
      encoding,
      loss_on: lossOn,
      max_length: familiarity.maxLength,
      ...(style && { style: { examples: styleCount, own_answers: style.own } }),
    };
    await writeFile(out, `${JSON.stringify({ ...facts, sets: report }, null, 1)}\n`);
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
});

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
