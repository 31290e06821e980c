/** What a reference run is and how it differs from the run it is laid over. */
import type { ExperimentReport } from '../experiment/report/report.ts';
import { count, counted, list } from './format.ts';
import { findArm, findSet } from './figure.ts';

/** Settings and engine of a run, in a sentence. */
export function runWords({
  experiment,
  models,
  surroundings: environment,
}: ExperimentReport): string {
  const { seeds, training, lora, budget } = experiment;
  const { engine, platform, idiolect } = environment;
  const n = models[0]?.strict.n ?? 0;
  const rates = experiment.learningRates.join(' or ') || String(training.learningRate);
  return `${experiment.name}: ${counted(seeds.length, 'seed')}, ${count(n)} test questions, ${training.steps} steps of ${training.batchSize * training.accumulation} answers (${budget}), learning rate ${rates}, LoRA rank ${lora.rank} (${lora.targets}); engine ${engine.name}, ${engine.device}; ${platform}; Idiolect ${idiolect}.`;
}

/** Whether the other run's marks mean anything beside this one's: the same kind of task, an arm in common. */
export function isComparable(report: ExperimentReport, reference: ExperimentReport): boolean {
  return (
    report.experiment.task.kind === reference.experiment.task.kind &&
    report.arms.some((arm) => findArm(reference, arm))
  );
}

/** The reference beside a run: what it is, and what may explain a difference, or that nothing should. */
export function referenceWords(report: ExperimentReport, reference: ExperimentReport): string {
  if (!isComparable(report, reference)) {
    return `${runWords(reference)} Its task or its arms are others than those of this run, so nothing of it is drawn.`;
  }
  return `${runWords(reference)} ${differences(report, reference)}`;
}

function differences(report: ExperimentReport, reference: ExperimentReport): string {
  const here = facts(report);
  const there = facts(reference);
  const found = Object.keys(here).flatMap((name) =>
    here[name] === there[name] ? [] : [`${name} (${here[name]!} here, ${there[name]!} there)`],
  );
  const models = report.models.flatMap(({ facts: { id, filesHash } }) => {
    const same = reference.models.find((model) => model.facts.id === id);
    return same !== undefined && same.facts.filesHash !== filesHash ? [id] : [];
  });
  if (models.length > 0) found.push(`the weights of ${list(models)}`);
  const sets = report.sets.flatMap(({ id, sha256 }) => {
    const same = findSet(reference, id);
    return same !== undefined && same.sha256 !== sha256 ? [id] : [];
  });
  if (sets.length > 0) found.push(`the answers of ${list(sets)}`);
  return found.length === 0
    ? 'Settings, answers, weights and engine are the same as here.'
    : `It differs in ${list(found)}.`;
}

function facts({
  experiment,
  models,
  surroundings: environment,
}: ExperimentReport): Record<string, string> {
  const { seeds, training, lora, budget, task } = experiment;
  return {
    seeds: String(seeds.length),
    'test questions': String(models[0]?.strict.n ?? 0),
    'training questions': String(task.trainQuestions ?? 'all'),
    steps: String(training.steps),
    'batch size': String(training.batchSize * training.accumulation),
    'learning rate': experiment.learningRates.join(' or ') || String(training.learningRate),
    'LoRA rank': String(lora.rank),
    budget,
    engine: environment.engine.name,
    version: environment.idiolect,
  };
}
