/** Everything that decides a run's numbers, to be kept beside them. */
import type { EngineReport } from '../../engine/config.ts';
import type { RunFacts } from '../../train/run-facts.ts';
import type { CheckedResult } from './checked-run.ts';
import { fingerprintOf } from '../open/fingerprint.ts';
import type { OpenModel } from '../open/open-model.ts';
import { VERSION } from '../open/version.ts';
import { rightOf, type HeldOutQuestions } from './held-out-questions.ts';
import type { RunPlan, RunRequest } from './training-run.ts';

/** `result` is absent while the run goes on. */
export async function runManifest(
  opened: OpenModel,
  engine: EngineReport,
  request: RunRequest,
  plan: RunPlan,
  facts: RunFacts,
  result?: CheckedResult,
): Promise<Record<string, unknown>> {
  const { model } = opened;
  return {
    idiolect: VERSION,
    tensorflow_js: '4.22.0',
    model: {
      id: opened.id,
      files_sha256: opened.filesHash,
      weights_sha256: opened.weightsHash,
      parameters: model.shape.parameters,
      format: model.format,
    },
    engine: {
      name: engine.name,
      device: engine.device,
      threads: engine.threads,
      features: engine.features,
    },
    data: {
      set: request.set.name,
      rows: plan.examples.length,
      validation_rows: plan.validation.length,
      skipped: plan.skipped,
      trained_tokens_per_epoch: plan.trainedTokensPerEpoch,
    },
    prompt: request.prompt,
    encoding: request.encoding,
    lora: request.training.method === 'full' ? null : request.lora,
    training: request.training,
    checkpointing: plan.checkpointing,
    max_tokens_per_micro_batch: plan.maxTokens,
    trainable_parameters: plan.trainableParameters,
    answers_sha256: facts['answers'],
    held_out_answers_sha256: facts['held_out_answers'],
    fingerprint: await fingerprintOf(facts),
    outcome: result?.outcome ?? 'running',
    step: result?.progress.step ?? null,
    held_out_questions: plan.questions ? questionsRecord(plan.questions, result) : null,
    validation_loss_before: result?.progress.validationBefore ?? null,
    validation_loss_after: result?.progress.validationAfter ?? null,
  };
}

/** What was asked, how it was judged, and every answer before and after. */
function questionsRecord(
  { questions, rule, agreeing, longestAnswer }: HeldOutQuestions,
  result: CheckedResult | undefined,
): Record<string, unknown> {
  const { before, after } = result ?? {};
  const answered = (i: number, check = before) => {
    const given = check?.answers[i];
    return given ? { answer: given.answer, right: given.right } : null;
  };
  return {
    asked: questions.length,
    right_before: before ? rightOf(before) : null,
    right_after: after ? rightOf(after) : null,
    rule,
    written_answers_that_agree: agreeing,
    max_new_tokens: longestAnswer,
    answers: questions.map(({ id, gold }, i) => ({
      id,
      gold,
      before: answered(i),
      after: after ? answered(i, after) : null,
    })),
  };
}
