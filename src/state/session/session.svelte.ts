/**
 * What a person has brought and made here outlives the page: sets, measurements, edits and settings
 * are written as they come and are here again on return. The parts of the page know nothing of it.
 */
import { flushSync } from 'svelte';
import { readIds } from '../address.ts';
import type { AnswerSet } from '../answer-set.ts';
import type { AppState } from '../app-state.svelte.ts';
import { PageDatabase, type BadRecord, type Change } from '../database.ts';
import type { ExperimentDraft } from '../experiment-draft.svelte.ts';
import { taskFile } from '../experiment-sources.ts';
import type { KeptMeasurement } from '../measured-with.ts';
import { MeasurementStore } from './measurement-store.ts';
import { PartStore } from './part-store.ts';
import { sessionStores, type SessionStores } from './records.ts';
import { Saver } from './saver.ts';
import { SetStore } from './set-store.ts';
import { watchParts } from './watch.svelte.ts';

export interface SessionOptions {
  /** Name of the database. */
  name?: string;
  /** Opens the page anew, without settings in its address. */
  leave?: () => void;
}

/** What came back from an earlier visit, or would go with a fresh start. */
export interface Contents {
  sets: number;
  measured: number;
  edits: number;
  question: boolean;
}

/** Milliseconds from a change to its being written. */
const SOON = 300;
const MEASURED_SOON = 1000;

const storeNames = Object.keys(sessionStores) as (keyof SessionStores)[];

export class Session {
  /** What came back; undefined when there was nothing. */
  restored = $state.raw<Contents | undefined>();
  /** Why nothing is kept. */
  refused = $state.raw<string | undefined>();
  bad = $state.raw<readonly BadRecord[]>([]);
  /** Sets that are not whole. */
  problems = $state.raw<readonly string[]>([]);
  /** Another tab has started fresh: nothing of this one is kept any more. */
  deleted = $state(false);
  readonly #app: AppState;
  readonly #database: PageDatabase<SessionStores>;
  readonly #sets: SetStore;
  readonly #measurements: MeasurementStore;
  readonly #parts: PartStore;
  readonly #saver = new Saver();
  readonly #channel: BroadcastChannel;
  readonly #leave: () => void;
  /** Sets wait to be written, or are just being written. */
  #writingSets = false;
  #unwatch: () => void = () => undefined;

