/**
 * How familiar each answer is to the open model: what is measured, with which settings, and what
 * follows for each set. Other settings or another model make the numbers stale.
 */
import type { ResponseRow, ResponseSet } from '../data/response-set.ts';
import { refuseUnmeasured } from '../data/row-notices.ts';
import {
  perplexityMeans,
  rowPerplexity,
  winRateMatrix,
  type EosPolicy,
  type PerplexityMean,
} from '../familiarity/aggregate.ts';
import { familiarityFields, styleFields, type RowFamiliarity } from '../familiarity/config.ts';
import { decisivePart, measurementSetup } from '../exchange/familiarity-record/setup.ts';
import { defaultsOf } from '../fields.ts';
import type { BootstrapInterval } from '../statistics/bootstrap.ts';
import type { MeasuredBatch, MeasureRequest } from '../../workers/protocol.ts';
import { changedFields, fieldsFromAddress, type Addressed } from './address.ts';
import type { AnswersState } from './answers.svelte.ts';
import { estimateIntervals } from './familiarity-intervals.ts';
import { Job, type Activity } from './job.svelte.ts';
import { measuredSet, type SetScores } from './measured-set.ts';
import { askedPart, type KeptMeasurement, type MeasuredWith } from './measured-with.ts';
import { Measurements } from './measurements.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import { OwnStyle } from './own-style.svelte.ts';
import { printMeasure, type PrintedCommand } from './printed-command.ts';
import type { TrainerClient } from './trainer-client.ts';

const { batchTokens, lossOn, maxLength } = familiarityFields;
const ownFields = { batchTokens, lossOn, maxLength };

export class FamiliarityState implements Addressed {
  readonly settings = $state(defaultsOf(ownFields));
  /** The average that is plotted and compared. */
  chosen = $state<PerplexityMean>('median');
  countEnd = $state(false);
  readonly eos = $derived<EosPolicy>(this.countEnd ? 'include' : 'exclude');

  readonly measuring: Job;
  /** Seconds that measuring will take, from a trial on this machine. */
  estimate = $state.raw<number | undefined>();
  measuredWith = $state.raw<MeasuredWith | undefined>();
  /** Bootstrap intervals of the chosen average, by set; they come after the numbers. */
  intervals = $state.raw<ReadonlyMap<string, BootstrapInterval>>(new Map());

  readonly style: OwnStyle;
  readonly measurements = new Measurements();
  /** Finds what was measured with the same model and settings before, on this visit or an earlier one. */
  recall: (made: MeasuredWith) => Promise<KeptMeasurement | undefined> = () =>
    Promise.resolve(undefined);
  /** Seconds a character took last time, and with which settings: better than a trial. */
  #pace: { seconds: number; settings: string } | undefined;
  readonly #model: ModelState;
  readonly #answers: AnswersState;
  readonly #client: TrainerClient;
  readonly #activity: Activity;

  constructor(
    client: TrainerClient,
    activity: Activity,
    { model, answers }: { model: ModelState; answers: AnswersState },
  ) {
    this.#client = client;
    this.#activity = activity;
    this.#model = model;
    this.#answers = answers;
    this.style = new OwnStyle(client);
    this.measuring = new Job(activity, client, { name: 'Measuring' });
  }

