/** The lab: every part of the page's state, made once in App and handed down by context. */
import { createContext } from 'svelte';
import { mergedSettings, readIds, writeAddress, type Addressed } from './address.ts';
import { AnswersState } from './answers.svelte.ts';
import type { FetchFile } from './example-index.ts';
import type { ExperimentsState } from './experiments.svelte.ts';
import { FamiliarityState } from './familiarity.svelte.ts';
import { HandEdits } from './hand-edits.ts';
import { Activity, asError } from './job.svelte.ts';
import { ModelState, type NamedFile } from './model.svelte.ts';
import { tablesInWorker, type OpenTables } from './open-table.ts';
import { PlaygroundState } from './playground.svelte.ts';
import { RunsState, type RunsOptions } from './runs.svelte.ts';
import type { Session, SessionOptions } from './session/session.svelte.ts';
import { SetMaker } from './set-maker.svelte.ts';
import { STEPS, type PageStep, type StepId } from './steps.ts';
import { tabOwners, type Owners } from '../storage/owner.ts';
import { StorageState } from './storage.svelte.ts';
import { Theme } from './theme.svelte.ts';
import { TokensState } from './tokens.svelte.ts';
import { TrainingState } from './training.svelte.ts';
import { TrainerClient, type Connect } from './trainer-client.ts';

export interface AppOptions {
  connect: Connect;
  fetchFile: FetchFile;
  /** Folder of the embedded models. */
  embeddedUrl: string;
  /** Settings of the address the page was opened with. */
  settings: URLSearchParams;
  /** The page wrote that address itself: it names every setting, and those of the last visit do not count. */
  ownAddress?: boolean;
  /** How what is here outlives the page; absent: not at all. */
  session?: SessionOptions;
  /** Where runs are kept; the browser's database and frames unless told otherwise. */
  runs?: RunsOptions;
  /** Who owns which run and experiment; the browser's tabs unless told otherwise. */
  owners?: Owners;
  /** How files of answers are read; in a worker unless told otherwise. */
  openTable?: OpenTables;
}

/** Milliseconds. */
const LOOK_EVERY = 1000;

export class AppState {
  readonly theme = new Theme();
  readonly activity = new Activity();
  readonly client: TrainerClient;
  readonly owners: Owners;
  readonly storage: StorageState;
  readonly model: ModelState;
  readonly answers: AnswersState;
  readonly familiarity: FamiliarityState;
  readonly tokens: TokensState;
  readonly runs: RunsState;
  readonly training: TrainingState;
  readonly playground: PlaygroundState;
  readonly setMaker: SetMaker;
  readonly handEdits = new HandEdits();
  /** Loaded after the rest: nothing on screen at first needs it. */
  experiments = $state.raw<ExperimentsState | undefined>();
  /** True once everything the address asked for is in place. */
  restored = $state(false);
  /** Fetches a file that comes with the page. */
  readonly fetchFile: FetchFile;
  /** What keeps this visit; loaded before anything is brought back. */
  session = $state.raw<Session | undefined>();
  /** Why nothing of this visit is kept. */
  sessionError = $state.raw<Error | undefined>();
  #sessionLoaded: Promise<Session | undefined> = Promise.resolve(undefined);
  #settings: URLSearchParams;
  readonly #address: URLSearchParams;
  readonly #ownAddress: boolean;
  readonly #sessionOptions: SessionOptions | undefined;

  /** What each step still waits for, and whether it has been done. */
  readonly steps = $derived.by((): PageStep[] =>
    STEPS.map(({ id, title }, i) => ({
      id,
      title,
      number: i + 1,
      done: this.#done(id),
      waitsFor: this.#waitsFor(id),
    })),
  );

