/** What is kept of a training run: facts that never change, how far it came, and what it found. */
import { defaultsOf } from '../fields.ts';
import type { EncodingMode } from '../tokenizer/encode-pair.ts';
import type { LoraSettings } from '../lora/config.ts';
import { loraFields } from '../lora/config.ts';
import type { StepLog } from '../metrics/step-report.ts';
import type { TrainingSettings } from '../train/config.ts';
import { trainingFields } from '../train/config.ts';
import { checkFields, type CheckSettings } from '../evaluate/config.ts';
import type {
  HeldOutCheck,
  PromptSettings,
  TrainingPlan,
  TrainSummary,
} from '../../workers/protocol.ts';

import type { OpenedAs } from './opened-as.ts';

/** Taken when the run starts and never changed after. */
export interface RunSettings {
  readonly prompt: PromptSettings;
  readonly encoding: EncodingMode;
  readonly lora: LoraSettings;
  readonly training: TrainingSettings;
  /** Absent in records of before: nothing was asked. */
  readonly checks?: CheckSettings | undefined;
  /** Name of the set the held-out loss is measured on; undefined: a share of the run's own answers. */
  readonly validation: string | undefined;
}

export interface RunFailure {
  /** Class of the error, such as TrainingDivergedError. */
  name: string;
  message: string;
  problems: readonly string[];
  /** Step at which a number was none. */
  step?: number;
}

export interface RunRecord {
  readonly id: string;
  /** Runs started by one click share it. */
  readonly batch: string;
  name: string;
  readonly setId: string;
  readonly setName: string;
  /** 1 to 8: color and mark of the set. */
  readonly slot: number;
  readonly modelId: string;
  /** How a command opens the model; absent from records of earlier versions. */
  readonly openedAs?: OpenedAs | undefined;
  readonly vocabSize: number;
  readonly settings: RunSettings;
  /** ISO 8601. */
  readonly startedAt: string;
  /** What it cost, as said before it started. */
  readonly plan: TrainingPlan | undefined;
  /** `running` in the archive of a page that was closed means interrupted. */
  state: 'running' | 'finished' | 'stopped' | 'failed';
  /** Steps whose checkpoint it went on from. */
  resumedAt: readonly number[];
  /** The model's answers to held-out questions, by step. */
  answers?: readonly HeldOutCheck[];
  failure?: RunFailure | undefined;
  summary?: TrainSummary;
}

/** A run in the queue, before it has begun; what it is started with is kept beside it. */
export interface WaitingRun {
  readonly id: string;
  readonly batch: string;
  /** Within its batch, from 0. */
  readonly number: number;
  readonly label: string;
  readonly seed: number;
  readonly slot: number;
  readonly modelId: string;
  readonly openedAs: OpenedAs | undefined;
  readonly vocabSize: number;
  /** Made anew when it is not known. */
  readonly plan: TrainingPlan | undefined;
}

export type RunStatus =
  | { kind: 'running'; step: number }
  | { kind: 'finished' }
  | { kind: 'stopped'; step: number }
  | { kind: 'interrupted'; step: number }
  /** Another tab trains it, or is about to. */
  | { kind: 'elsewhere'; step: number }
  | { kind: 'failed'; failure: RunFailure };

export interface RunOutcome {
  /** Held-out loss, nats per token: first and last measured; NaN when never. */
  before: number;
  after: number;
  /** before − after */
  drop: number;
  accuracyBefore: number;
  accuracyAfter: number;
  step: number;
}

export function outcomeOf(log: StepLog): RunOutcome {
  const loss = endsOf(log.column('validationLoss'));
  const accuracy = endsOf(log.column('validationAccuracy'));
  return {
    before: loss.first,
    after: loss.last,
    drop: loss.first - loss.last,
    accuracyBefore: accuracy.first,
    accuracyAfter: accuracy.last,
    step: log.length === 0 ? 0 : log.at('step', log.length - 1),
  };
}

/** Held-out questions right at the first and the last step; undefined unless all were asked twice. */
export interface QuestionsRight {
  before: number;
  after: number;
  total: number;
  /** Ids of the questions. */
  questions: string;
}

export function questionsRight({ answers = [] }: RunRecord): QuestionsRight | undefined {
  const [before, after] = answers.filter(({ whole }) => whole);
  if (before === undefined || after === undefined) return undefined;
  const right = ({ answers: given }: HeldOutCheck) => given.filter((one) => one.right).length;
  return {
    before: right(before),
    after: right(after),
    total: after.answers.length,
    questions: after.answers.map(({ id }) => id).join(' '),
  };
}

/** Answers with those of a step put in their place. */
export function withAnswers(
  answers: readonly HeldOutCheck[],
  check: HeldOutCheck,
): readonly HeldOutCheck[] {
  const others = answers.filter(({ step, whole }) => step !== check.step || whole !== check.whole);
  return [...others, check].sort((a, b) => a.step - b.step);
}

/** Every setting of a run by one name each, as tables and files show them. */
export function flatSettings({ settings, setName, modelId }: RunRecord): Record<string, string> {
  const { lora, training, checks, prompt, encoding, validation } = settings;
  const full = training.method === 'full';
  // A record of an earlier version lacks what was added since; its default means "as before".
  const known = { ...defaultsOf(trainingFields), ...training };
  const shown = { ...known, ...checks, ...(full ? {} : { ...lora }) };
  return {
    model: modelId,
    set: setName,
    ...Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, String(value)])),
    encoding,
    template: prompt.useChatTemplate ? 'chat template' : prompt.plainTemplate,
    'held-out answers': validation ?? 'own answers',
  };
}

/** A setting's name in a student's words. */
export function settingLabel(name: string): string {
  const fields: Record<string, { label: string } | undefined> = {
    ...trainingFields,
    ...loraFields,
    ...checkFields,
  };
  return fields[name]?.label ?? `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`;
}

/** Names of the settings that are not the same in all of these runs; few rows, so only these. */
export function differingSettings(records: readonly RunRecord[]): string[] {
  const all = records.map(flatSettings);
  const names = new Set(all.flatMap((settings) => Object.keys(settings)));
  return [...names].filter((name) => new Set(all.map((settings) => settings[name])).size > 1);
}

/** Runs that differ by nothing but their seed have the same key. */
export function seedGroup(record: RunRecord): string {
  return JSON.stringify([record.setId, { ...flatSettings(record), seed: undefined }]);
}

function endsOf(column: Float64Array): { first: number; last: number } {
  const finite = column.filter((value) => Number.isFinite(value));
  return { first: finite[0] ?? NaN, last: finite.at(-1) ?? NaN };
}

/** Sorts by time; unlike every other of this browser. */
export function newRunId(): string {
  const time = timeStamp().replace(/\D/g, '').slice(0, 17);
  return `${time}-${crypto.randomUUID().slice(0, 4)}`;
}

/** When a run or an experiment was begun, by its id; undefined for other ids. */
export function timeOfId(id: string): Date | undefined {
  const digits = /^(?:experiment-)?(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\d{3}-/.exec(id);
  if (digits === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = digits;
  return new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
}

/** Now, in ISO 8601. */
export function timeStamp(): string {
  return new Date().toISOString();
}
