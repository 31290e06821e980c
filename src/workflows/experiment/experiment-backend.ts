/** The work of an experiment on an opened model: who answers, measures and trains with tensors. */
import type { ExperimentBackend, BaseModel, EvaluatedModel } from '../../experiment/run/backend.ts';
import type { ModelSpec } from '../../experiment/spec/schema.ts';
import type { Host } from '../../host.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import { encodePrompt } from '../../tokenizer/encode-pair.ts';
import { createPromptFormat, type PromptSettings } from '../../tokenizer/prompt-format.ts';
import { answerQuestions } from '../generate/answer-questions.ts';
import { sha256Of } from '../../storage/sha256.ts';
import type { OpenModel } from '../open/open-model.ts';
import {
  scoreAnswers,
  scoreDivergence,
  scoreEndings,
  scoreSet,
  familiaritySettings,
} from '../measure/score-answers.ts';
import { measurementOf } from './set-measurement.ts';
import { trainAdapter } from '../train/train-adapter.ts';

export interface BackendParts {
  prompt: PromptSettings;
  memoryLimitBytes: number;
  openModel(spec: ModelSpec): Promise<OpenModel>;
}

export function experimentBackend(host: Host, parts: BackendParts): ExperimentBackend {
  return {
    openModel: async (spec) => baseModel(spec, await parts.openModel(spec), host, parts),
    hash: sha256Of,
    now: () => host.now(),
  };
}

function baseModel(
  spec: ModelSpec,
  opened: OpenModel,
  host: Host,
  { prompt, memoryLimitBytes }: BackendParts,
): BaseModel {
  const { model, tokenizer } = opened;
  const format = createPromptFormat(tokenizer, prompt);
  const { parameters } = model.shape;
  const evaluated = (adapter?: LoraAdapter): EvaluatedModel => ({
    answer: (settings) => (questions) =>
      answerQuestions({ opened, prompt, adapter }, host, settings, questions),
    measure: (set, report) => scoreAnswers({ opened, prompt, adapter }, host, set, report),
    measureEndings: (endings, report) =>
      scoreEndings({ opened, prompt, adapter }, host, endings, report),
  });
  const notices = [...model.notices, ...tokenizer.notices, ...format.notices];
  return {
    facts: {
      ...{ id: spec.id, filesHash: opened.filesHash, parameters, format: model.format },
      notices,
    },
    familiarity: async (set, report) => {
      const { answers, measured } = await scoreSet({ opened, prompt }, host, set, report);
      const measurement = measurementOf(opened, spec, notices, measured, familiaritySettings);
      return { answers, measurement, notices: measured.promptNotices };
    },
    promptLength: (conversation) => encodePrompt(tokenizer, format.prompt(conversation)).length,
    ...evaluated(),
    train: async ({ keeps, ...request }, report) => {
      const keepsOwn =
        keeps && ((trained: LoraAdapter, step: StepReport) => keeps(evaluated(trained), step));
      const place = { opened, prompt, memoryLimitBytes };
      const made = await trainAdapter(place, host, request, report, keepsOwn);
      const { adapter, trainedTokens, masked, notices } = made;
      return {
        ...evaluated(adapter),
        divergence: (set, progress) =>
          scoreDivergence({ opened, prompt, adapter }, host, set, progress),
        trainedTokens,
        notices,
        ...(masked && { masked: { tokens: masked.tokens, of: masked.of } }),
        dispose: () => adapter.dispose(),
      };
    },
    close: () => model.dispose(),
  };
}