  constructor(app: AppState, options: SessionOptions = {}) {
    const { name = 'idiolect-session', leave = reload } = options;
    this.#app = app;
    this.#leave = leave;
    this.#database = new PageDatabase(name, 1, sessionStores);
    this.#database.onchange(({ refused, bad }) => {
      this.refused = refused;
      this.bad = bad;
    });
    this.#sets = new SetStore(this.#database);
    this.#measurements = new MeasurementStore(this.#database);
    this.#parts = new PartStore(this.#database);
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = () => {
      this.deleted = true;
      void this.#saver.stop();
    };
  }

  /** What is here that a fresh start would delete. */
  readonly contents = $derived.by((): Contents => {
    const { answers, familiarity, handEdits, playground } = this.#app;
    return {
      sets: answers.sets.filter(({ example }) => !example).length,
      measured: familiarity.measurements.size,
      edits: handEdits.count,
      question: playground.typed.question !== undefined,
    };
  });

  /** Leaving the page would lose something. */
  get unsaved(): boolean {
    const lost = this.refused !== undefined || this.deleted || this.#writingSets;
    return lost && isAnything(this.contents);
  }

  /** The settings in force at the end of the last visit. */
  async settings(): Promise<URLSearchParams> {
    return new URLSearchParams((await this.#parts.get('settings'))?.text);
  }

  /** Files that were open; they have to be chosen again. */
  async modelFiles(): Promise<void> {
    const kept = await this.#parts.get('model-files');
    if (kept !== undefined) this.#app.model.expectFiles(kept.files);
  }

  /** Brings everything back but the settings, once the examples are there. */
  async bringBack(settings: URLSearchParams): Promise<void> {
    const { answers, familiarity, handEdits, playground, setMaker } = this.#app;
    const { sets, problems } = await this.#sets.load();
    this.problems = problems;
    const examplesShown = settings.get('sets');
    answers.bringBack(sets, examplesShown === null ? undefined : readIds(examplesShown));
    const excluded = await this.#parts.get('excluded');
    for (const id of excluded?.ids ?? []) answers.excluded.add(id);
    const measured = await this.#measurements.load();
    if (measured !== undefined) familiarity.bringBack(measured);
    familiarity.recall = async (made) => {
      await this.#saver.flush();
      return this.#measurements.find(made);
    };
    const edits = await this.#parts.get('edits');
    const there = edits?.sets.filter(([setId]) => answers.entry(setId) !== undefined);
    handEdits.bringBack(there ?? []);
    const maker = await this.#parts.get('maker');
    if (maker !== undefined) setMaker.bringBack(maker.form);
    const question = await this.#parts.get('question');
    if (question?.onScreen !== undefined) answers.show(question.onScreen);
    if (question !== undefined) playground.bringBack(question);
    if (isAnything(this.contents)) this.restored = this.contents;
  }

  /** Files that the experiment in the form names. */
  async bringBackFiles(draft: ExperimentDraft): Promise<void> {
    const kept = (await this.#parts.get('experiment-files'))?.files ?? [];
    const files = kept.map(async ([path, file]) => [path, await taskFile(file, path)] as const);
    draft.files = { ...Object.fromEntries(await Promise.all(files)), ...draft.files };
  }

  /** Writes from now on what changes. */
  watch(): void {
    this.#unwatch();
    this.#unwatch = watchParts(this.#app, {
      sets: (entries) => this.#saveSets(entries),
      measured: (measurement, kept) => this.#saveMeasured(measurement, kept),
      part: (part) => this.#later(part.name, SOON, () => this.#parts.put(part)),
      noPart: (name) => this.#later(name, SOON, () => this.#parts.delete(name)),
    });
  }

  /** Resolves when all that has changed is written. */
  readonly settled = async (): Promise<void> => {
    while (this.#saver.busy) await this.#saver.flush();
  };

  /** Writes everything again that another tab has deleted. */
  readonly keep = async (): Promise<void> => {
    this.#unwatch();
    this.#sets.forget();
    this.#measurements.forget();
    this.#parts.forget();
    this.#app.familiarity.measurements.kept = 0;
    this.deleted = false;
    this.watch();
    flushSync();
    await this.settled();
  };

  /** Deletes what is kept of this and earlier visits and opens the page anew; runs, experiments and models stay. */
  readonly startFresh = async (): Promise<void> => {
    this.#unwatch();
    await this.#saver.stop();
    for (const store of storeNames) {
      const keys = await this.#database.keys(store);
      const changes = keys.map((key) => ({ store, delete: key }) as Change<SessionStores>);
      await this.#database.write(changes);
    }
    this.#channel.postMessage('deleted');
    this.#leave();
  };

  /** Deletes a record that cannot be read. */
  readonly forgetBad = (bad: BadRecord): Promise<void> => this.#database.forget(bad);

  /** What has not been written yet is not written any more. */
  close(): void {
    this.#unwatch();
    void this.#saver.stop();
    this.#channel.close();
    this.#database.close();
  }

  #saveSets(entries: readonly AnswerSet[]): void {
    this.#writingSets = true;
    this.#later('sets', SOON, async () => {
      await this.#sets.save(entries);
      this.#writingSets = false;
    });
  }

  #saveMeasured(measurement: KeptMeasurement, kept: number): void {
    // Those that were cleared meanwhile are still written.
    this.#later(measurement.answers, MEASURED_SOON, () =>
      this.#measurements.save(measurement, kept),
    );
  }

  #later(name: unknown, milliseconds: number, work: () => Promise<void>): void {
    if (!this.deleted) this.#saver.later(name, milliseconds, work);
  }
}

function isAnything({ sets, measured, edits, question }: Contents): boolean {
  return sets + measured + edits > 0 || question;
}

function reload(): void {
  history.replaceState(null, '', location.pathname + location.search);
  location.reload();
}
