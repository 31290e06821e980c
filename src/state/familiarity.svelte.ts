/**
 * How familiar each answer is to the open model: what was measured, with which settings, and the
 * averages of each set. A measurement belongs to the text of question and answer, so joining,
 * hiding or renaming sets never costs it; other settings or another model do.
 */
import { questionKey, type ResponseRow, type ResponseSet } from '../data/response-set.ts';
import {
  averagePerplexity,
  bitsPerByte,
  perplexityMeans,
  rowPerplexity,
  summarizePerplexity,
  winRateMatrix,
  type EosPolicy,
  type PerplexityMean,
} from '../familiarity/aggregate.ts';
import {
  familiarityFields,
  type FamiliaritySettings,
  type RowFamiliarity,
} from '../familiarity/config.ts';
import { defaultsOf } from '../fields.ts';
import { createRandom } from '../random.ts';
import type { BootstrapInterval } from '../statistics/bootstrap.ts';
import { mean } from '../statistics/summary.ts';
import type { MeasureProgress, MeasureRequest, PromptSettings } from '../../workers/protocol.ts';
import { changedFields, fieldsFromAddress, type Addressed } from './address.ts';
import type { AnswerSet, AnswersState } from './answers.svelte.ts';
import { Job, type Activity } from './job.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

/** A set of answers with what was measured of it. */
export interface MeasuredSet {
  entry: AnswerSet;
  /** Joined, without the questions left out. */
  set: ResponseSet;
  /** One for each row of the set; undefined where it is not measured (yet). */
  rows: readonly (RowFamiliarity | undefined)[];
  measured: readonly RowFamiliarity[];
  /** Each average by its name; NaN while nothing is measured. */
  averages: Readonly<Record<PerplexityMean, number>>;
  bitsPerByte: number;
  meanTokens: number;
}

/** What a measurement was made with; printed with every result. */
export interface MeasuredWith {
  modelId: string;
  prompt: PromptSettings;
  familiarity: FamiliaritySettings;
  engine: string;
}

