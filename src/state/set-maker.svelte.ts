/**
 * Answers from the open model as a set of their own: what is to be made, how far it is, what came of
 * it. The making itself is the worker's, by the code that makes an experiment's sets.
 */
import { PARAPHRASE_TEMPLATE } from '../experiment/sets/paraphrase-template.ts';
import { defaultsOf, problemsOf, type Fields, type SettingsOf } from '../fields.ts';
import { labelOf, embeddedModels } from '../../models/catalog.ts';
import type { MadeSet, MakeSetRequest } from '../../workers/protocol.ts';
import type { AnswersState } from './answers.svelte.ts';
import { Job, type Activity } from './job.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

export interface SetMakerParts {
  activity: Activity;
  client: TrainerClient;
  model: ModelState;
  answers: AnswersState;
}

/** A way to make a set, in a student's words and in the field's. */
export interface Way {
  id: WayId;
  label: string;
  help: string;
  /** What the set will be called. */
  name: (model: string) => string;
}
export type WayId = 'own' | 'own-correct' | 'minimum-change' | 'most-familiar' | 'paraphrase';

export const ways: readonly Way[] = [
  {
    id: 'own',
    label: 'Its own answers',
    help: 'Greedy decoding: always the likeliest next token. Right and wrong answers are kept; wrong ones can be mended by hand.',
    name: (model) => `${model}’s own answers`,
  },
  {
    id: 'own-correct',
    label: 'Its own right answers',
    help: 'Rejection sampling (RFT): several answers are drawn for each question and the first right one is kept.',
    name: (model) => `${model}’s right answers`,
  },
  {
    id: 'minimum-change',
    label: 'Its own answers, mended',
    help: 'Minimum change: sentences that are right stay to the letter, wrong ones are put right in the same words, missing ones are added.',
    name: (model) => `${model}’s answers, mended`,
  },
  {
    id: 'most-familiar',
    label: 'The most familiar right answer',
    help: 'Of the right answers of all sets that take part, the one with the lowest negative log-likelihood per token (as in GRAPE).',
    name: (model) => `Most familiar to ${model}`,
  },
  {
    id: 'paraphrase',
    label: 'Another set in its own words',
    help: 'Paraphrase by prompt: the model is shown question and answer and asked to write it anew. Where the final answer changes on the way, the answer stays as it was.',
    name: (model) => `Reworded by ${model}`,
  },
];

export const makingFields = {
  samples: {
    kind: 'number',
    label: 'Answers drawn',
    help: 'How many answers are sampled for a question at most.',
    default: 8,
    min: 1,
    max: 64,
    integer: true,
  },
  temperature: {
    kind: 'number',
    label: 'Temperature',
    help: 'Logits are divided by it before sampling: small is cautious, large is daring.',
    default: 0.8,
    min: 0.01,
    max: 5,
  },
  seed: {
    kind: 'number',
    label: 'Seed',
    help: 'The same seed draws the same answers.',
    default: 1,
    min: 0,
    max: 2 ** 31 - 1,
    integer: true,
  },
  maxNewTokens: {
    kind: 'number',
    label: 'Longest answer',
    help: 'An answer is cut after so many tokens.',
    default: 128,
    min: 1,
    max: 4096,
    integer: true,
    unit: 'tokens',
  },
} as const satisfies Fields;

/** The form as it is kept. */
export interface MakerForm {
  way: WayId;
  settings: SettingsOf<typeof makingFields>;
  otherwise: string;
  of: string;
  template: string;
}

/** What the last set turned out to be. */
export interface MadeSetFacts {
  name: string;
  answers: number;
  right: number;
  setId: string;
}

/** Name of the open model in the request. */
const OPEN = 'open';

export class SetMaker {
  way = $state<WayId>('own');
  readonly settings = $state(defaultsOf(makingFields));
  /** Id of the set that answers what no sample did; empty: such questions are left out. */
  otherwise = $state('');
  /** Id of the set to be reworded; the first until chosen. */
  of = $state('');
  /** What the model is asked; {question} and {answer} stand for the texts. */
  template = $state(PARAPHRASE_TEMPLATE);
  readonly job: Job;
  outcome = $state.raw<MadeSetFacts | undefined>();
  readonly #parts: SetMakerParts;

  constructor(parts: SetMakerParts) {
    this.#parts = parts;
    this.job = new Job(parts.activity, parts.client, { name: 'Writing answers' });
  }

