/** One question, answered by the base model and by a trained adapter, and taking the adapter home. */
import type { AdapterSummary, GenerateRequest } from '../../workers/protocol.ts';
import { defaultsOf } from '../fields.ts';
import { samplingFields, type SamplingSettings } from '../generate/config.ts';
import { asError, Job } from './job.svelte.ts';
import type { Lab } from './lab.svelte.ts';

export class PlaygroundState {
  question = $state('');
  sampling = $state<SamplingSettings>(defaultsOf(samplingFields));
  /** A run's id or an imported adapter's. */
  adapterId = $state<string | undefined>();
  baseAnswer = $state('');
  adapterAnswer = $state('');
  imported = $state.raw<readonly AdapterSummary[]>([]);
  error = $state.raw<Error | undefined>();
  readonly job: Job;
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.job = new Job(lab.activity, lab.client, { name: 'Answering' });
  }

  /** The first question of the answers until something is typed. */
  readonly asked = $derived.by(
    () => this.question || (this.#lab.answers.questions[0]?.question ?? ''),
  );

  readonly ask = async (): Promise<void> => {
    this.baseAnswer = this.adapterAnswer = '';
    const total = this.sampling.maxNewTokens * (this.adapterId === undefined ? 1 : 2);
    await this.job.run({ done: 0, total, unit: 'tokens' }, async () => {
      await this.#answer(undefined, (text) => (this.baseAnswer = text), 0, total);
      const { adapterId, sampling } = this;
      if (adapterId !== undefined) {
        await this.#answer(
          adapterId,
          (text) => (this.adapterAnswer = text),
          sampling.maxNewTokens,
          total,
        );
      }
    });
  };

  async #answer(
    adapterId: string | undefined,
    show: (text: string) => void,
    before: number,
    total: number,
  ): Promise<void> {
    const { answers, client } = this.#lab;
    const request: GenerateRequest = $state.snapshot({
      question: this.asked,
      prompt: answers.prompt,
      sampling: this.sampling,
      ...(adapterId !== undefined && { adapterId }),
    });
    await client.api.generate(request, ({ text, tokens, tokensPerSecond }) => {
      show(text);
      this.job.tell({ done: before + tokens, total, unit: 'tokens', rate: tokensPerSecond });
      return Promise.resolve();
    });
  }

  readonly exportFiles = async (adapterId: string) => {
    try {
      this.error = undefined;
      return await this.#lab.client.api.exportAdapter(adapterId);
    } catch (error) {
      this.error = asError(error);
      return [];
    }
  };

  readonly importFiles = async (files: readonly File[]): Promise<void> => {
    try {
      this.error = undefined;
      const name = `adapter ${this.imported.length + 1}`;
      const summary = await this.#lab.client.api.importAdapter(name, [...files]);
      this.imported = [...this.imported, summary];
      this.adapterId = summary.id;
    } catch (error) {
      this.error = asError(error);
    }
  };
}
