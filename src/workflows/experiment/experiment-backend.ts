/** The work of an experiment on an opened model: who answers, measures and trains with tensors. */
import type { ExperimentBackend, BaseModel, EvaluatedModel } from '../../experiment/run/backend.ts';
import type { ModelSpec } from '../../experiment/spec/schema.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import { encodePrompt } from '../../tokenizer/encode-pair.ts';
import { createPromptFormat } from '../../tokenizer/prompt-format.ts';
import { answerQuestions } from '../generate/answer-questions.ts';
import { sha256Of } from '../open/fingerprint.ts';
import type { OpenModel } from '../open/open-model.ts';
import { scoreAnswers, scoreDivergence, scoreEndings } from '../measure/score-answers.ts';
import { trainAdapter, type ArmHost } from '../train/train-adapter.ts';

export interface BackendHost extends ArmHost {
  openModel(spec: ModelSpec): Promise<OpenModel>;
}

export function experimentBackend(host: BackendHost): ExperimentBackend {
  return {
    openModel: async (spec) => baseModel(spec, await host.openModel(spec), host),
    hash: sha256Of,
    now: () => host.now(),
  };
}

function baseModel(spec: ModelSpec, opened: OpenModel, host: BackendHost): BaseModel {
  const { model, tokenizer } = opened;
  const format = createPromptFormat(tokenizer, host.prompt);
  const { parameters } = model.shape;
  const evaluated = (adapter?: LoraAdapter): EvaluatedModel => ({
    answer: (settings) => (questions) =>
      answerQuestions(opened, host, adapter, settings, questions),
    measure: (set, report) => scoreAnswers(opened, host, adapter, set, report),
    measureEndings: (endings, report) => scoreEndings(opened, host, adapter, endings, report),
  });
  return {
    facts: { id: spec.id, filesHash: opened.filesHash, parameters, format: model.format },
    promptLength: (question) => encodePrompt(tokenizer, format.prompt(question)).length,
    ...evaluated(),
    train: async ({ keeps, ...request }, report) => {
      const keepsOwn =
        keeps && ((own: LoraAdapter, step: StepReport) => keeps(evaluated(own), step));
      const made = await trainAdapter(opened, host, request, report, keepsOwn);
      const { adapter, trainedTokens, masked } = made;
      return {
        ...evaluated(adapter),
        divergence: (set, progress) => scoreDivergence(opened, host, adapter, set, progress),
        trainedTokens,
        ...(masked && { masked: { tokens: masked.tokens, of: masked.of } }),
        dispose: () => adapter.dispose(),
      };
    },
    close: () => model.dispose(),
  };
}
