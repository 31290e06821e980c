/** Everything that decides a run's numbers, to be kept beside them. */
import type { EngineReport } from '../../engine/config.ts';
import type { RunFacts } from '../../train/run-facts.ts';
import type { TrainingResult } from '../../train/train.ts';
import { sha256Of } from '../open/fingerprint.ts';
import type { OpenModel } from '../open/open-model.ts';
import type { RunPlan, RunRequest } from './training-run.ts';

export const VERSION = '0.1.0';

/** `result` is absent while the run goes on. */
export async function runManifest(
  opened: OpenModel,
  engine: EngineReport,
  request: RunRequest,
  plan: RunPlan,
  facts: RunFacts,
  result?: TrainingResult,
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
    fingerprint: await sha256Of(JSON.stringify(facts)),
    outcome: result?.outcome ?? 'running',
    step: result?.progress.step ?? null,
    validation_loss_before: result?.progress.validationBefore ?? null,
    validation_loss_after: result?.progress.validationAfter ?? null,
  };
}
