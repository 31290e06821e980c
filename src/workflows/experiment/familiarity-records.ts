/** What an experiment measured before training as familiarity records, one for each model. */
import { noticesOf } from '../../data/response-set.ts';
import { tooFewAnswers } from '../../evaluate/own-style.ts';
import type { FamiliarityRecord } from '../../exchange/familiarity-record/schema.ts';
import { measurementSetup } from '../../exchange/familiarity-record/setup.ts';
import { makeRecord, recordJson, type ScoredSet } from '../../exchange/familiarity-record/write.ts';
import {
  recordedModels,
  recordName,
  type SetMeasurement,
} from '../../experiment/run/measurement.ts';
import type {
  BaseResult,
  ResultStore,
  SetResult,
  StageResult,
} from '../../experiment/run/results.ts';
import { judgedAnswers } from '../../experiment/sets/style-examples.ts';
import { notice, type Notice } from '../../notices.ts';
import type { ExperimentResult } from './experiment-result.ts';
import { scoredOf } from './set-measurement.ts';

/** The records' files to take home, by name; sets whose tokens' NLL were not kept are named in them. */
export async function recordFiles(
  result: ExperimentResult,
  store: Pick<ResultStore, 'readMeasurement'>,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const model of recordedModels(result.results)) {
    const record = await recordOf(model, result, store);
    if (record) files[recordName(model)] = recordJson(record);
  }
  return files;
}

async function recordOf(
  model: string,
  { report: { experiment, surroundings: environment }, questions, results }: ExperimentResult,
  store: Pick<ResultStore, 'readMeasurement'>,
): Promise<FamiliarityRecord | undefined> {
  const notices: Notice[] = [];
  const sets: ScoredSet[] = [];
  let first: SetMeasurement | undefined;
  for (const { id, set: name } of measuredUnder(model, results)) {
    const measurement = await store.readMeasurement(id);
    if (!measurement) {
      const text = `${name} is not in this record: the NLL of its tokens was not kept.`;
      notices.push(notice('dropped', text, [name]));
      continue;
    }
    first ??= measurement;
    const { set } = results.find((result) => result.id === `set.${name}`) as SetResult;
    const inStyle = measurement.styled && scoredOf(measurement.styled);
    sets.push({ set, ...scoredOf(measurement), inStyle });
    notices.push(...measurement.notices, ...noticesOf(set));
  }
  if (!first) return undefined;
  const { styleExamples } = experiment.familiarity;
  let style: FamiliarityRecord['style'] = null;
  if (styleExamples > 0) {
    const base = results.find(({ id }) => id === `base.${model}`) as BaseResult;
    const answers = judgedAnswers(experiment, questions, base);
    style = { examples: styleExamples, own_answers: answers };
    if (sets.every(({ inStyle }) => inStyle === undefined)) {
      notices.push(notice('info', tooFewAnswers(first.model.id, answers, styleExamples)));
    }
  }
  return makeRecord({
    setup: measurementSetup({
      model: { ...first.model, revision: first.model.revision },
      engine: environment.engine,
      prompt: environment.prompt,
      familiarity: first.settings,
    }),
    ...{ sets, eos: 'exclude', style, excluded: [], notices },
  });
}

function measuredUnder(model: string, results: readonly StageResult[]) {
  return results
    .filter((result) => result.kind === 'familiarity')
    .filter((one) => one.model === model);
}
