/**
 * SmolLM2-135M-Instruct on the CPU engine beside transformers and PEFT: logits, NLL, perplexities,
 * set means, greedy answers and a LoRA loss curve. One set is measured whole, of the others the
 * first rows; IDIOLECT_SMOLLM2_ROWS=20 measures all of them.
 */
import { askedAlone } from '../../../src/data/response-set.ts';
import { gather, tensor, tidy } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildExamples } from '../../../src/batches/example.ts';
import { readResponseFiles } from '../../../src/cli/read-responses.ts';
import { startWasmEngine } from '../../../src/engine/wasm/engine.ts';
import { averagePerplexity } from '../../../src/familiarity/aggregate.ts';
import { familiarityFields } from '../../../src/familiarity/config.ts';
import { defaultsOf } from '../../../src/fields.ts';
import { forwardContext } from '../../../src/forward/forward-context.ts';
import { positionsOf } from '../../../src/forward/token-losses.ts';
import { samplingFields } from '../../../src/generate/config.ts';
import { generate } from '../../../src/generate/generate.ts';
import { adapterFromValues, type LoraValues } from '../../../src/lora/adapter.ts';
import { loraFields } from '../../../src/lora/config.ts';
import { linear } from '../../../src/ops/linear/linear.ts';
import { registerOps } from '../../../src/ops/register.ts';
import { measureSets } from '../../../src/workflows/measure/measure-sets.ts';
import { openModel, type OpenModel } from '../../../src/workflows/open/open-model.ts';
import { nodeModelFiles } from '../../../src/storage/node-file.ts';
import { encodePair, encodePrompt } from '../../../src/tokenizer/encode-pair.ts';
import {
  createPromptFormat,
  DEFAULT_PLAIN_TEMPLATE,
} from '../../../src/tokenizer/prompt-format.ts';
import { trainingFields } from '../../../src/train/config.ts';
import { train } from '../../../src/train/train.ts';
import { quietHost } from '../../support/training.ts';
import { dataFolder, ggufPath, huggingFaceFolder, reference } from './reference.ts';

const MINUTES = 60_000;
const ROWS = Number(process.env['IDIOLECT_SMOLLM2_ROWS'] ?? 3);
/** This one is measured whole, so that its means are the stored ones. */
const WHOLE_SET = 'claude';
const prompt = { useChatTemplate: true, plainTemplate: DEFAULT_PLAIN_TEMPLATE };

interface Row {
  question: string;
  answer: string;
}
const rowsOf = (set: string) =>
  JSON.parse(readFileSync(join(dataFolder, `${set}.json`), 'utf8')) as Row[];
const relative = (actual: number, expected: number) =>
  Math.abs(actual - expected) / Math.abs(expected);

const sources = [ggufPath, huggingFaceFolder].filter((path) => path !== undefined);

beforeAll(async () => {
  await startWasmEngine();
  registerOps('wasm');
});

