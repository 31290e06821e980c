/** The experiment that the form makes: edited in place, checked whole, shared as file, link, command. */
import { embeddedModels, labelOf } from '../../models/catalog.ts';
import { DataError } from '../errors.ts';
import { PARAPHRASE_TEMPLATE } from '../experiment/paraphrase-template.ts';
import { presetExperiment, presets, type PresetName } from '../experiment/presets.ts';
import {
  parseExperiment,
  readExperiment,
  type Experiment,
  type ModelSpec,
  type SetSpec,
} from '../experiment/schema.ts';
import { shortForm } from '../experiment/short-form.ts';
import { families } from '../world/families.ts';
import { responseSetWriters } from '../world/response-sets.ts';
import type { ExperimentRequest, ModelSource, PromptSettings } from '../../workers/protocol.ts';
import type { Addressed } from './address.ts';
import { packText, unpackText } from './pack-text.ts';
import type { MadeKind } from './experiment-fields.ts';
import type { Lab } from './lab.svelte.ts';
import { ownTask } from './own-task.ts';

type Parts = Pick<Lab, 'model' | 'answers' | 'client' | 'activity'>;

/** The prompt of the command, unless it is told otherwise. */
const USUAL_PROMPT: PromptSettings = { useChatTemplate: true, plainTemplate: '{question}\n' };

export class ExperimentDraft implements Addressed {
  experiment = $state<Experiment>(presetExperiment('quick'));
  /** Texts of the files it names. */
  files = $state.raw<Readonly<Record<string, string>>>({});
  /** A plain prompt instead of the models' chat templates. */
  plainPrompt = $state<string | undefined>();
  /** Why a file or a link could not be read. */
  error = $state.raw<Error | undefined>();
  readonly #parts: Parts;

