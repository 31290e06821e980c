/** Which model is open, on which engine, and how it got there. */
import { embeddedModels, labelOf } from '../../models/catalog.ts';
import { PRECISIONS, type Precision } from '../../models/precision.ts';
import { DataError, StoppedError } from '../errors.ts';
import { HUB_URL } from '../storage/config.ts';
import { isHubId } from '../storage/hub-id.ts';
import { LADDER, type EngineName, type EngineReport } from '../engine/config.ts';
import type { LoadProgress, ModelSource, ModelSummary } from '../../workers/protocol.ts';
import type { Addressed } from './address.ts';
import { Job, type Activity, type JobReport } from './job.svelte.ts';
import { openedAs, type OpenedAs } from './opened-as.ts';
import { isPermittedHub } from './permitted-hub.ts';
import { askToPersist } from './persist.ts';
import type { TrainerClient } from './trainer-client.ts';

export type SourceKind = 'embedded' | 'hub' | 'files';
export type EngineChoice = EngineName | 'auto';

const ENGINES: readonly EngineChoice[] = ['auto', ...LADDER];

export interface NamedFile {
  path: string;
  file: File;
}

/** A model that was opened from files. */
export interface ChosenFiles {
  name: string;
  paths: readonly string[];
}

export class ModelState implements Addressed {
  kind = $state<SourceKind>('embedded');
  embeddedId = $state(embeddedModels[0]!.id);
  /** `owner/name`, or `owner/name@revision`. */
  hubId = $state('');
  /** Where the Hub is: a mirror or a local server will do. */
  hubUrl = $state(HUB_URL);
  files = $state.raw<readonly NamedFile[]>([]);
  engineChoice = $state<EngineChoice>('auto');
  precision = $state<Precision>('as-stored');

  engine = $state.raw<EngineReport | undefined>();
  /** The open model; everything that needs one asks here. */
  summary = $state.raw<ModelSummary | undefined>();
  /** Why a model that was open is no longer. */
  lost = $state.raw<Error | undefined>();
  /** Files that were open on an earlier visit, which a page may not read again by itself. */
  toChoose = $state.raw<ChosenFiles | undefined>();
  /** Starts the engine and opens the model. */
  readonly opening: Job;

  /** What the open model was opened from, or the last one that was. */
  #opened: ModelSource | undefined;
  /** What was to be opened last, to try again. */
  #wanted: ModelSource | undefined;
  #engineAsked: EngineChoice | undefined;
  readonly #client: TrainerClient;
  readonly #embeddedUrl: string;

  /** @param embeddedUrl folder of the embedded models */
  constructor(client: TrainerClient, activity: Activity, embeddedUrl: string) {
    this.#client = client;
    this.#embeddedUrl = embeddedUrl;
    this.opening = new Job(activity, client, { name: 'Opening the model' });
    client.onlost((reason) => {
      this.engine = undefined;
      this.#engineAsked = undefined;
      if (this.summary !== undefined) this.lost = reason;
      this.summary = undefined;
    });
  }

  /** The content policy has to be made anew for this address. */
  readonly hubBarred = $derived(!isPermittedHub(this.hubUrl));

  /** What is wrong with the choice, for the place where it is made. */
  readonly problem = $derived.by(() => {
    if (this.kind === 'files' && this.files.length === 0) return 'No files are chosen yet.';
    if (this.kind === 'hub' && !isHubId(this.hubId.trim())) {
      return 'Expected owner/name, as in HuggingFaceTB/SmolLM2-135M-Instruct.';
    }
    if (this.kind === 'hub' && this.hubBarred) {
      return 'This page may not connect to that address yet: it was opened for another one.';
    }
    return undefined;
  });

  /** The model the form describes. @throws DataError while the form has a problem */
  source(): ModelSource {
    if (this.problem !== undefined) throw new DataError(this.problem);
    if (this.kind === 'embedded') {
      return this.embedded(this.embeddedId);
    }
    if (this.kind === 'files') {
      const folder = this.files[0]!.path.split('/').slice(0, -1).at(-1);
      return { kind: 'files', name: folder ?? this.files[0]!.path, files: [...this.files] };
    }
    return this.onHub(this.hubId.trim());
  }

  /** Opens what the form describes. */
  readonly open = (): Promise<void> => this.#open(this.source());

  /** Opens what could not be opened before. */
  readonly tryAgain = (): Promise<void> => this.#open(this.#wanted ?? this.source());

  /** Starts the engine anew and opens what was open before, or what the form describes. */
  readonly openAgain = (): Promise<void> => {
    this.#engineAsked = undefined;
    return this.#open(this.#opened ?? this.source());
  };

  /** Leaves the graphics processor alone from now on. */
  readonly useProcessor = (): Promise<void> => {
    this.engineChoice = 'wasm';
    return this.tryAgain();
  };

