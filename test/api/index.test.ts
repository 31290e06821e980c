/** The library as somebody uses it who knows only its door. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as idiolect from '../../src/index.ts';
import { createPromptFormat } from '../../src/tokenizer/prompt-format.ts';
import { encodePair } from '../../src/tokenizer/encode-pair.ts';

const { startEngine, openModel, measure, train, generate, loadAdapter, saveAdapter, errors } =
  idiolect;
const question =
  'Eva has 8 marbles. Lin has 4 more marbles than Eva. How many marbles is that in total?';
const response = 'Lin: 8+4=12. Both: 8+12=20. Answer: 20';
let model: idiolect.OpenModel;

beforeAll(async () => {
  await expect(openModel('public/models/idiolect-a')).rejects.toThrow(errors.UsageError);
  await startEngine('wasm', { threads: 1 });
  model = await openModel('public/models/idiolect-a');
});
afterAll(() => model.model.dispose());

it('has at most a dozen names', () => {
  expect(Object.keys(idiolect).sort()).toEqual([
    'errors',
    'generate',
    'loadAdapter',
    'measure',
    'openModel',
    'runExperiment',
    'saveAdapter',
    'startEngine',
    'train',
  ]);
});

it('measures the tokens of the answer, and names what it cannot measure', async () => {
  const { rows, skipped } = await measure(model, [
    { question, response },
    { question, response: '' },
  ]);
  const format = createPromptFormat(model.tokenizer, {
    useChatTemplate: true,
    plainTemplate: '{question}\n',
  });
  const pair = encodePair(
    model.tokenizer,
    format,
    { conversation: { messages: [{ role: 'user', content: question }] }, response },
    { encoding: 'separate', lossOn: 'last-assistant' },
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]!.responseTokens).toBe(pair.tokens.length - pair.promptLength);
  expect(rows[0]!.perplexity).toBeCloseTo(Math.exp(rows[0]!.nllSum / rows[0]!.responseTokens), 9);
  expect(skipped.map(({ rowId }) => rowId)).toEqual(['1']);
});

it('trains an adapter that says the same after it was saved and loaded', async () => {
  const losses: number[] = [];
  const adapter = await train(model, [{ question, response }], {
    rank: 2,
    steps: 8,
    batchSize: 1,
    logEvery: 1,
    learningRate: 1e-2,
    onStep: ({ loss }) => losses.push(loss),
  });
  expect(losses.at(-1)).toBeLessThan(losses[1]!);
  const loaded = await loadAdapter(model, await saveAdapter(model, adapter));
  const nll = async (tuned: idiolect.LoraAdapter) =>
    (await measure(model, [{ question, response }], { adapter: tuned })).rows[0]!.nllSum;
  expect(await nll(loaded)).toBe(await nll(adapter));
  adapter.dispose();
  loaded.dispose();
});

it('answers greedily, as text that grows, and ends when it is told to', async () => {
  const texts: string[] = [];
  const stop = new AbortController();
  const options = { maxNewTokens: 12, onText: (text: string) => texts.push(text) };
  const answer = await generate(model, question, options);
  expect(texts).toHaveLength(12);
  expect(texts.at(-1)).toBe(answer);
  stop.abort();
  // The token that was on its way is still written.
  expect(await generate(model, question, { ...options, signal: stop.signal })).toBe(texts[0]);
});

it('lists every setting that cannot be used', async () => {
  await expect(generate(model, question, { topK: -1, topP: 3 })).rejects.toThrow(/topK[^]*topP/);
  await expect(train(model, [{ question, response }], { steps: 0 })).rejects.toThrow(/steps/);
});