  readonly families = families.filter(({ role }) => role !== 'pretraining');
  readonly writers = responseSetWriters;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Everything that keeps it from being carried out. */
  readonly problems = $derived.by((): readonly string[] => {
    const experiment = $state.snapshot(this.experiment) as Experiment;
    return [...schemaProblems(experiment), ...this.#missing(experiment)];
  });

  /** The values in force, as the fold says them. */
  readonly inForce = $derived.by(() => inForceOf(this.experiment));

  /** The preset it equals. */
  readonly preset = $derived.by((): PresetName | undefined => {
    const own = JSON.stringify($state.snapshot(this.experiment));
    const names = Object.keys(presets) as PresetName[];
    return names.find((name) => JSON.stringify(presetExperiment(name)) === own);
  });

  /** Does the same without the page. */
  readonly command = $derived.by(() => {
    const plain =
      this.plainPrompt === undefined ? '' : ` --plain-prompt ${JSON.stringify(this.plainPrompt)}`;
    return `npm run experiment -- ${this.preset ?? `${this.experiment.name}.json`}${plain}`;
  });

  readonly json = $derived(`${JSON.stringify($state.snapshot(this.experiment), null, 2)}\n`);

  /** An experiment that comes with the page, which the form need not hold. */
  presetOf(name: PresetName): Experiment {
    return presetExperiment(name);
  }

  readonly use = (name: PresetName): void => {
    this.experiment = presetExperiment(name);
    this.files = {};
    this.error = undefined;
  };

  /** Takes an experiment file, and the files it names when they come with it. */
  readonly read = async (files: readonly { path: string; file: Blob }[]): Promise<void> => {
    this.error = undefined;
    try {
      const texts = await Promise.all(
        files.map(async ({ path, file }) => [path, await file.text()] as const),
      );
      const own = texts.find(([, text]) => isExperiment(text));
      if (own !== undefined) this.experiment = parseExperiment(own[1], own[0]);
      const named = pathsIn(this.experiment);
      const found = texts.flatMap(([path, text]) => {
        const name = named.find(
          (one) => path === one || path.endsWith(`/${one}`) || one.endsWith(`/${path}`),
        );
        return name === undefined ? [] : [[name, text] as const];
      });
      if (own === undefined && found.length === 0) {
        throw new DataError('There is no experiment among these files, and none that it names.');
      }
      this.files = { ...this.files, ...Object.fromEntries(found) };
    } catch (error) {
      this.error = error as Error;
    }
  };

  /** Takes the text of an experiment, as it stands in the form. */
  readonly readJson = (text: string): void => {
    try {
      this.experiment = parseExperiment(text, 'This');
      this.error = undefined;
    } catch (error) {
      this.error = error as Error;
    }
  };

  /** The questions and sets under Answers, divided into training and test. */
  readonly useOwnAnswers = (shares: { test: number; validation: number }): void => {
    try {
      const { task, sets, files } = ownTask(this.#parts.answers.included, shares);
      this.files = files;
      this.#change({ name: 'my-answers', description: '', task, sets });
      this.error = undefined;
    } catch (error) {
      this.error = error as Error;
    }
  };

  /** Back to questions of the micro-world. */
  readonly useWorld = (): void => {
    const { task, sets } = presetExperiment('quick');
    this.files = {};
    this.#change({ task, sets });
  };

  /** The models that can take part: embedded ones, and the one that is open. */
  readonly offered = $derived.by((): { spec: ModelSpec; label: string }[] => {
    const { opened, summary } = this.#parts.model;
    const embedded = embeddedModels.map(({ id, label, dialect }) => ({
      spec: { id, ...(dialect !== undefined && { dialect }) },
      label,
    }));
    if (opened === undefined || opened.kind === 'embedded' || summary === undefined)
      return embedded;
    const source = opened.kind === 'files' ? opened.name : opened.id;
    return [...embedded, { spec: { id: slugOf(source), source }, label: summary.id }];
  });

  readonly toggleModel = (spec: ModelSpec): void => {
    const { experiment } = this;
    if (!experiment.models.some(({ id }) => id === spec.id)) {
      experiment.models = [...experiment.models, spec];
      return;
    }
    experiment.models = experiment.models.filter(({ id }) => id !== spec.id);
    this.#forget(
      (id) => id === spec.id,
      () => false,
    );
    for (const set of experiment.sets) {
      if ('model' in set && set.model === spec.id) this.removeSet(set.id);
    }
  };

  readonly toggleWriter = (writer: string): void => {
    const own = this.experiment.sets.find((set) => set.kind === 'written' && set.writer === writer);
    if (own !== undefined) this.removeSet(own.id);
    else this.#addSet({ id: writer, kind: 'written', writer });
  };

  /** A set that a model's answers are needed for. */
  readonly addMade = (kind: MadeKind, model: string): void => {
    const taken = this.experiment.sets.map(({ id }) => id);
    const short = model.replace(/^idiolect-/, '');
    let id = `${kind}-${short}`;
    for (let i = 2; taken.includes(id); i++) id = `${kind}-${short}-${i}`;
    switch (kind) {
      case 'own':
      case 'minimum-change':
        this.#addSet({ id, kind, model });
        return;
      case 'own-correct':
        this.#addSet({ id, kind, model, samples: 8, temperature: 0.8, seed: 1 });
        return;
      case 'most-familiar':
      case 'least-familiar':
        this.#addSet({ id, kind, model, from: taken });
        return;
      case 'random-choice':
        this.#addSet({ id, kind, from: taken, seed: 1 });
        return;
      case 'paraphrase':
        this.#addSet({
          ...{ id, kind, model },
          of: taken[0] ?? '',
          template: PARAPHRASE_TEMPLATE,
        });
    }
  };

  readonly removeSet = (id: string): void => {
    const { experiment } = this;
    experiment.sets = experiment.sets.filter((set) => set.id !== id);
    this.#forget(
      () => false,
      (set) => set === id,
    );
  };

  /** Undefined: every model on every set. */
  readonly trains = (model: string, set: string): boolean =>
    this.experiment.arms?.some((arm) => arm.model === model && arm.set === set) ?? true;

  readonly toggleArm = (model: string, set: string): void => {
    const { experiment } = this;
    const all = experiment.models.flatMap((own) =>
      experiment.sets.map((other) => ({ model: own.id, set: other.id })),
    );
    const arms = all.filter(
      (arm) => this.trains(arm.model, arm.set) !== (arm.model === model && arm.set === set),
    );
    if (arms.length === all.length) delete experiment.arms;
    else experiment.arms = arms;
  };

  /** Tests the 2×2 of the first two models and sets, or no longer. */
  readonly toggleCrossOver = (): void => {
    const { experiment } = this;
    const { models, sets } = experiment;
    if (experiment.crossOver !== undefined) delete experiment.crossOver;
    else if (models.length > 1 && sets.length > 1) {
      experiment.crossOver = {
        modelA: models[0]!.id,
        setA: sets[0]!.id,
        modelB: models[1]!.id,
        setB: sets[1]!.id,
      };
    }
  };

  /** What the worker is asked. @throws DataError while there are problems */
  request(
    experiment = $state.snapshot(this.experiment) as Experiment,
  ): Omit<ExperimentRequest, 'id'> {
    const problems = [...schemaProblems(experiment), ...this.#missing(experiment)];
    if (problems.length > 0) throw new DataError('This experiment cannot start.', problems);
    return {
      experiment,
      sources: Object.fromEntries(experiment.models.map((spec) => [spec.id, this.#source(spec)!])),
      files: this.files,
      prompt:
        this.plainPrompt === undefined
          ? USUAL_PROMPT
          : { useChatTemplate: false, plainTemplate: this.plainPrompt },
    };
  }

  get addressed(): Record<string, string> {
    if (this.preset === 'quick' && this.plainPrompt === undefined) return {};
    if (schemaProblems($state.snapshot(this.experiment) as Experiment).length > 0) return {};
    const short = shortForm($state.snapshot(this.experiment) as Experiment);
    return {
      experiment: packText(JSON.stringify(short)),
      ...(this.plainPrompt !== undefined && { experimentPrompt: this.plainPrompt }),
    };
  }

  restore(settings: URLSearchParams): void {
    const packed = settings.get('experiment');
    if (packed === null) return;
    const text = unpackText(packed);
    if (text !== undefined) this.readJson(text);
    this.plainPrompt = settings.get('experimentPrompt') ?? undefined;
  }

  /** Other sets: what named the old ones goes. */
  #change(change: Partial<Experiment>): void {
    const experiment = { ...($state.snapshot(this.experiment) as Experiment), ...change };
    delete experiment.crossOver;
    delete experiment.arms;
    this.experiment = experiment;
  }

  #addSet(set: SetSpec): void {
    this.experiment.sets = [...this.experiment.sets, set];
  }

  /** Takes what is gone out of arms and cross-over. */
  #forget(model: (id: string) => boolean, set: (id: string) => boolean): void {
    const { experiment } = this;
    const arms = experiment.arms?.filter((arm) => !model(arm.model) && !set(arm.set));
    if (arms !== undefined) experiment.arms = arms;
    const { crossOver } = experiment;
    if (crossOver === undefined) return;
    const { modelA, modelB, setA, setB } = crossOver;
    if ([modelA, modelB].some(model) || [setA, setB].some(set)) delete experiment.crossOver;
  }

  #source({ id, source }: ModelSpec): ModelSource | undefined {
    const { model } = this.#parts;
    if (source === undefined) {
      return embeddedModels.some((own) => own.id === id) ? model.embedded(id) : undefined;
    }
    const { opened } = model;
    if (opened?.kind === 'files' && slugOf(opened.name) === slugOf(source)) return opened;
    if (!/^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/.test(source) || source.startsWith('.')) return undefined;
    const [name = '', revision = 'main'] = source.split('@');
    return { kind: 'hub', id: name, revision, baseUrl: model.hubUrl };
  }

  #missing(experiment: Experiment): string[] {
    const models = experiment.models
      .filter((spec) => this.#source(spec) === undefined)
      .map(({ id, source }) =>
        source === undefined
          ? `models: ${id} does not come with the page; it needs a "source".`
          : `models: open ${source} under Model first; the page cannot reach it by itself.`,
      );
    const files = pathsIn(experiment)
      .filter((path) => !(path in this.files))
      .map((path) => `There is no file ${path}: drop it here together with the experiment.`);
    return [...models, ...files];
  }
}

