/** The work of an experiment on an opened model: who answers, measures and trains with tensors. */
import type { Doers, OpenedModel, Speaker } from '../../experiment/run/backend.ts';
import type { ModelSpec } from '../../experiment/spec/schema.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import { encodePrompt } from '../../tokenizer/encode-pair.ts';
import { createPromptFormat } from '../../tokenizer/prompt-format.ts';
import { answerQuestions } from '../generate/answer-questions.ts';
import { sha256Of } from '../open/fingerprint.ts';
import type { OpenLab } from '../open/open-model.ts';
import { scoreAnswers, scoreDivergence, scoreEndings } from '../measure/score-answers.ts';
import { trainAdapter, type ArmHost } from '../train/train-adapter.ts';

export interface DoersHost extends ArmHost {
  openLab(spec: ModelSpec): Promise<OpenLab>;
}

export function experimentDoers(host: DoersHost): Doers {
  return {
    openModel: async (spec) => openedModel(spec, await host.openLab(spec), host),
    hash: sha256Of,
    now: () => host.now(),
  };
}

function openedModel(spec: ModelSpec, lab: OpenLab, host: DoersHost): OpenedModel {
  const { model, tokenizer } = lab;
  const format = createPromptFormat(tokenizer, host.prompt);
  const { parameters } = model.shape;
  const speaker = (adapter?: LoraAdapter): Speaker => ({
    answer: (settings) => (questions) => answerQuestions(lab, host, adapter, settings, questions),
    measure: (set, report) => scoreAnswers(lab, host, adapter, set, report),
    measureEndings: (endings, report) => scoreEndings(lab, host, adapter, endings, report),
  });
  return {
    facts: { id: spec.id, filesHash: lab.filesHash, parameters, format: model.format },
    promptLength: (question) => encodePrompt(tokenizer, format.prompt(question)).length,
    ...speaker(),
    train: async ({ keeps, ...request }, report) => {
      const keepsOwn = keeps && ((own: LoraAdapter, step: StepReport) => keeps(speaker(own), step));
      const made = await trainAdapter(lab, host, request, report, keepsOwn);
      const { adapter, trainedTokens, masked } = made;
      return {
        ...speaker(adapter),
        divergence: (set, progress) => scoreDivergence(lab, host, adapter, set, progress),
        trainedTokens,
        ...(masked && { masked: { tokens: masked.tokens, of: masked.of } }),
        dispose: () => adapter.dispose(),
      };
    },
    close: () => model.dispose(),
  };
}
