/** Held-out questions: which are asked, how they are judged, and that asking changes no number of a run. */
import { beforeAll, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ResponseRow } from '../../src/data/response-set.ts';
import { checkFields } from '../../src/evaluate/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import type { HeldOutCheck } from '../../src/metrics/held-out-check.ts';
import type { StepReport } from '../../src/metrics/step-report.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { trainingFields } from '../../src/train/config.ts';
import { openModel, type OpenModel } from '../../src/workflows/open/open-model.ts';
import { checkedRun } from '../../src/workflows/train/checked-run.ts';
import { heldOutQuestions, questionNotices } from '../../src/workflows/train/held-out-questions.ts';
import { runTraining } from '../../src/workflows/train/run-training.ts';
import { planRun, prepareRun } from '../../src/workflows/train/training-run.ts';
import { startEngine } from '../support/engines.ts';
import { quietHost } from '../support/training.ts';

const settings = { ...defaultsOf(checkFields), heldOutQuestions: 4, longestAnswer: 24 };
const rows = readFileSync('public/data/b.jsonl', 'utf8')
  .trim()
  .split('\n')
  .slice(0, 20)
  .map((line) => JSON.parse(line) as ResponseRow);

it('asks the first so many whose right answer is known', () => {
  const found = heldOutQuestions(rows, settings)!;
  expect(found.questions.map(({ id }) => id)).toEqual(rows.slice(0, 4).map(({ id }) => id));
  expect(found).toMatchObject({ rule: { kind: 'world' }, agreeing: 4, longestAnswer: 24 });
  expect(heldOutQuestions(rows, { ...settings, heldOutQuestions: 0 })).toBeUndefined();
});

it('knows the micro-world’s answers by itself, and no others', () => {
  const bare = rows.map(({ id, question, response }) => ({ id, question, response }));
  expect(heldOutQuestions(bare, settings)!.questions.map(({ gold }) => gold)).toEqual(
    rows.slice(0, 4).map(({ gold }) => gold),
  );
  const foreign = bare.map((row) => ({ ...row, id: `x${row.id}` }));
  expect(heldOutQuestions(foreign, settings)).toBeUndefined();
});

it('judges by the rule that finds the right answer in most written ones', () => {
  const gsm = [
    { id: '1', question: 'How much is 3 and 4?', response: '3 + 4 = 7\n#### 7', gold: '7' },
    { id: '2', question: 'Half of 3,000?', response: 'It is 1,500. #### 1,500', gold: '1500' },
  ];
  expect(heldOutQuestions(gsm, settings)).toMatchObject({
    rule: { kind: 'final-answer' },
    agreeing: 2,
  });
  const chosen = [
    {
      ...{ id: '1', question: 'Which is a bird?', response: 'Final Answer: B' },
      ...{ gold: 'wren', options: ['trout', 'wren'] },
    },
  ];
  expect(heldOutQuestions(chosen, settings)).toMatchObject({
    rule: { kind: 'multiple-choice' },
    agreeing: 1,
  });
});

it('doubts counts where the written answers are judged wrong, and says when nothing is asked', () => {
  const wrong = rows.map((row) => ({ ...row, response: 'Answer: 0' }));
  const [doubt] = questionNotices(heldOutQuestions(wrong, settings), settings);
  expect(doubt).toMatchObject({ kind: 'doubtful' });
  expect(doubt!.text).toContain('Only 0 of 4 written answers');
  expect(questionNotices(heldOutQuestions(rows, settings), settings)).toEqual([]);
  expect(questionNotices(undefined, settings)).toHaveLength(1);
  expect(questionNotices(undefined, { ...settings, heldOutQuestions: 0 })).toEqual([]);
});

it('asks all turns of a conversation', () => {
  const messages = [
    { role: 'system', content: 'Answer briefly.' },
    { role: 'user', content: 'How much is 3 and 4?' },
  ];
  const chat = [
    { ...{ id: '1', question: 'How much is 3 and 4?', response: '#### 7', gold: '7' }, messages },
  ];
  expect(heldOutQuestions(chat, settings)!.questions[0]).toMatchObject({ messages });
});