const { batchTokens, maxLength } = familiarityFields;
const ownFields = { batchTokens, maxLength };
const SEED = 1;
/** Above so many answers an interval from fewer resamples is as steady and far quicker. */
const MANY_ANSWERS = 2000;

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
  /** Answers that could not be scored, by the key of their text, with the reason. */
  skipped = $state.raw<ReadonlyMap<string, string>>(emptyMap());
  /** Bootstrap intervals of the chosen average, by set; they come after the numbers. */
  intervals = $state.raw<ReadonlyMap<string, BootstrapInterval>>(emptyMap());

  /** Raised when rows arrive; the rows themselves are plain. */
  #version = $state(0);
  #byText = new Map<string, RowFamiliarity>();
  /** What an answer took last time, and with which settings: better than a trial. */
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
    this.measuring = new Job(activity, client, { name: 'Measuring' });
  }

  readonly #now = $derived.by((): MeasuredWith | undefined => {
    const { summary, engine } = this.#model;
    if (summary === undefined) return undefined;
    return {
      modelId: summary.id,
      prompt: this.#answers.prompt,
      familiarity: { ...this.settings, encoding: this.#answers.encoding },
      engine: engine?.name ?? 'unknown',
    };
  });

  /** The numbers on screen are of another model or other settings than those chosen now. */
  readonly stale = $derived(
    this.measuredWith !== undefined &&
      this.#now !== undefined &&
      decisive(this.measuredWith) !== decisive(this.#now),
  );

  readonly sets = $derived.by((): MeasuredSet[] => {
    void this.#version;
    return this.#answers.included.map((set) => {
      const rows = set.rows.map((row) => this.#find(row));
      const measured = rows.filter((row) => row !== undefined);
      const averages = Object.fromEntries(
        perplexityMeans.map((kind) => [kind, averagePerplexity(measured, kind, this.eos)]),
      ) as Record<PerplexityMean, number>;
      return {
        entry: this.#answers.entry(set.id)!,
        set,
        rows,
        measured,
        averages,
        bitsPerByte: bitsPerByte(measured),
        meanTokens: mean(measured.map((row) => row.responseTokens)),
      };
    });
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
    if (this.stale) return included;
    void this.#version;
    return included
      .map((set) => ({ ...set, rows: set.rows.filter((row) => this.#unmeasured(row)) }))
      .filter((set) => set.rows.length > 0);
  });
  readonly hasResults = $derived(this.ranked.length > 0);
  readonly complete = $derived(this.hasResults && this.pending.length === 0);

  /** What Measure would do; undefined while there is no model or nothing to measure. */
  readonly request = $derived.by((): MeasureRequest | undefined => {
    const sets = this.pending.length > 0 ? this.pending : this.#answers.included;
    if (this.#now === undefined || sets.length === 0) return undefined;
    return { sets, prompt: this.#now.prompt, familiarity: this.#now.familiarity };
  });

  perplexity(row: RowFamiliarity): number {
    return rowPerplexity(row, this.eos);
  }

  /** Why an answer has no number, when it could not be scored. */
  reason(row: ResponseRow): string | undefined {
    return this.skipped.get(textKey(row));
  }

  readonly measure = async (): Promise<void> => {
    const { request } = this;
    const now = this.#now;
    if (request === undefined || now === undefined || this.#activity.job !== undefined) return;
    if (this.stale || this.pending.length === 0) this.#clear();
    this.measuredWith = now;
    const textOf = new Map<string, string>();
    for (const set of request.sets) {
      for (const row of set.rows) textOf.set(`${set.id}/${row.id}`, textKey(row));
    }
    const take = (setId: string, rows: readonly RowFamiliarity[]): void => {
      for (const row of rows) {
        const text = textOf.get(`${setId}/${row.rowId}`);
        if (text !== undefined) this.#byText.set(text, row);
      }
      this.#version++;
    };
    const total = textOf.size;
    const began = performance.now();
    await this.measuring.run({ done: 0, total, unit: 'answers' }, async () => {
      const results = await this.#client.api.measure(plain(request), (progress) => {
        take(progress.setId, progress.rows);
        this.measuring.tell(measureReport(progress));
        return Promise.resolve();
      });
      const skipped = new Map(this.skipped);
      for (const { setId, rows, skipped: left } of results) {
        take(setId, rows);
        for (const { rowId, reason } of left) {
          const text = textOf.get(`${setId}/${rowId}`);
          if (text !== undefined) skipped.set(text, reason);
        }
      }
      this.skipped = skipped;
      const seconds = (performance.now() - began) / 1000 / total;
      this.#pace = { seconds, settings: decisive(now) };
    });
    this.#version++;
  };

  /** Asks for a trial, so that the button can say how long it takes. */
  readonly askTime = async (): Promise<void> => {
    const { request } = this;
    const now = this.#now;
    if (request === undefined || now === undefined || this.#activity.job !== undefined) return;
    this.estimate = undefined;
    if (this.#pace?.settings === decisive(now)) {
      const answers = request.sets.reduce((sum, set) => sum + set.rows.length, 0);
      this.estimate = answers * this.#pace.seconds;
      return;
    }
    try {
      const seconds = await this.#client.api.estimateMeasure(plain(request));
      if (this.request === request) this.estimate = seconds;
    } catch {
      // A button without a time still measures; its own error would say what is wrong.
    }
  };

  /** Computes the intervals set by set, leaving the page its frames. @returns how to stop */
  readonly estimateIntervals = (): (() => void) => {
    const { chosen, eos } = this;
    const sets = this.sets.filter(({ measured }) => measured.length > 0);
    let stopped = false;
    const work = async (): Promise<void> => {
      const intervals = new Map<string, BootstrapInterval>();
      for (const { set, measured } of sets) {
        await new Promise((resolve) => setTimeout(resolve));
        if (stopped) return;
        const random = createRandom(SEED).fork(`interval/${set.id}`);
        const resamples = measured.length > MANY_ANSWERS ? { resamples: 400 } : {};
        const options = { chosen, eos, random, ...resamples };
        intervals.set(set.id, summarizePerplexity(measured, options).interval);
      }
      this.intervals = intervals;
    };
    void work();
    return () => (stopped = true);
  };

  get addressed(): Record<string, string> {
    return {
      ...changedFields('measure.', ownFields, this.settings),
      ...(this.chosen !== 'median' && { mean: this.chosen }),
      ...(this.countEnd && { end: 'true' }),
    };
  }

  restore(settings: URLSearchParams): void {
    Object.assign(this.settings, fieldsFromAddress('measure.', ownFields, settings));
    this.chosen = perplexityMeans.find((kind) => kind === settings.get('mean')) ?? this.chosen;
    this.countEnd = settings.get('end') === 'true';
  }

  #clear(): void {
    this.#byText = new Map();
    this.skipped = emptyMap();
    this.intervals = emptyMap();
    this.#version++;
  }

  #find(row: ResponseRow): RowFamiliarity | undefined {
    const found = this.#byText.get(textKey(row));
    return found === undefined || found.rowId === row.id ? found : { ...found, rowId: row.id };
  }

  #unmeasured(row: ResponseRow): boolean {
    const key = textKey(row);
    return !this.#byText.has(key) && !this.skipped.has(key);
  }
}

function measureReport(progress: MeasureProgress): Parameters<Job['tell']>[0] {
  return {
    done: progress.rowsDone,
    total: progress.rowsTotal,
    unit: 'answers',
    rate: progress.tokensPerSecond,
    rateUnit: 'tokens',
    secondsLeft: progress.secondsLeft,
  };
}

/** The settings that change a number; batch size does not. */
function decisive({ modelId, prompt, familiarity, engine }: MeasuredWith): string {
  const { encoding, maxLength: longest } = familiarity;
  return JSON.stringify([modelId, prompt, encoding, longest, engine]);
}

/** Reactive proxies do not cross to a worker. */
function plain(request: MeasureRequest): MeasureRequest {
  return $state.snapshot(request) as MeasureRequest;
}

function textKey(row: ResponseRow): string {
  return `${questionKey(row)}\u0000${row.response}`;
}

function emptyMap<Value>(): ReadonlyMap<string, Value> {
  return new Map();
}
