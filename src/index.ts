/**
 * Idiolect as a library, in a browser, a worker or Node: start an engine, open a model, and measure,
 * train and generate with it. What takes long takes an AbortSignal; errors are the classes of `errors`.
 */
export { startEngine, openModel } from './api/model.ts';
export { measure } from './api/measure.ts';
export { train } from './api/train.ts';
export { generate } from './api/generate.ts';
export { loadAdapter, saveAdapter } from './api/adapter.ts';
export { runExperiment } from './api/experiment.ts';
export * as errors from './errors.ts';

export type { EngineOptions, OpenOptions } from './api/model.ts';
export type { Answer, MeasureOptions } from './api/measure.ts';
export type { TrainOptions } from './api/train.ts';
export type { GenerateOptions } from './api/generate.ts';
export type { ExperimentOptions, FinishedExperiment } from './api/experiment.ts';
export type { ChatMessage, Conversation } from './data/response-set.ts';
export type { EngineName, EngineReport } from './engine/config.ts';
export type { RowFamiliarity } from './familiarity/config.ts';
export type { LoraAdapter } from './lora/adapter.ts';
export type { StepReport } from './metrics/step-report.ts';
export type { MeasuredSet } from './workflows/measure/measure-sets.ts';
export type { OpenModel } from './workflows/open/open-model.ts';