let opened: OpenModel;
beforeAll(async () => {
  await startEngine('wasm');
  const folder = fileURLToPath(new URL('../../public/models/idiolect-a', import.meta.url));
  opened = await openModel(await nodeModelFiles(folder), {
    ...{ precision: 'as-stored', trainable: false, maxTensorBytes: 2e9 },
  });
});

it('is asked before, on the way and after, and changes no number of the training', async () => {
  const request = {
    set: { id: 'b', name: 'B', rows },
    prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
    encoding: 'separate' as const,
    lora: defaultsOf(loraFields),
    training: { ...defaultsOf(trainingFields), steps: 4, batchSize: 4, validationShare: 0.3 },
    checks: settings,
  };
  const plan = planRun(opened, request, 2e9);
  expect(plan.questions!.questions).toHaveLength(4);
  const losses = async (asking: boolean) => {
    const { job, adapter } = await prepareRun(opened, request, plan);
    const found: number[] = [];
    const checks: HeldOutCheck[] = [];
    const report = ({ loss, validationLoss = NaN }: StepReport) => {
      found.push(loss, validationLoss);
      return Promise.resolve();
    };
    const checked = (check: HeldOutCheck) => Promise.resolve(void checks.push(check));
    const host = quietHost();
    const run = { opened, prompt: request.prompt, job, questions: plan.questions };
    if (asking) await checkedRun(run, { host, report, checked });
    else await runTraining(job, { host, report });
    adapter!.dispose();
    return { found, checks };
  };
  const checked = await losses(true);
  expect(checked.found).toEqual((await losses(false)).found);
  expect(checked.checks.map(({ step, whole, answers }) => [step, whole, answers.length])).toEqual([
    [0, true, 4],
    [1, false, 3],
    [2, false, 3],
    [3, false, 3],
    [4, true, 4],
  ]);
});

it('encodes a set once for a plan and for every seed, and again for another prompt', () => {
  let encoded = 0;
  const { tokenizer } = opened;
  const counting: OpenModel = {
    ...opened,
    tokenizer: Object.assign(Object.create(tokenizer) as typeof tokenizer, {
      encode: (...all: Parameters<typeof tokenizer.encode>) => {
        encoded++;
        return tokenizer.encode(...all);
      },
    }),
  };
  const heldOut = rows.slice(0, 4);
  const request = (seed: number, plainTemplate: string) => ({
    set: { id: 'b', name: 'B', rows },
    validation: { id: 'v', name: 'V', rows: heldOut },
    prompt: { useChatTemplate: false, plainTemplate },
    encoding: 'separate' as const,
    lora: defaultsOf(loraFields),
    training: { ...defaultsOf(trainingFields), seed },
  });
  const first = planRun(counting, request(1, '{question}\n'), 2e9);
  const once = encoded;
  expect(once).toBeGreaterThan(20);
  const second = planRun(counting, request(2, '{question}\n'), 2e9);
  expect(second.examples).toBe(first.examples);
  expect(encoded).toBeLessThan(once + 5);
  const other = planRun(counting, request(1, '{question} '), 2e9);
  expect(other.examples[0]!.tokens).not.toEqual(first.examples[0]!.tokens);
});

it('a stop ends the run without a second count', async () => {
  const request = {
    set: { id: 'b', name: 'B', rows },
    prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
    encoding: 'separate' as const,
    lora: defaultsOf(loraFields),
    training: { ...defaultsOf(trainingFields), steps: 40, batchSize: 2, validationShare: 0.3 },
    checks: settings,
  };
  const plan = planRun(opened, request, 2e9);
  const { job, adapter } = await prepareRun(opened, request, plan);
  const host = quietHost();
  const run = { opened, prompt: request.prompt, job, questions: plan.questions };
  const result = await checkedRun(run, {
    host,
    checked: () => Promise.resolve(),
    report: ({ step }) => {
      host.stop = step === 2;
      return Promise.resolve();
    },
  });
  adapter!.dispose();
  expect(result.outcome).toBe('stopped');
  expect(result.before?.answers).toHaveLength(4);
  expect(result.after).toBeUndefined();
});
