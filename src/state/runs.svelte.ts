/** The runs of this browser: their curves and settings, kept in IndexedDB so that a reload finds them. */
import { openDB, type IDBPDatabase } from 'idb';
import { ColumnLog, type ColumnLogJson } from '../metrics/column-log.ts';
import { stepColumns, type StepColumn, type StepReport } from '../metrics/step-report.ts';
import type { LoraSettings } from '../lora/config.ts';
import type { TrainingSettings } from '../train/config.ts';

export type RunStatus = 'running' | 'finished' | 'stopped' | 'interrupted' | 'failed';

export interface RunFacts {
  id: string;
  name: string;
  setId: string;
  setName: string;
  /** Color slot of the set. */
  slot: number;
  modelId: string;
  lora: LoraSettings;
  training: TrainingSettings;
  startedAt: string;
  status: RunStatus;
  /** Why it failed, in plain words. */
  failure?: string;
  manifest?: Record<string, unknown>;
}

export interface Run extends RunFacts {
  log: ColumnLog<StepColumn>;
}

interface StoredRun extends RunFacts {
  log: ColumnLogJson;
}

const DATABASE = 'idiolect';
const STORE = 'runs';
/** Milliseconds between two writes of a running run. */
const WRITE_EVERY = 1000;

export class RunsState {
  /** Newest first. */
  runs = $state.raw<readonly Run[]>([]);
  /** Rises with every new point: curves read it, then the columns. */
  version = $state(0);
  /** Why nothing will be kept, when the browser refuses. */
  refused = $state.raw<string | undefined>();
  hidden = $state.raw<ReadonlySet<string>>(new Set());
  #database: IDBPDatabase | undefined;
  #lastWrite = 0;
  #tick = false;

  readonly shown = $derived(this.runs.filter(({ id }) => !this.hidden.has(id)));

  /** Brings back what earlier visits left; what was running then is interrupted now. */
  async load(): Promise<void> {
    try {
      this.#database = await openDB(DATABASE, 1, {
        upgrade: (database) => void database.createObjectStore(STORE, { keyPath: 'id' }),
      });
      const stored = (await this.#database.getAll(STORE)) as StoredRun[];
      const runs = stored.map((run): Run => ({
        ...run,
        status: run.status === 'running' ? 'interrupted' : run.status,
        log: ColumnLog.fromJSON(stepColumns, run.log),
      }));
      this.runs = runs.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
    } catch (error) {
      this.refused = `Runs will be gone when this page is closed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  find(id: string): Run | undefined {
    return this.runs.find((run) => run.id === id);
  }

  async begin(facts: RunFacts): Promise<void> {
    const run: Run = { ...facts, log: new ColumnLog(stepColumns) };
    this.runs = [run, ...this.runs.filter(({ id }) => id !== facts.id)];
    await this.#write(run);
  }

  /** A run goes on: points after its checkpoint will be measured again. */
  readonly goOn = (id: string, step: number): void => {
    const run = this.find(id);
    if (!run) return;
    const steps = run.log.column('step');
    let keep = 0;
    while (keep < steps.length && steps[keep]! <= step) keep++;
    run.log.truncate(keep);
    this.#change(id, { status: 'running' });
  };

  async append(id: string, report: StepReport): Promise<void> {
    const run = this.find(id);
    if (!run) return;
    run.log.append(report);
    this.#show();
    if (performance.now() - this.#lastWrite > WRITE_EVERY) await this.#write(run);
  }

  async end(id: string, change: Partial<RunFacts>): Promise<void> {
    this.#change(id, change);
    const run = this.find(id);
    if (run) await this.#write(run);
  }

  async rename(id: string, name: string): Promise<void> {
    await this.end(id, { name });
  }

  async remove(id: string): Promise<void> {
    this.runs = this.runs.filter((run) => run.id !== id);
    await this.#database?.delete(STORE, id);
  }

  readonly toggle = (id: string): void => {
    const next = new Set(this.hidden);
    if (!next.delete(id)) next.add(id);
    this.hidden = next;
  };

  #change(id: string, change: Partial<RunFacts>): void {
    this.runs = this.runs.map((run) => (run.id === id ? { ...run, ...change } : run));
  }

  /** At most one redraw a frame, however fast points come. */
  #show(): void {
    if (this.#tick) return;
    this.#tick = true;
    requestAnimationFrame(() => {
      this.#tick = false;
      this.version++;
    });
  }

  async #write(run: Run): Promise<void> {
    this.#lastWrite = performance.now();
    const { log, ...facts } = run;
    const stored: StoredRun = { ...facts, log: log.toJSON() };
    await this.#database?.put(STORE, structuredClone(stored));
  }
}
