/** Answers of an experiment measured on the open model: their NLL, that of endings, and KL from the base. */
import { StoppedError } from '../../errors.ts';
import type { ResponseSet } from '../../data/response-set.ts';
import type { Ending, ReportProgress } from '../../experiment/run/backend.ts';
import type { AnswerDivergence, ScoredAnswer } from '../../experiment/run/results.ts';
import { familiarityFields, type RowFamiliarity } from '../../familiarity/config.ts';
import { measureDivergence } from '../../familiarity/divergence.ts';
import { defaultsOf } from '../../fields.ts';
import type { Host } from '../../host.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import { encodedSet, padIdOf } from './encode-set.ts';
import { refuseUnmeasured } from '../../data/row-notices.ts';
import { measureSets, type MeasuredSet } from './measure-sets.ts';
import type { OpenModel } from '../open/open-model.ts';
import type { PromptedModel } from '../open/prompted-model.ts';

/** Nats above which one surprising token counts no more, in the clipped average. */
const CLIP_NATS = 3;

/** How an experiment measures. */
export const familiaritySettings = defaultsOf(familiarityFields);

/** Rows that are too long are left out. @throws StoppedError when asked to stop between two batches */
export async function scoreAnswers(
  model: PromptedModel,
  host: Host,
  set: ResponseSet,
  report: ReportProgress,
): Promise<ScoredAnswer[]> {
  return (await scoreSet(model, host, set, report)).answers;
}

/** The same, with every token's NLL. */
export async function scoreSet(
  model: PromptedModel,
  host: Host,
  set: ResponseSet,
  report: ReportProgress,
): Promise<{ answers: ScoredAnswer[]; measured: MeasuredSet }> {
  const responses = new Map(set.rows.map(({ id, response }) => [id, response]));
  const measured = await measureSet(model, host, set, report);
  // Missing rows are named in the report; without any, its means would be of nothing.
  if (set.rows.length > 0) refuseUnmeasured([set], [measured]);
  const answers = measured.rows.map((row) => scored(model.opened, row, responses.get(row.rowId)!));
  return { answers, measured };
}

async function measureSet(
  model: PromptedModel,
  host: Host,
  set: ResponseSet,
  report: ReportProgress,
): Promise<MeasuredSet> {
  const request = {
    sets: [set],
    prompt: promptFor(set, model.prompt),
    familiarity: familiaritySettings,
    adapter: model.adapter,
  };
  const [measured] = await measureSets(model.opened, request, host, ({ rowsDone, rowsTotal }) =>
    report(rowsDone, rowsTotal),
  );
  return measured!;
}

/** Text on its own is read without a chat around it. */
function promptFor({ rows }: ResponseSet, prompt: PromptSettings): PromptSettings {
  const bare = rows.every(({ question, messages }) => question === '' && messages === undefined);
  return bare ? { useChatTemplate: false, plainTemplate: '{question}' } : prompt;
}

/** @throws StoppedError when asked to stop between two batches */
export async function scoreDivergence(
  { opened: { model, tokenizer }, prompt, adapter }: PromptedModel,
  host: Host,
  set: ResponseSet,
  report: ReportProgress,
): Promise<AnswerDivergence[]> {
  const { maxLength: longest, batchTokens: maxTokens, encoding } = familiaritySettings;
  const maxLength = Math.min(longest, model.shape.contextLength);
  const { examples } = encodedSet(set, tokenizer, promptFor(set, prompt), { encoding, maxLength });
  const options = { padId: padIdOf(tokenizer), maxLength, maxTokens, base: {}, tuned: { adapter } };
  const found: (AnswerDivergence & { rowIndex: number })[] = [];
  for await (const rows of measureDivergence(model, examples, options)) {
    for (const row of rows) found.push({ ...row, rowId: set.rows[row.rowIndex]!.id });
    await report(found.length, examples.length);
    await host.breathe();
    if (host.stopRequested()) throw new StoppedError('Measuring was stopped.');
  }
  return found
    .sort((a, b) => a.rowIndex - b.rowIndex)
    .map(({ rowId, tokens, klSum }) => ({ rowId, tokens, klSum }));
}

/** Nats per token of each ending; null where the whole is too long. */
export async function scoreEndings(
  model: PromptedModel,
  host: Host,
  endings: readonly Ending[],
  report: ReportProgress,
): Promise<(number | null)[]> {
  const set = {
    id: 'endings',
    name: 'endings',
    rows: endings.map(({ prompt, beginning, ending }, i) => ({
      id: String(i),
      ...prompt,
      response: beginning + ending,
    })),
  };
  const { rows } = await measureSet(model, host, set, report);
  const nll = new Array<number | null>(endings.length).fill(null);
  for (const { rowId, responseTokens, tokenNll, truncated } of rows) {
    const { beginning, ending } = endings[Number(rowId)]!;
    const encode = (text: string) =>
      model.opened.tokenizer.encode(text, { addSpecialTokens: false });
    const [before, whole] = [encode(beginning), encode(beginning + ending)];
    // A token that reaches over the boundary counts as ending.
    let first = 0;
    while (first < before.length && before[first] === whole[first]) first++;
    if (truncated || first >= responseTokens) continue;
    const endingNll = tokenNll.subarray(first, responseTokens);
    nll[Number(rowId)] = endingNll.reduce((sum, value) => sum + value, 0) / endingNll.length;
  }
  return nll;
}

function scored({ tokenizer }: OpenModel, row: RowFamiliarity, response: string): ScoredAnswer {
  const { rowId, responseTokens, responseBytes, nllSum, likeliest, tokenNll } = row;
  let clippedNllSum = 0;
  for (let t = 0; t < responseTokens; t++) clippedNllSum += Math.min(CLIP_NATS, tokenNll[t]!);
  const ids = tokenizer.encode(response, { addSpecialTokens: false });
  return {
    rowId,
    tokens: responseTokens,
    distinctTokens: new Set(ids.slice(0, responseTokens)).size,
    bytes: responseBytes,
    nllSum,
    clippedNllSum,
    likeliest,
    ...(row.truncated && { cut: true }),
  };
}
