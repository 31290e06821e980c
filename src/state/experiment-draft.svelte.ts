/** The experiment that the form makes: edited in place, checked whole, shared as file, link, command. */
import { labelOf } from '../../models/catalog.ts';
import { DataError } from '../errors.ts';
import type { PresetName } from '../experiment/spec/preset-names.ts';
import { presetExperiment, presets } from '../experiment/spec/presets.ts';
import { readTextFile } from '../exchange/read-text.ts';
import type { Notice } from '../notices.ts';
import { parseExperiment, readExperiment, type Experiment } from '../experiment/spec/schema.ts';
import { shortForm } from '../experiment/spec/short-form.ts';
import { HUB_URL } from '../storage/config.ts';
import { families } from '../world/families.ts';
import { responseSetWriters } from '../world/response-sets.ts';
import type { ExperimentRequest, PromptSettings } from '../../workers/protocol.ts';
import type { Addressed } from './address.ts';
import { replaced } from './experiment-edits.ts';
import {
  isExperiment,
  missingOf,
  offeredModels,
  pathsIn,
  sourceOf,
  taskFile,
  taskNotices,
  type TaskFile,
} from './experiment-sources.ts';
import type { AppState } from './app-state.svelte.ts';
import { ownTask } from './own-task.ts';
import { printExperiment, type PrintedCommand } from './printed-command.ts';
import { packText, unpackText } from './pack-text.ts';

type Parts = Pick<AppState, 'model' | 'answers'>;

/** The prompt of the command, unless it is told otherwise. */
const USUAL_PROMPT: PromptSettings = { useChatTemplate: true, plainTemplate: '{question}\n' };

export class ExperimentDraft implements Addressed {
  experiment = $state<Experiment>(presetExperiment('quick'));
  /** The files it names, by path. */
  files = $state.raw<Readonly<Record<string, TaskFile>>>({});
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
    return this.#problemsOf($state.snapshot(this.experiment) as Experiment);
  });

  /** What its files say of themselves, and how many given answers agree with their gold. */
  readonly notices = $derived.by((): readonly Notice[] => {
    const task = $state.snapshot(this.experiment.task);
    const sets = $state.snapshot(this.experiment.sets);
    return task.kind === 'files' ? taskNotices(task, sets, this.files) : [];
  });

  /** The values in force, as the fold says them. */
  readonly inForce = $derived.by(() => inForceOf(this.experiment));

  /** The preset it equals. */
  readonly preset = $derived.by((): PresetName | undefined => {
    const current = JSON.stringify($state.snapshot(this.experiment));
    const names = Object.keys(presets) as PresetName[];
    return names.find((name) => JSON.stringify(presetExperiment(name)) === current);
  });

  /** Does the same without the page. */
  readonly command = $derived.by((): PrintedCommand => {
    const { model } = this.#parts;
    const { name, engine, models } = this.experiment;
    const threads = model.engine?.name === 'wasm' ? model.engine.threads : undefined;
    return printExperiment({ name, json: this.json, files: this.files }, this.preset, {
      plainPrompt: this.plainPrompt,
      ownModels: models.flatMap((spec) =>
        sourceOf(spec, model)?.kind === 'files' ? [spec.source!] : [],
      ),
      ...(engine === 'auto' && model.engine && { engine: model.engine.name }),
      threads,
      ...(model.hubUrl !== HUB_URL && { hub: model.hubUrl }),
    });
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
        files
          .filter(({ path }) => /\.json$/i.test(path))
          .map(async ({ path, file }) => [path, (await readTextFile(file, path)).text] as const),
      );
      const experimentFile = texts.find(([, text]) => isExperiment(text));
      if (experimentFile !== undefined)
        this.experiment = parseExperiment(experimentFile[1], experimentFile[0]);
      const named = pathsIn(this.experiment);
      const found: [string, TaskFile][] = [];
      for (const { path, file } of files) {
        const name = named.find(
          (one) => path === one || path.endsWith(`/${one}`) || one.endsWith(`/${path}`),
        );
        if (name !== undefined) found.push([name, await taskFile(file, path)]);
      }
      if (experimentFile === undefined && found.length === 0) {
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

  /** The models that can take part. */
  readonly offered = $derived.by(() => offeredModels(this.#parts.model));

  /** What the worker is asked. @throws DataError while there are problems */
  request(
    experiment = $state.snapshot(this.experiment) as Experiment,
  ): Omit<ExperimentRequest, 'id'> {
    const problems = this.#problemsOf(experiment);
    if (problems.length > 0) throw new DataError('This experiment cannot start.', problems);
    return {
      experiment,
      sources: Object.fromEntries(
        experiment.models.map((spec) => [spec.id, sourceOf(spec, this.#parts.model)!]),
      ),
      files: Object.fromEntries(
        Object.entries(this.files).map(([path, { content }]) => [path, content]),
      ),
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

  #problemsOf(experiment: Experiment): string[] {
    return [...schemaProblems(experiment), ...missingOf(experiment, this.#parts.model, this.files)];
  }

  /** Other questions with their sets. */
  #change(change: Partial<Experiment>): void {
    this.experiment = replaced($state.snapshot(this.experiment) as Experiment, change);
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