  readonly modelName = $derived.by(() => {
    const { summary } = this.#parts.model;
    return summary === undefined ? 'the model' : labelOf(summary.id);
  });

  /** Why a way is closed just now; undefined when it is open. */
  readonly closed = (way: WayId): string | undefined => {
    const { model, answers } = this.#parts;
    if (model.summary === undefined) return 'needs a model';
    if (answers.includedCount === 0) return 'needs questions';
    if (way === 'most-familiar' && answers.included.length < 2) return 'needs two sets';
    if (way === 'minimum-change' && this.#dialect === undefined) {
      return 'needs a model of the micro-world; elsewhere, mend by hand';
    }
    if (way === 'paraphrase' && !this.template.includes('{answer}')) {
      return 'needs {answer} in what the model is asked';
    }
    if (way !== 'own' && !answers.included.some(({ rows }) => rows.some(({ gold }) => gold))) {
      return 'needs right final answers (gold) in the data';
    }
    return undefined;
  };

  get #dialect() {
    const id = this.#parts.model.summary?.id;
    return embeddedModels.find((entry) => entry.id === id)?.dialect;
  }

  get form(): MakerForm {
    const { way, settings, otherwise, of, template } = this;
    return { way, settings: { ...settings }, otherwise, of, template };
  }

  /** Takes back what fits of a form. */
  bringBack(form: Partial<MakerForm>): void {
    const { way, settings = {}, otherwise, of, template } = form;
    if (ways.some(({ id }) => id === way)) this.way = way!;
    for (const [name, value] of Object.entries(settings)) {
      const field = Object.entries(makingFields).find(([known]) => known === name);
      if (field === undefined || problemsOf({ [name]: field[1] }, { [name]: value }).length > 0)
        continue;
      Object.assign(this.settings, { [name]: value });
    }
    this.otherwise = otherwise ?? this.otherwise;
    this.of = of ?? this.of;
    this.template = template ?? this.template;
  }

  readonly make = async (): Promise<void> => {
    const request = this.#request();
    const total = request.sets[0]!.rows.length;
    const began = performance.now();
    const first = { done: 0, total, unit: 'answers' };
    const { name } = ways.find(({ id }) => id === this.way)!;
    const made = await this.job.run(first, () =>
      this.#parts.client.api.makeSet(request, (done, all) => {
        const seconds = (performance.now() - began) / 1000;
        const secondsLeft = done > 0 ? ((all - done) * seconds) / done : undefined;
        this.job.tell({
          done,
          total: all,
          unit: 'answers',
          ...(secondsLeft !== undefined && { secondsLeft }),
        });
        return Promise.resolve();
      }),
    );
    if (made !== undefined) this.#add(made, name(this.modelName));
  };

  #add({ set, correct }: MadeSet, name: string): void {
    const { answers } = this.#parts;
    const provenance = set.provenance?.replaceAll(OPEN, this.modelName) ?? '';
    answers.add([{ ...set, name, description: provenance, provenance }]);
    this.outcome = {
      name,
      answers: set.rows.length,
      right: correct.filter(Boolean).length,
      setId: answers.sets.at(-1)!.set.id,
    };
  }

  #request(): MakeSetRequest {
    const { answers } = this.#parts;
    const { samples, temperature, seed, maxNewTokens } = this.settings;
    const base = { id: `${this.way}-set`, model: OPEN };
    const sets = answers.included;
    // A set chosen earlier may have been unticked since.
    const has = (id: string) => sets.some((set) => set.id === id);
    const dialect = this.#dialect;
    const spec = {
      own: () => ({ ...base, kind: 'own' as const }),
      'minimum-change': () => ({ ...base, kind: 'minimum-change' as const }),
      'own-correct': () => ({
        ...base,
        kind: 'own-correct' as const,
        samples,
        temperature,
        seed,
        ...(has(this.otherwise) && { otherwise: this.otherwise }),
      }),
      'most-familiar': () => ({
        ...base,
        kind: 'most-familiar' as const,
        from: sets.map(({ id }) => id),
      }),
      paraphrase: () => ({
        ...base,
        kind: 'paraphrase' as const,
        of: has(this.of) ? this.of : sets[0]!.id,
        template: this.template,
      }),
    }[this.way]();
    return $state.snapshot({
      spec,
      model: { id: OPEN, ...(dialect !== undefined && { dialect }) },
      sets,
      answers: { kind: 'final-answer' },
      prompt: answers.prompt,
      maxNewTokens,
    }) as MakeSetRequest;
  }
}