  constructor(options: AppOptions) {
    const { connect, fetchFile, embeddedUrl, settings, runs } = options;
    const { owners = tabOwners(), openTable = tablesInWorker() } = options;
    this.client = new TrainerClient(connect);
    this.fetchFile = fetchFile;
    this.owners = owners;
    this.runs = new RunsState({ owners, ...runs });
    this.storage = new StorageState(this.client, owners, {
      run: (id, work) => this.runs.alone(id, work),
      experiment: (id) => this.#deleteExperiment(id),
    });
    this.model = new ModelState(this.client, this.activity, embeddedUrl);
    this.answers = new AnswersState(this.model, fetchFile, openTable);
    this.familiarity = new FamiliarityState(this.client, this.activity, this);
    this.tokens = new TokensState(this.client, this);
    this.training = new TrainingState(this);
    this.playground = new PlaygroundState(this, this.training.queue);
    this.setMaker = new SetMaker(this);
    this.#settings = settings;
    this.#address = settings;
    this.#ownAddress = options.ownAddress ?? false;
    this.#sessionOptions = options.session;
    for (const part of this.#addressed) part.restore(settings);
  }

  /**
   * Brings back the last visit, and opens the embedded model and the example answers; what must be
   * downloaded waits for a click.
   */
  async start(): Promise<void> {
    this.#sessionLoaded = this.#loadSession();
    const session = await this.#sessionLoaded;
    await Promise.all([
      this.runs.load(),
      this.#loadAnswers(session),
      this.model.kind === 'embedded' ? this.model.open() : undefined,
    ]);
    this.restored = true;
  }

  /** Its settings first: they say which model is opened. */
  async #loadSession(): Promise<Session | undefined> {
    if (this.#sessionOptions === undefined) return undefined;
    try {
      const part = await import('./session/session.svelte.ts');
      const session = new part.Session(this, this.#sessionOptions);
      if (!this.#ownAddress) {
        this.#settings = mergedSettings(this.#address, await session.settings());
        for (const part of this.#addressed) part.restore(this.#settings);
      }
      if (!this.#address.has('model')) await session.modelFiles();
      this.session = session;
      if (this.experiments !== undefined) await session.bringBackFiles(this.experiments.draft);
      return session;
    } catch (error) {
      this.sessionError = asError(error);
      return undefined;
    }
  }

  async #loadAnswers(session: Session | undefined): Promise<void> {
    await this.answers.loadExamples();
    try {
      await session?.bringBack(this.#settings);
      session?.watch();
    } catch (error) {
      this.sessionError = asError(error);
    }
    const named = this.#address.get('sets');
    if (named !== null) this.answers.showOnly(readIds(named));
  }

  /** Loads the queue of experiments with what is kept of it. */
  async loadExperiments(): Promise<ExperimentsState> {
    if (this.experiments !== undefined) return this.experiments;
    const part = await import('./experiments.svelte.ts');
    const experiments = new part.ExperimentsState(this);
    await experiments.load();
    const session = await this.#sessionLoaded;
    experiments.draft.restore(this.#settings);
    await session?.bringBackFiles(experiments.draft);
    return (this.experiments ??= experiments);
  }

  /** Sees what other tabs do, every second while someone looks. @returns how to end it */
  readonly follow = (): (() => void) => {
    const look = (): void => {
      if (document.hidden) {
        // It may be closed without another word.
        this.runs.flush();
        return;
      }
      void this.runs.look();
      void this.experiments?.look();
    };
    const timer = setInterval(look, LOOK_EVERY);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  };

  /**
   * Takes files dropped anywhere: a model is opened, an adapter goes to the playground, anything else
   * is read as answers. @returns the step they went to
   */
  readonly take = (files: readonly NamedFile[]): StepId => {
    const named = (pattern: RegExp): boolean => files.some(({ path }) => pattern.test(path));
    if (named(/(^|\/)adapter_config\.json$/)) {
      void this.playground.bring(files);
      return 'try';
    }
    if (named(/\.(safetensors|gguf)$|(^|\/)config\.json$/)) {
      this.model.choose(files);
      void this.model.open();
      return 'model';
    }
    void this.answers.read(files.map(({ file }) => file));
    return 'answers';
  };

  /** The address that opens the lab as it is set up now. */
  get address(): string {
    return writeAddress(this.#addressed);
  }

  async #deleteExperiment(id: string): Promise<boolean> {
    return (await this.loadExperiments()).removeStored(id);
  }

  #waitsFor(step: StepId): string | undefined {
    if (step === 'model' || step === 'answers' || step === 'compare') return undefined;
    const needs = [
      this.model.summary === undefined && 'a model',
      step !== 'try' && this.answers.includedCount === 0 && 'answers',
    ].filter((need) => need !== false);
    return needs.length === 0 ? undefined : needs.join(' and ');
  }

  #done(step: StepId): boolean {
    if (step === 'model') return this.model.summary !== undefined;
    if (step === 'answers') return this.answers.includedCount > 0;
    if (step === 'familiarity') return this.familiarity.complete;
    if (step === 'train') return this.runs.list.length > 0;
    if (step === 'compare') {
      const done = this.experiments?.list.some(({ finished }) => finished) ?? false;
      return done || this.runs.shown.length > 1;
    }
    return this.playground.answers !== undefined;
  }

  get #addressed(): Addressed[] {
    // Until they are loaded, what the address said of experiments stays in it.
    const kept: Addressed = {
      addressed: Object.fromEntries(
        [...this.#settings].filter(([name]) => /^experiment(Prompt)?$/.test(name)),
      ),
      restore: () => undefined,
    };
    return [
      ...[this.model, this.answers, this.familiarity, this.training, this.playground],
      this.experiments?.draft ?? kept,
    ];
  }
}

export const [getApp, setApp] = createContext<AppState>();
