/** npm run measure: how familiar each answer of each set is to a model. */
import { writeFile } from 'node:fs/promises';
import { familiarityFields, type RowFamiliarity } from '../familiarity/config.ts';
import { UsageError } from '../errors.ts';
import { defaultsOf, problemsOf } from '../fields.ts';
import { setPerplexities } from '../session/set-perplexities.ts';
import { measureSets } from '../session/measure-sets.ts';
import { choiceOf, countOf, listOf, numberOf, textOf } from './arguments.ts';
import { modelOptions, openAdapter, openCommandLab } from './open-lab.ts';
import { readResponseFiles } from './read-responses.ts';
import {
  clearProgress,
  duration,
  runCommand,
  showProgress,
  stopOnInterrupt,
} from './run-command.ts';

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
    rows: { value: 'N', help: 'only the first N rows of each set' },
    'max-length': { value: 'N', help: 'cut after this many tokens', default: '1024' },
    out: { value: 'FILE.json', help: 'write every row here' },
  },
};

await runCommand(command, async (values) => {
  const encoding = choiceOf(values, 'encoding', ['separate', 'joint']);
  const sets = await readResponseFiles(listOf(values, 'responses'), countOf(values, 'rows'));
  const { lab, engine, prompt } = await openCommandLab(values);
  const adapterPath = textOf(values, 'adapter');
  const adapter = adapterPath === undefined ? undefined : await openAdapter(lab, adapterPath);
  const familiarity = {
    ...defaultsOf(familiarityFields),
    encoding,
    maxLength: numberOf(values, 'max-length')!,
  };
  const problems = problemsOf(familiarityFields, familiarity);
  if (problems.length > 0) throw new UsageError('These options cannot be used.', problems);
  const host = {
    now: () => performance.now(),
    stopRequested: stopOnInterrupt(),
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  const began = performance.now();
  const measured = await measureSets(lab, { sets, prompt, familiarity, adapter }, host, (batch) => {
    const rate = `${Math.round(batch.tokensPerSecond)} tokens/s, ${duration(batch.secondsLeft)} left`;
    showProgress(batch.rowsDone, batch.rowsTotal, rate);
    return Promise.resolve();
  });
  clearProgress();

  const names = new Map(sets.map(({ id, name }) => [id, name]));
  const report: Record<string, unknown> = {};
  const lines = [['set', 'n', 'median', 'geometric', 'by token', 'mean', 'tokens']];
  for (const { setId, rows, skipped } of measured) {
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
    ]);
    report[names.get(setId)!] = { rows: rows.map(rowRecord), skipped, ...averages };
  }
  process.stdout.write(`${table(lines)}\n`);
  process.stderr.write(
    `${lab.id}, ${engine.name} (${engine.device}), ${duration((performance.now() - began) / 1000)}\n`,
  );
  const out = textOf(values, 'out');
  if (out !== undefined) {
    const head = {
      model: lab.id,
      files_sha256: lab.filesHash,
      weights_sha256: lab.weightsHash,
      adapter: adapterPath ?? null,
      engine: engine.name,
      prompt,
      encoding,
      max_length: familiarity.maxLength,
    };
    await writeFile(out, `${JSON.stringify({ ...head, sets: report }, null, 1)}\n`);
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

/** Columns padded; the first to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
}
