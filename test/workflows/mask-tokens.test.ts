/** Selective token masking with a real model: what is left out, what stays, what is told. */
import { fileURLToPath } from 'node:url';
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { firstTarget } from '../../src/batches/example.ts';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import { registerOps } from '../../src/ops/register.ts';
import { maskedSentence } from '../../src/workflows/train/mask-tokens.ts';
import { measureSets } from '../../src/workflows/measure/measure-sets.ts';
import { openModel, type OpenModel } from '../../src/workflows/open/open-model.ts';
import { planRun, prepareRun } from '../../src/workflows/train/training-run.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { trainingFields } from '../../src/train/config.ts';
import { quietHost } from '../support/training.ts';

let opened: OpenModel;
beforeAll(async () => {
  await startWasmEngine({ threads: 1 });
  registerOps('wasm');
  const folder = fileURLToPath(new URL('../../public/models/idiolect-a', import.meta.url));
  opened = await openModel(await nodeModelFiles(folder), {
    precision: 'as-stored',
    trainable: false,
    maxTensorBytes: 2e9,
    report: () => Promise.resolve(),
  });
});

const prompt = { useChatTemplate: true, plainTemplate: '{question}\n' };
const set = {
  id: 's',
  name: 's',
  rows: [
    'Zoe has 7 apples. Rob has 7 + 8 = 15. Answer: 15',
    'Zebras qualify under moonlit 4 apples.',
  ].map((response, i) => ({ id: String(i), question: 'Zoe has 7 apples. How many?', response })),
};
const requestOf = (maskPerplexity: number) => ({
  set,
  prompt,
  encoding: 'separate' as const,
  lora: defaultsOf(loraFields),
  training: { ...defaultsOf(trainingFields), validationShare: 0, maskPerplexity },
});

async function prepared(maskPerplexity: number) {
  const request = requestOf(maskPerplexity);
  const run = await prepareRun(opened, request, planRun(opened, request, 2e9));
  run.adapter!.dispose();
  return run;
}

it('leaves out exactly the tokens above the threshold, and never the end', async () => {
  const before = memory().numTensors;
  const { job, masked, trainedTokensPerEpoch } = await prepared(2.5);
  expect(memory().numTensors).toBe(before);
  const host = quietHost();
  const familiarity = defaultsOf(familiarityFields);
  const [measured] = await measureSets(opened, { sets: [set], prompt, familiarity }, host, () =>
    Promise.resolve(),
  );
  let above = 0;
  job.examples.forEach(({ weights, ...example }, i) => {
    const { tokenNll, responseTokens } = measured!.rows[i]!;
    const targets = [...weights!.slice(firstTarget(example))];
    const expected = Array.from({ length: responseTokens }, (_, t) =>
      Math.exp(tokenNll[t]!) > 2.5 ? 0 : 1,
    );
    expect(targets).toEqual([...expected, 1]);
    above += expected.filter((weight) => weight === 0).length;
  });
  const of = measured!.rows.reduce((sum, { responseTokens }) => sum + responseTokens, 0);
  expect(masked).toEqual({ tokens: above, of, dropped: 0 });
  expect(above).toBeGreaterThan(0);
  expect(above).toBeLessThan(of);
  expect(trainedTokensPerEpoch).toBe(of + 2 - above);
  expect(maskedSentence(masked!)).toMatch(
    /^\d+ of \d+ answer tokens \(\d+\.\d %\) are not trained/,
  );
});

it('trains every token when it is off', async () => {
  const { job, masked } = await prepared(0);
  expect(masked).toBeUndefined();
  expect(job.examples.every(({ weights }) => weights === undefined)).toBe(true);
});
