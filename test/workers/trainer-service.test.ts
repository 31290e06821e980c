/** The worker's object in Node, on the CPU engine: what its calls leave behind for the next ones. */
import { conversationOf } from '../../src/data/response-set.ts';
import { beforeAll, expect, it } from 'vitest';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { samplingFields } from '../../src/generate/config.ts';
import { loraFields } from '../../src/lora/config.ts';
import { trainingFields } from '../../src/train/config.ts';
import type { TrainRequest } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';
import { openEmbedded } from '../support/open-embedded.ts';

const trainer = new TrainerService();
const quiet = () => Promise.resolve();
const prompt = { useChatTemplate: true, plainTemplate: '{question}\n' };
const set = {
  id: 'sums',
  name: 'Sums',
  rows: Array.from({ length: 6 }, (_, i) => ({
    id: `r${i}`,
    question: `Zoe has ${i + 2} apples. How many apples does Zoe have?`,
    response: `Zoe has ${i + 2} apples. Answer: ${i + 2}`,
  })),
};

beforeAll(() => openEmbedded(trainer, 'idiolect-a'));

const request = (runId: string): TrainRequest => ({
  runId,
  set,
  prompt,
  encoding: 'separate',
  lora: defaultsOf(loraFields),
  training: {
    ...defaultsOf(trainingFields),
    method: 'full',
    steps: 3,
    batchSize: 2,
    validationShare: 0.34,
    maxLength: 64,
  },
  resume: false,
});

const perplexities = async () => {
  const familiarity = defaultsOf(familiarityFields);
  const [measured] = await trainer.measure({ sets: [set], prompt, familiarity }, quiet);
  return measured!.rows.map(({ perplexity }) => perplexity);
};

it('full fine-tuning leaves the model as it was opened, for the next run and for measuring', async () => {
  const before = await perplexities();
  const first = await trainer.train(request('first'), quiet);
  expect(first.validationAfter).not.toBe(first.validationBefore);
  expect(await perplexities()).toEqual(before);
  const second = await trainer.train(request('second'), quiet);
  expect(second.validationBefore).toBe(first.validationBefore);
  expect(second.validationAfter).toBe(first.validationAfter);
  const third = await trainer.train(request('third'), quiet);
  expect(third.validationAfter).toBe(first.validationAfter);
});

it('a fully fine-tuned run is asked, measured and taken home as a model that opens', async () => {
  const familiarity = defaultsOf(familiarityFields);
  const under = async (adapterId?: string) => {
    const measurement = {
      sets: [set],
      prompt,
      familiarity,
      ...(adapterId !== undefined && { adapterId }),
    };
    const [measured] = await trainer.measure(measurement, quiet);
    return measured!.rows.map(({ perplexity }) => perplexity);
  };
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const lora = {
    ...request('lora'),
    training: { ...request('lora').training, method: 'lora' },
  } as const;
  await trainer.train(lora, quiet);
  const adapted = await under('lora');
  const before = await under();
  await trainer.train(request('full'), quiet);
  await expect(under('full')).rejects.toThrow('is not loaded');
  await trainer.loadRun(request('full'));
  const tuned = await under('full');
  expect(mean(tuned)).toBeLessThan(mean(before));
  const generateRequest = {
    conversation: conversationOf(set.rows[0]!),
    prompt,
    sampling: { ...defaultsOf(samplingFields), maxNewTokens: 4 },
    adapterId: 'full',
  };
  expect((await trainer.generate(generateRequest, quiet)).tokens).toBeGreaterThan(0);
  // Neither the model nor an adapter is touched by it.
  expect(await under()).toEqual(before);
  expect(await under('lora')).toEqual(adapted);

  const taken = await trainer.exportAdapter('full');
  expect(taken.map(({ name }) => name).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const files = taken.map(({ name, bytes }) => ({ path: name, file: new File([bytes], name) }));
  await trainer.openModel({ kind: 'files', name: 'home', files }, 'as-stored', quiet);
  const home = await under();
  home.forEach((perplexity, i) => expect(perplexity / tuned[i]!).toBeCloseTo(1, 1));
  expect(mean(home)).toBeCloseTo(mean(tuned), 0);
});
