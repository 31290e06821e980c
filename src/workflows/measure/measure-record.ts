/** Sets measured on an open model, in the model's own style too when asked, as a familiarity record. */
import type { ResponseSet } from '../../data/response-set.ts';
import { refuseUnmeasured } from '../../data/row-notices.ts';
import type { EngineReport } from '../../engine/config.ts';
import { inStyle, neededAnswers, tooFewAnswers, type OwnAnswer } from '../../evaluate/own-style.ts';
import type { FamiliarityRecord } from '../../exchange/familiarity-record/schema.ts';
import { measurementSetup } from '../../exchange/familiarity-record/setup.ts';
import { makeRecord, type ScoredSet } from '../../exchange/familiarity-record/write.ts';
import type { FamiliaritySettings } from '../../familiarity/config.ts';
import type { Host } from '../../host.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { Precision } from '../../../models/precision.ts';
import { notice, type Notice } from '../../notices.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import { ownAnswers } from '../generate/own-answers.ts';
import type { OpenModel } from '../open/open-model.ts';
import { measureSets, type MeasuredBatch, type MeasuredSet } from './measure-sets.ts';

export interface RecordRequest {
  /** Without the questions that are left out. */
  sets: readonly ResponseSet[];
  prompt: PromptSettings;
  familiarity: FamiliaritySettings;
  /** The adapter that is applied, and what names it. */
  adapter?: { applied: LoraAdapter; name: string; sha256: string } | undefined;
  /** How many of the model's own right answers stand before each question; undefined: none. */
  styleExamples?: number | undefined;
  /** Ids of the questions that were left out by hand. */
  excluded: readonly string[];
  /** What reading the adapter and the answers had to say. */
  notices: readonly Notice[];
}

/** What the model was opened with. */
export interface OpenedWith {
  engine: EngineReport;
  precision: Precision;
  /** Of a model of the hub. */
  revision: string | undefined;
  /** What opening it had to say. */
  notices: readonly Notice[];
}

export interface RecordReports {
  measured: (batch: MeasuredBatch) => Promise<void>;
  /** Own answers that are right, of so many asked and so many needed. */
  answered: (right: number, questions: number, wanted: number) => Promise<void>;
}

/**
 * @throws DataError when no answer of a set can be measured, naming each with the reason
 * @throws StoppedError when asked to stop between two batches
 */
export async function measureRecord(
  opened: OpenModel,
  { engine, precision, revision, notices: openedNotices }: OpenedWith,
  request: RecordRequest,
  host: Host,
  reports: RecordReports,
): Promise<FamiliarityRecord> {
  const { sets, prompt, familiarity, adapter, styleExamples, excluded } = request;
  const applied = adapter?.applied;
  const measure = (these: readonly ResponseSet[]): Promise<MeasuredSet[]> => {
    const settings = { sets: these, prompt, familiarity, adapter: applied };
    return measureSets(opened, settings, host, reports.measured);
  };
  const notices = [...openedNotices, ...request.notices];
  const measured = await measure(sets);
  refuseUnmeasured(sets, measured);
  notices.push(...measured.flatMap(({ promptNotices }) => promptNotices));
  let styleAnswers: OwnAnswer[] | undefined;
  let styled: MeasuredSet[] | undefined;
  if (styleExamples !== undefined) {
    styleAnswers = await findOwnAnswers(opened, request, styleExamples, host, reports);
    const after = sets.flatMap((set) => inStyle(set, styleAnswers!, styleExamples) ?? []);
    if (after.length === sets.length) styled = await measure(after);
    else notices.push(notice('info', tooFewAnswers(opened.id, styleAnswers, styleExamples)));
  }
  const { id, filesHash, weightsHash, model, tokenizer } = opened;
  return makeRecord({
    setup: measurementSetup({
      model: {
        ...{ id, revision, filesHash, weightsHash, precision },
        format: model.format,
        contextLength: model.shape.contextLength,
        chatTemplate: tokenizer.chatTemplate !== undefined,
      },
      engine,
      prompt,
      familiarity,
      adapter: adapter ? { name: adapter.name, sha256: adapter.sha256 } : null,
    }),
    sets: measured.map((one, i): ScoredSet => ({
      ...one,
      set: sets[i]!,
      inStyle: styled?.[i],
    })),
    eos: 'exclude',
    style:
      styleAnswers === undefined ? null : { examples: styleExamples!, own_answers: styleAnswers },
    excluded,
    notices,
  });
}

function findOwnAnswers(
  opened: OpenModel,
  { sets, prompt, adapter }: RecordRequest,
  examples: number,
  host: Host,
  { answered }: RecordReports,
): Promise<OwnAnswer[]> {
  const wanted = neededAnswers(examples);
  const model = { opened, prompt, adapter: adapter?.applied };
  return ownAnswers(model, { rows: sets[0]!.rows, wanted }, host, (right, done) =>
    answered(right, done, wanted),
  );
}
