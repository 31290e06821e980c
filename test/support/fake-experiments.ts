/** The experiment calls of the fake trainer: the real protocol and report with backend that only pretend. */
import { DataError, StoppedError } from '../../src/errors.ts';
import { sizesOf } from '../../src/experiment/run/estimate.ts';
import { planExperiment } from '../../src/experiment/spec/plan.ts';
import type { Environment } from '../../src/experiment/report/report.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';
import { ExperimentRunner, type StageProgress } from '../../src/experiment/run/runner.ts';
import { worldTask, type Task } from '../../src/experiment/run/task.ts';
import { experimentResult, resultFiles } from '../../src/workflows/experiment/experiment-result.ts';
import { recordFiles } from '../../src/workflows/experiment/familiarity-records.ts';
import type { ExperimentRequest, TrainerApi } from '../../workers/protocol.ts';
import { fakeBackend, memoryResults } from '../experiment/fake-backend.ts';

export interface FakeExperimentOptions {
  pause: () => Promise<void>;
  stopRequested: () => boolean;
  /** Called before a stage is done; what it throws is the stage's failure. */
  beforeStage?: (id: string) => void;
}

type Calls =
  | 'openExperiment'
  | 'settleStage'
  | 'closeExperiment'
  | 'experimentResult'
  | 'experimentFiles'
  | 'estimateExperiment';

const environment: Environment = {
  idiolect: '0',
  tensorflow_js: '0',
  platform: 'a test',
  engine: { name: 'wasm', device: '2 threads', threads: 2, features: [] },
  prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
  files: {},
  fingerprint: 'fake',
};

/** What is kept outlives a fake trainer when the same map is handed to the next. */
export function fakeExperiments(
  options: FakeExperimentOptions,
  kept = new Map<string, ReturnType<typeof memoryResults>>(),
): Pick<TrainerApi, Calls> {
  let open: { request: ExperimentRequest; task: Task; runner: ExperimentRunner } | undefined;
  let report: (stage: StageProgress) => Promise<void> = () => Promise.resolve();
  const resultOf = async (id: string) => {
    if (open?.request.id !== id) return undefined;
    const { experiment } = open.request;
    const results: StageResult[] = [];
    for (const stage of planExperiment(experiment)) {
      const result = await kept.get(id)!.read(stage.id);
      if (result) results.push(result);
    }
    const inputs = {
      experiment,
      task: open.task,
      sets: new Map(),
      models: new Map(),
      hashes: {},
      notices: [],
    };
    return experimentResult(inputs, results, environment);
  };
  return {
    async openExperiment(request, tell) {
      const { id, experiment } = request;
      if (Object.values(request.sources).some(({ kind }) => kind === 'hub')) {
        const file = 'model.safetensors';
        const bytes = { bytesDone: 5e6, bytesTotal: 8e6, bytesPerSecond: 1e6, secondsLeft: 3 };
        await tell({ phase: 'downloading', file, ...bytes });
      }
      if (experiment.task.kind !== 'world')
        throw new DataError('The fake knows the micro-world only.');
      const task = worldTask(experiment, experiment.task);
      const golds = new Map(
        [...task.train, ...task.validation, ...task.test, ...task.retention].map((question) => [
          question.text,
          question.gold,
        ]),
      );
      const { backend } = fakeBackend({
        golds,
        skill: (model, set) => (set === undefined ? 0.4 : model.endsWith(set) ? 0.85 : 0.3),
        nll: (model, set) => (model.endsWith(set) ? 0.5 : 1.4),
      });
      const store = kept.get(id) ?? memoryResults();
      kept.set(id, store);
      const runner = new ExperimentRunner({
        ...{ experiment, task, store, backend },
        files: new Map(),
        report: (stage) => report(stage),
      });
      open = { request, task, runner };
      const done = [];
      for (const stage of planExperiment(experiment)) {
        if (!store.texts.has(stage.id)) continue;
        await runner.settle(stage);
        done.push({ id: stage.id, seconds: 2 });
      }
      return { done, sizes: sizesOf(task), notices: [] };
    },
    async settleStage(stageId, tell) {
      const stage = planExperiment(open!.request.experiment).find(({ id }) => id === stageId)!;
      report = async ({ what, done, total }) => {
        await options.pause();
        if (options.stopRequested()) throw new StoppedError('Stopped.');
        await tell({ what, done, total });
      };
      options.beforeStage?.(stageId);
      await report({ stage, what: 'test questions', done: 1, total: 2 });
      await open!.runner.settle(stage);
      return 2;
    },
    closeExperiment() {
      open = undefined;
      return Promise.resolve();
    },
    experimentResult: resultOf,
    async experimentFiles(id, reference) {
      const result = await resultOf(id);
      const encoder = new TextEncoder();
      const records = await recordFiles(result!, kept.get(id)!);
      return Object.entries({ ...resultFiles(result!, reference), ...records }).map(
        ([name, text]) => ({
          name,
          bytes: encoder.encode(text),
        }),
      );
    },
    estimateExperiment: async () => {
      await options.pause();
      return { answer: 0.02, measure: 0.002, divergence: 0.004, step: 0.1 };
    },
  };
}