export function inForceOf({
  models,
  sets,
  seeds,
  training,
  lora,
  learningRates,
}: Experiment): string {
  const rate =
    learningRates.length > 1
      ? `${learningRates.length} rates`
      : `lr ${learningRates[0] ?? training.learningRate}`;
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  return [
    models.length > 2
      ? many(models.length, 'model')
      : models.map(({ id }) => labelOf(id)).join(', '),
    many(sets.length, 'set'),
    many(seeds.length, 'seed'),
    many(training.steps, 'step'),
    rate,
    `rank ${lora.rank}`,
  ].join(' · ');
}

function schemaProblems(experiment: Experiment): readonly string[] {
  try {
    readExperiment(experiment, experiment.name);
    return [];
  } catch (error) {
    return error instanceof DataError ? error.problems : [String(error)];
  }
}

/** Told from records of answers by its keys. */
function isExperiment(text: string): boolean {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    return (
      typeof value === 'object' &&
      value !== null &&
      ('sets' in value || 'seeds' in value || 'models' in value)
    );
  } catch {
    return false;
  }
}

function pathsIn({ task, sets }: Experiment): string[] {
  const parts =
    task.kind === 'files' ? [task.test, task.validation, task.retention, task.text] : [];
  const own = sets.map((set) => (set.kind === 'file' ? set.path : undefined));
  return [...own, ...parts].filter((path) => path !== undefined);
}

function slugOf(name: string): string {
  const last = name.split('/').at(-1)!.replace(/@.*$/, '').toLowerCase();
  return last.replaceAll(/[^a-z0-9.-]+/g, '-').replace(/^[^a-z0-9]+/, '') || 'model';
}