describe.each(sources)('%s', (path) => {
  let opened: OpenModel;
  beforeAll(async () => {
    opened = await openModel(await nodeModelFiles(path), {
      precision: 'as-stored',
      trainable: false,
      maxTensorBytes: Number.POSITIVE_INFINITY,
    });
  }, 2 * MINUTES);
  afterAll(() => opened.model.dispose());

  it(
    'has the first answer token’s logits',
    async () => {
      let worst = 0;
      for (const [name, { rows }] of Object.entries(reference.sets)) {
        for (const [i, { first_logits: expected }] of rows.slice(0, 2).entries()) {
          const logits = await logitsAfter(opened, rowsOf(name)[i]!.question);
          const [[topId, topLogit]] = expected as [[number, number]];
          expect(logits.indexOf(Math.max(...logits)), `${name}, row ${i}`).toBe(topId);
          for (const [id, logit] of expected!) {
            worst = Math.max(worst, Math.abs(logits[id]! - logit) / Math.abs(topLogit));
          }
        }
      }
      console.log(
        `first-token logits: largest difference ${worst.toExponential(1)} of the top one`,
      );
      expect(worst).toBeLessThan(2e-3);
    },
    4 * MINUTES,
  );

  it(
    'finds every answer as familiar as transformers does',
    async () => {
      const names = Object.keys(reference.sets);
      const sets = await Promise.all(
        names.map(async (name) => {
          const rows = name === WHOLE_SET ? reference.sets[name]!.rows.length : ROWS;
          return (await readResponseFiles([join(dataFolder, `${name}.json`)], rows))[0]!;
        }),
      );
      const familiarity = defaultsOf(familiarityFields);
      const measured = await measureSets(opened, { sets, prompt, familiarity }, quietHost(), () =>
        Promise.resolve(),
      );
      let worstToken = 0;
      for (const { setId, rows, skipped } of measured) {
        expect(skipped).toEqual([]);
        const { rows: all, ...stored } = reference.sets[setId]!;
        const expected = all.slice(0, rows.length);
        rows.forEach((row, i) => {
          const wanted = expected[i]!;
          const place = `${setId}, row ${i}`;
          expect(row.promptTokens, place).toBe(wanted.prompt_tokens);
          expect(row.responseTokens, place).toBe(wanted.response_tokens);
          expect(relative(row.perplexity, wanted.perplexity), place).toBeLessThan(0.01);
          expect(relative(row.nllSum, wanted.nll_sum), place).toBeLessThan(0.01);
          expect(Math.abs(row.eos! - wanted.eos), place).toBeLessThan(0.01);
          wanted.nll?.forEach((nll, t) => {
            worstToken = Math.max(worstToken, Math.abs(row.tokenNll[t]! - nll));
          });
        });
        const ours = {
          median: averagePerplexity(rows, 'median'),
          mean: averagePerplexity(rows, 'arithmetic'),
          geometric_mean: averagePerplexity(rows, 'geometric'),
          token_weighted: averagePerplexity(rows, 'token-weighted'),
        };
        const theirs = rows.length === all.length ? stored : meansOf(expected);
        for (const mean of ['median', 'mean', 'geometric_mean', 'token_weighted'] as const) {
          console.log(
            `${setId} (${rows.length} rows) ${mean}: ${ours[mean].toFixed(5)}, transformers ${theirs[mean].toFixed(5)}`,
          );
          expect(relative(ours[mean], theirs[mean]), `${setId} ${mean}`).toBeLessThan(0.01);
        }
      }
      console.log(`per-token NLL: largest difference ${worstToken.toExponential(1)} nats`);
      expect(worstToken).toBeLessThan(0.02);
    },
    20 * MINUTES,
  );

  it(
    'answers with the same tokens',
    async () => {
      const format = createPromptFormat(opened.tokenizer, prompt);
      const answers = await generate({
        model: opened.model,
        prompts: reference.greedy.map(({ question }) =>
          encodePrompt(opened.tokenizer, format.prompt(askedAlone(question))),
        ),
        sampling: { ...defaultsOf(samplingFields), greedy: true, maxNewTokens: 48 },
        endIds: [format.endId!],
        stopRequested: () => false,
      });
      const ended = reference.greedy.map(({ ids }) => ids.filter((id) => id !== format.endId));
      expect(answers.map(({ tokens }) => tokens)).toEqual(ended);
    },
    10 * MINUTES,
  );

  it(
    'learns along PEFT’s loss curve',
    async () => {
      const { before_each_step: expected, lr, parameters, tokens_in_loss } = reference.lora;
      const { losses, norms, counted, targets } = await loraCurve(opened, lr, expected.length);
      expect(counted).toBe(parameters);
      expect(targets).toBe(tokens_in_loss);
      expected.forEach(({ loss, gradient_norm }, step) => {
        console.log(
          `step ${step}: loss ${losses[step]!.toFixed(5)}, PEFT ${loss.toFixed(5)}; norm ${norms[step]!.toFixed(4)}, PEFT ${gradient_norm.toFixed(4)}`,
        );
        expect(relative(losses[step]!, loss), `loss of step ${step}`).toBeLessThan(0.01);
        expect(relative(norms[step]!, gradient_norm), `norm of step ${step}`).toBeLessThan(0.02);
      });
    },
    20 * MINUTES,
  );
});