  readonly #now = $derived.by((): MeasuredWith | undefined => {
    const { summary, engine, opened: source, openedAs } = this.#model;
    if (summary === undefined || engine === undefined) return undefined;
    const { prompt } = this.#answers;
    const familiarity = { ...this.settings, encoding: this.#answers.encoding };
    const revision = source?.kind === 'hub' ? source.revision : undefined;
    const model = { ...summary, revision, chatTemplate: summary.prompt.chatTemplate };
    const setup = measurementSetup({ model, engine, prompt, familiarity });
    return { setup, prompt, familiarity, openedAs };
  });

  /** The numbers on screen are of another model or other settings than those chosen now. */
  readonly stale = $derived(
    this.measuredWith !== undefined &&
      this.#now !== undefined &&
      decisivePart(this.measuredWith.setup) !== decisivePart(this.#now.setup),
  );

  /** The sets with examples of the model's own style before every question. */
  readonly styled = $derived.by(() => this.style.prepare(this.#answers.included));

  readonly sets = $derived.by((): SetScores[] => {
    const inStyle = this.styled.kind === 'ready' ? this.styled.sets : [];
    const find = (row: ResponseRow) => this.measurements.find(row);
    return this.#answers.included.map((set, i) =>
      measuredSet(this.#answers.entry(set.id)!, set, inStyle[i], { find, eos: this.eos }),
    );
  });

  /** Sets by the chosen average, the most familiar first; in order of arrival while they grow. */
  readonly ranked = $derived.by(() => {
    const sets = this.sets.filter(({ measured }) => measured.length > 0);
    if (this.measuring.running) return sets;
    return sets.toSorted((a, b) => a.averages[this.chosen] - b.averages[this.chosen]);
  });

  /** [i][j], in the order of `ranked`: on which share of questions set j is the more familiar. */
  readonly wins = $derived.by(() =>
    winRateMatrix(
      this.ranked.map(({ measured }) => ({ rows: measured })),
      this.eos,
    ),
  );

  /** The answers that no measurement in force covers, as sets. */
  readonly pending = $derived.by((): ResponseSet[] => {
    const { included } = this.#answers;
    return this.stale ? included : this.measurements.missing(included);
  });
  /** The same in style; of about the right length while the examples are not known. */
  readonly #pendingInStyle = $derived.by((): ResponseSet[] => {
    const { styled } = this;
    if (styled.kind === 'unasked') return styled.alike;
    if (styled.kind !== 'ready') return [];
    return this.stale ? styled.sets : this.measurements.missing(styled.sets);
  });
  readonly hasResults = $derived(this.ranked.length > 0);
  readonly complete = $derived(
    this.hasResults && this.pending.length === 0 && this.#pendingInStyle.length === 0,
  );

  /** What Measure would do; undefined while there is no model or nothing to measure. */
  readonly request = $derived.by((): MeasureRequest | undefined => {
    const pending = [...this.pending, ...this.#pendingInStyle];
    const sets = pending.length > 0 ? pending : this.#answers.included;
    if (this.#now === undefined || sets.length === 0) return undefined;
    return { sets, prompt: this.#now.prompt, familiarity: this.#now.familiarity };
  });

  perplexity(row: RowFamiliarity): number {
    return rowPerplexity(row, this.eos);
  }

  /** What model and prompt had to say; the model's only while it is the one that was measured. */
  readonly notices = $derived.by(() => [
    ...(this.stale ? [] : (this.#model.summary?.notices ?? [])),
    ...this.measurements.promptNotices,
  ]);

  /** Measures the same without the page; undefined for a measurement whose model is not open. */
  readonly command = $derived.by((): PrintedCommand | undefined => {
    const made = this.measuredWith;
    if (made?.openedAs === undefined) return undefined;
    const sets = this.#answers.joined;
    const { excluded } = this.#answers;
    const example = (set: ResponseSet) => this.#answers.exampleOf(set);
    const styleExamples = this.style.on ? this.style.settings.styleExamples : undefined;
    return printMeasure(made.openedAs, { sets, excluded, example }, { ...made, styleExamples });
  });

  /** Why an answer has no number, when it could not be scored. */
  reason(row: ResponseRow): string | undefined {
    return this.measurements.reason(row);
  }

  readonly measure = async (): Promise<void> => {
    const now = this.#now;
    if (this.request === undefined || now === undefined || this.#activity.job !== undefined) return;
    const anew = this.complete && !this.stale;
    if (this.stale || this.complete) this.#clear();
    this.measuredWith = now;
    const total = this.pending.reduce((sum, { rows }) => sum + rows.length, 0);
    await this.measuring.run({ done: 0, total, unit: 'answers' }, async () => {
      const kept = anew || this.measurements.size > 0 ? undefined : await this.recall(now);
      if (kept !== undefined) this.bringBack({ ...kept, made: now });
      await this.#measure(this.pending, now);
      if (!this.style.on) return;
      await this.#askForStyle(now);
      await this.#measure(this.#pendingInStyle, now, 'in its own style');
    });
  };

  /** Numbers arrive batch by batch; what came before an error or a stop stays. */
  async #measure(sets: readonly ResponseSet[], now: MeasuredWith, note?: string): Promise<void> {
    if (sets.length === 0) return;
    const take = this.measurements.intake(sets);
    const began = performance.now();
    const { prompt, familiarity } = now;
    const request = plain({ sets: [...sets], prompt, familiarity });
    const results = await this.#client.api.measure(request, (progress) => {
      take(progress);
      this.measuring.tell({ ...measureReport(progress), ...(note !== undefined && { note }) });
      return Promise.resolve();
    });
    results.forEach(take);
    if (!this.hasResults) refuseUnmeasured(sets, results);
    const seconds = (performance.now() - began) / 1000 / charactersOf(sets);
    this.#pace = { seconds, settings: decisivePart(now.setup) };
  }

  async #askForStyle(now: MeasuredWith): Promise<void> {
    const rows = this.#answers.included[0]!.rows;
    const total = rows.length;
    const first = { done: 0, total, unit: 'questions', note: 'answering by itself' };
    this.measuring.tell(first);
    const model = { setUp: askedPart(now.setup), prompt: now.prompt };
    await this.style.ask(rows, model, (right, done) => {
      this.measuring.tell({ ...first, done, note: `answering by itself, ${right} right` });
      return Promise.resolve();
    });
  }

  /** Asks for a trial, so that the button can say how long it takes. */
  readonly askTime = async (): Promise<void> => {
    const { request } = this;
    const now = this.#now;
    if (request === undefined || now === undefined || this.#activity.job !== undefined) return;
    this.estimate = undefined;
    if (this.#pace?.settings === decisivePart(now.setup)) {
      this.estimate = charactersOf(request.sets) * this.#pace.seconds;
      return;
    }
    try {
      const few = request.sets.map((set) => ({ ...set, rows: set.rows.slice(0, TRIAL_ROWS) }));
      const seconds = await this.#client.api.estimateMeasure(plain({ ...request, sets: few }));
      const share = charactersOf(few) / charactersOf(request.sets);
      if (this.request === request) this.estimate = seconds / share;
    } catch {
      // A button without a time still measures; its own error would say what is wrong.
    }
  };

  /** Computes the intervals set by set, leaving the page its frames. @returns how to stop */
  readonly estimateIntervals = (): (() => void) => {
    const sets = this.sets.filter(({ measured }) => measured.length > 0);
    return estimateIntervals(sets, this, (intervals) => (this.intervals = intervals));
  };

  get addressed(): Record<string, string> {
    return {
      ...changedFields('measure.', ownFields, this.settings),
      ...(this.chosen !== 'median' && { mean: this.chosen }),
      ...(this.countEnd && { end: 'true' }),
      ...(this.style.on && { style: String(this.style.settings.styleExamples) }),
    };
  }

  restore(settings: URLSearchParams): void {
    Object.assign(this.settings, fieldsFromAddress('measure.', ownFields, settings));
    this.chosen = perplexityMeans.find((kind) => kind === settings.get('mean')) ?? this.chosen;
    this.countEnd = settings.get('end') === 'true';
    const examples = settings.get('style');
    if (examples === null) return;
    const named = new URLSearchParams({ styleExamples: examples });
    Object.assign(this.style.settings, fieldsFromAddress('', styleFields, named));
    this.style.on = true;
  }

  /**
   * Shows a measurement that was made before, here or by the command, with its settings in the form;
   * nothing is measured.
   * @param place names the record in errors
   * @throws DataError as `readRecord`
   */
  readonly show = async (text: string, place: string): Promise<void> => {
    // The reader comes with its schema library, which nobody needs before.
    const { measurementOf, readRecord } = await import('../exchange/familiarity-record/read.ts');
    const opened = readRecord(text, place);
    const { setup, sets, eos, style, excluded } = measurementOf(opened);
    const { encoding: cut, ...settings } = setup.settings;
    this.#answers.use(sets, { encoding: cut, prompt: setup.prompt, excluded });
    Object.assign(this.settings, settings);
    this.countEnd = eos === 'include';
    this.style.restore(style, sets[0]?.set.rows ?? [], askedPart(setup));
    this.#clear();
    const { prompt } = this.#answers;
    this.measuredWith = { setup, prompt, familiarity: setup.settings, openedAs: undefined, opened };
    for (const one of sets) this.measurements.intake([one.set])({ setId: one.set.id, ...one });
    const styled = this.style.prepare(sets.map(({ set }) => set));
    if (styled.kind !== 'ready') return;
    styled.sets.forEach((set, i) => {
      const scored = sets[i]!.inStyle;
      if (scored) this.measurements.intake([set])({ setId: set.id, ...scored });
    });
  };

  /** Takes back what was measured before. */
  bringBack({ made, answers, promptNotices, ownAnswers }: KeptMeasurement): void {
    this.#clear();
    this.measuredWith = made;
    this.measurements.bringBack(answers, promptNotices);
    this.style.bringBack(askedPart(made.setup), ownAnswers);
  }

  #clear(): void {
    this.measurements.clear();
    this.intervals = new Map();
  }
}

function measureReport(progress: MeasuredBatch): Parameters<Job['tell']>[0] {
  return {
    done: progress.rowsDone,
    total: progress.rowsTotal,
    unit: 'answers',
    rate: progress.tokensPerSecond,
    rateUnit: 'tokens',
    secondsLeft: progress.secondsLeft,
  };
}

/** Reactive proxies do not cross to a worker. Sets are none, and may be too large to copy once more. */
function plain({ sets, ...settings }: MeasureRequest): MeasureRequest {
  return { ...($state.snapshot(settings) as Omit<MeasureRequest, 'sets'>), sets };
}

/** Of each set, for a trial: all of a large one would take longer to send than to try. */
const TRIAL_ROWS = 1_000;

function charactersOf(sets: readonly ResponseSet[]): number {
  const length = ({ question, response }: ResponseRow) => question.length + response.length;
  const ofSet = ({ rows }: ResponseSet) => rows.reduce((sum, row) => sum + length(row), 0);
  return sets.reduce((sum, set) => sum + ofSet(set), 0);
}
