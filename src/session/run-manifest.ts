/** Everything that decides a run's numbers, to be kept beside them. */
import type { EngineReport } from '../engine/config.ts';
import type { TrainingResult } from '../train/train.ts';
import type { OpenLab } from './open-model.ts';
import type { RunPlan, RunRequest } from './training-run.ts';

export const VERSION = '0.1.0';

export function runManifest(
  lab: OpenLab,
  engine: EngineReport,
  request: RunRequest,
  plan: RunPlan,
  fingerprint: string,
  result: TrainingResult,
): Record<string, unknown> {
  const { model } = lab;
  return {
    idiolect: VERSION,
    tensorflow_js: '4.22.0',
    model: {
      id: lab.id,
      files_sha256: lab.filesHash,
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
    fingerprint,
    outcome: result.outcome,
    step: result.progress.step,
    validation_loss_before: result.validationBefore ?? null,
    validation_loss_after: result.validationAfter ?? null,
  };
}
