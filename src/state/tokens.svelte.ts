/** The answers to the question on screen as the model sees them: pieces, roles, special tokens. */
import { questionKey, type ResponseRow } from '../data/response-set.ts';
import type { ViewedRow } from '../../workers/protocol.ts';
import type { AnswersState } from './answers.svelte.ts';
import type { FamiliarityState } from './familiarity.svelte.ts';
import { asError } from './job.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

/** Views kept; a long browse must not fill the memory. */
const KEPT_VIEWS = 400;

export class TokensState {
  error = $state.raw<Error | undefined>();
  #version = $state(0);
  readonly #views = new Map<string, ViewedRow>();
  readonly #client: TrainerClient;
  readonly #model: ModelState;
  readonly #answers: AnswersState;
  readonly #familiarity: FamiliarityState;

  constructor(
    client: TrainerClient,
    parts: { model: ModelState; answers: AnswersState; familiarity: FamiliarityState },
  ) {
    this.#client = client;
    this.#model = parts.model;
    this.#answers = parts.answers;
    this.#familiarity = parts.familiarity;
  }

  /** What the pieces depend on besides the text. */
  readonly #context = $derived.by(() =>
    JSON.stringify([
      this.#model.summary?.id,
      this.#answers.prompt,
      this.#answers.encoding,
      this.#familiarity.settings.maxLength,
      this.#familiarity.settings.lossOn,
    ]),
  );

  /** The view of an answer, once `load` has brought it. */
  view(row: ResponseRow): ViewedRow | undefined {
    void this.#version;
    return this.#views.get(this.#key(row));
  }

  /** Brings the views of some answers that are not there yet. */
  readonly load = async (rows: readonly ResponseRow[]): Promise<void> => {
    if (this.#model.summary === undefined) return;
    const missing = rows.filter((row) => !this.#views.has(this.#key(row)));
    if (missing.length === 0) return;
    const keys = missing.map((row) => this.#key(row));
    const { prompt, encoding } = this.#answers;
    const { maxLength, lossOn } = this.#familiarity.settings;
    try {
      const views = await this.#client.api.viewTokens(
        $state.snapshot(missing) as ResponseRow[],
        $state.snapshot({ prompt, encoding, lossOn, maxLength }),
      );
      views.forEach((view, i) => this.#views.set(keys[i]!, view));
      for (const key of this.#views.keys()) {
        if (this.#views.size <= KEPT_VIEWS) break;
        this.#views.delete(key);
      }
      this.error = undefined;
      this.#version++;
    } catch (error) {
      this.error = asError(error);
    }
  };

  #key(row: ResponseRow): string {
    return `${this.#context}\u0000${questionKey(row)}\u0000${row.response}`;
  }
}
