/** A short trial of an experiment's first model: what a step, an answer and a measurement cost here. */
import { promptPart } from '../src/data/response-set.ts';
import { questionConversation } from '../src/evaluate/accuracy.ts';
import type { ExperimentBackend } from '../src/experiment/run/backend.ts';
import type { UnitCosts } from '../src/experiment/run/estimate.ts';
import type { ExperimentInputs } from '../src/workflows/experiment/experiment-inputs.ts';
import { mean } from '../src/statistics/summary.ts';

const TRIAL_QUESTIONS = 24;

export async function trialCosts(
  { experiment, task }: ExperimentInputs,
  backend: ExperimentBackend,
): Promise<UnitCosts> {
  const quiet = () => Promise.resolve();
  const model = await backend.openModel(experiment.models[0]!);
  const { maxNewTokens, batchSize } = experiment.evaluation;
  const timed = async <Result>(work: () => Promise<Result>): Promise<[number, Result]> => {
    const began = backend.now();
    const result = await work();
    return [(backend.now() - began) / 1000, result];
  };
  try {
    const questions = task.test.slice(0, Math.min(TRIAL_QUESTIONS, batchSize));
    const conversations = questions.map(questionConversation);
    const answer = model.answer({ maxNewTokens, temperature: undefined, seed: 0 });
    const [answering, answers] = await timed(() => answer(conversations));
    // The model's own answers to test questions: as long as what it will be trained on, never kept.
    const rows = questions.map(({ id, text, ...question }, i) => ({
      id,
      question: text,
      ...promptPart(question),
      response: answers[i]!.text.trim() || 'Answer: 0',
    }));
    const set = { id: 'trial', name: 'trial', rows };
    // The first call of each kind compiles and packs.
    await model.measure(set, quiet);
    const [measuring, scored] = await timed(() => model.measure(set, quiet));
    const steps = 3;
    const times: number[] = [];
    const training = { ...experiment.training, steps, evaluateEvery: steps, logEvery: 1, seed: 0 };
    const request = { set, validation: undefined, training, lora: experiment.lora };
    const trained = await model.train(request, ({ step }) => {
      times[step] = backend.now();
      return Promise.resolve();
    });
    let comparing: number;
    try {
      [comparing] = await timed(() => trained.divergence(set, quiet));
    } finally {
      trained.dispose();
    }
    return {
      answer: answering / conversations.length,
      measure: measuring / rows.length,
      divergence: comparing / rows.length,
      step: (times[steps]! - times[1]!) / 1000 / (steps - 1) / training.accumulation,
      tokens: {
        prompt: mean(conversations.map((one) => model.promptLength(one))),
        answer: mean(scored.map(({ tokens }) => tokens)),
      },
    };
  } finally {
    model.close();
  }
}