  /** Starts an engine as part of another job, and opens again what was open. */
  async changeEngine(choice: EngineChoice): Promise<void> {
    const open = this.summary && this.#opened;
    this.engineChoice = choice;
    await this.#orWhatWasOpen(async () => {
      await this.#startEngine();
      if (open) await this.#openOn(open, () => undefined);
    });
  }

  /** What the open model was opened from. */
  get opened(): ModelSource | undefined {
    return this.summary && this.#opened;
  }

  /** Name of what was to be opened last. */
  get wantedName(): string {
    const wanted = this.#wanted;
    if (wanted === undefined) return 'The model';
    return wanted.kind === 'files' ? wanted.name : labelOf(wanted.id);
  }

  /** How a command opens what is open here. */
  get openedAs(): OpenedAs | undefined {
    const { opened, summary, engine } = this;
    return opened && summary && engine && openedAs(opened, summary, engine);
  }

  /** A model that comes with the page. */
  embedded(id: string): ModelSource {
    return { kind: 'embedded', id, baseUrl: this.#embeddedUrl };
  }

  /** @param name as `isHubId` says */
  onHub(name: string): ModelSource {
    const [id = '', revision = 'main'] = name.split('@');
    return { kind: 'hub', id, revision, baseUrl: this.hubUrl.replace(/\/+$/, '') };
  }

  /** Takes a file or a whole folder that was dropped or chosen. */
  readonly choose = (files: readonly NamedFile[]): void => {
    this.kind = 'files';
    this.files = files;
  };

  /** Waits for the files of an earlier visit. */
  expectFiles(files: ChosenFiles): void {
    this.kind = 'files';
    this.toChoose = files;
  }

  async #open(source: ModelSource): Promise<void> {
    this.lost = undefined;
    this.#wanted = source;
    const first = { done: 0, total: 0, unit: 'MB', note: 'starting the engine' };
    await this.opening.run(first, () =>
      this.#orWhatWasOpen(async () => {
        if (this.#engineAsked !== this.engineChoice) await this.#startEngine();
        // Asked while the engine started: the worker has no call left to stop.
        if (this.opening.status.kind === 'stopping') throw new StoppedError('Stopped.');
        await this.#openOn(source, this.opening.tell);
      }),
    );
  }

  async #startEngine(): Promise<void> {
    this.engine = await this.#client.api.startEngine(this.engineChoice);
    this.#engineAsked = this.engineChoice;
    this.summary = undefined; // A new engine holds no weights yet.
  }

  async #openOn(source: ModelSource, tell: (report: JobReport) => void): Promise<void> {
    // A download is not to be made twice.
    if (source.kind === 'hub') void askToPersist();
    this.summary = await this.#client.api.openModel(source, this.precision, (progress) => {
      tell(loadReport(progress));
      return Promise.resolve();
    });
    this.#opened = source;
    this.toChoose = undefined;
  }

  /** After a failure the worker says what it has brought back. */
  async #orWhatWasOpen(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // A worker that is gone has nothing open.
      if (this.engine !== undefined) {
        const nothing = { engine: undefined, summary: undefined };
        const { engine, summary } = await this.#client.api.current().catch(() => nothing);
        this.engine = engine;
        this.summary = summary;
        if (engine === undefined) this.#engineAsked = undefined;
      }
      throw error;
    }
  }

  get addressed(): Record<string, string> {
    const settings: Record<string, string> = {};
    if (this.kind === 'embedded' && this.embeddedId !== embeddedModels[0]!.id) {
      settings['model'] = this.embeddedId;
    }
    if (this.kind === 'hub') {
      if (this.hubId !== '') settings['model'] = this.hubId;
      if (this.hubUrl !== HUB_URL) settings['hub'] = this.hubUrl;
    }
    if (this.engineChoice !== 'auto') settings['engine'] = this.engineChoice;
    if (this.precision !== 'as-stored') settings['precision'] = this.precision;
    return settings;
  }

  restore(settings: URLSearchParams): void {
    const model = settings.get('model');
    if (model?.includes('/') === true) {
      this.kind = 'hub';
      this.hubId = model;
    } else if (embeddedModels.some(({ id }) => id === model)) {
      this.kind = 'embedded';
      this.embeddedId = model!;
    }
    const hub = settings.get('hub');
    if (hub !== null && URL.canParse(hub)) {
      this.hubUrl = hub;
      if (model === null) this.kind = 'hub';
    }
    const engine = ENGINES.find((name) => name === settings.get('engine'));
    if (engine !== undefined) this.engineChoice = engine;
    const precision = PRECISIONS.find((name) => name === settings.get('precision'));
    if (precision !== undefined) this.precision = precision;
  }
}

const MEGABYTE = 1e6;
const PHASES: Readonly<Record<LoadProgress['phase'], string>> = {
  downloading: 'downloading',
  checking: 'checking',
  reading: 'reading',
  uploading: 'handing to the engine',
};

function loadReport(progress: LoadProgress): JobReport {
  return {
    done: progress.bytesDone / MEGABYTE,
    total: progress.bytesTotal / MEGABYTE,
    unit: 'MB',
    rate: progress.bytesPerSecond / MEGABYTE,
    secondsLeft: progress.secondsLeft,
    note: `${PHASES[progress.phase]} ${progress.file}`,
  };
}