async function logitsAfter({ model, tokenizer }: OpenModel, question: string): Promise<number[]> {
  const ids = encodePrompt(
    tokenizer,
    createPromptFormat(tokenizer, prompt).prompt(askedAlone(question)),
  );
  const logits = tidy(() => {
    const tokens = tensor(Int32Array.from(ids), [ids.length], 'int32');
    const positions = tensor(positionsOf(1, ids.length), [ids.length], 'int32');
    const hidden = model.hidden(forwardContext(1, ids.length, tokens, positions));
    return linear(gather(hidden, tensor([ids.length - 1], [1], 'int32')), model.head);
  });
  const values = await logits.data();
  logits.dispose();
  return Array.from(values);
}

const pairOptions = { encoding: 'separate', lossOn: 'last-assistant' } as const;

/** The script's LoRA run: rank 8, alpha 16 on every linear layer, four rows in one batch. */
async function loraCurve({ model, tokenizer }: OpenModel, lr: number, steps: number) {
  const rank = 8;
  const values = new Map<string, LoraValues>();
  for (const { weight, projections } of model.linears) {
    const { columns } = weight;
    const a = Float32Array.from({ length: rank * columns }, (_, i) => {
      const phase = (i + 1) * 0.6180339887498949;
      return (2 * (phase - Math.floor(phase)) - 1) / Math.sqrt(columns);
    });
    for (const { path, start, end } of projections) {
      values.set(path, { a, b: new Float32Array((end - start) * rank) });
    }
  }
  const lora = { ...defaultsOf(loraFields), rank, alpha: 16 };
  const adapter = adapterFromValues(model, lora, values);
  const format = createPromptFormat(tokenizer, prompt);
  const pairs = rowsOf(WHOLE_SET)
    .slice(0, 4)
    .map(({ question, answer }) =>
      encodePair(
        tokenizer,
        format,
        { conversation: askedAlone(question), response: answer },
        pairOptions,
      ),
    );
  const eos = { append: 'if-missing', id: format.endId! } as const;
  const { examples } = buildExamples(pairs, { maxLength: 1024, eos });
  const losses: number[] = [];
  const norms: number[] = [];
  const run = train(
    {
      model,
      adapter,
      parameters: adapter.variables.map((variable) => ({ ...variable, decays: true })),
      examples,
      validation: [],
      settings: {
        ...defaultsOf(trainingFields),
        steps,
        batchSize: 4,
        learningRate: lr,
        schedule: 'constant',
        warmup: 0,
        weightDecay: 0,
        maxGradientNorm: 0,
        maxLength: 1024,
        evaluateEvery: steps,
      },
      dropout: 0,
      checkpointing: false,
      padId: 0,
      maxTokens: 4096,
      facts: {},
    },
    quietHost(),
  );
  for await (const { step, loss, gradientNorm } of run) {
    if (step === 0) continue;
    losses.push(loss);
    norms.push(gradientNorm);
  }
  const counted = adapter.parameterCount;
  adapter.dispose();
  const targets = examples.reduce(
    (sum, example) => sum + example.tokens.length - example.promptLength,
    0,
  );
  return { losses, norms, counted, targets };
}

/** The four means as the reference's script takes them. */
function meansOf(
  rows: readonly { perplexity: number; nll_sum: number; response_tokens: number }[],
) {
  const perplexities = rows.map(({ perplexity }) => perplexity).sort((a, b) => a - b);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const middle = perplexities.length / 2;
  const around = perplexities.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  const total = (key: 'nll_sum' | 'response_tokens') =>
    rows.reduce((sum, row) => sum + row[key], 0);
  return {
    median: mean(around),
    mean: mean(perplexities),
    geometric_mean: Math.exp(mean(perplexities.map(Math.log))),
    token_weighted: Math.exp(total('nll_sum') / total('response_tokens')),
  };
}
