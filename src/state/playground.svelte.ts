/**
 * One question, answered by the model as it came and as trained, side by side; to pick from are the
 * runs on the open model, adapters and fully fine-tuned ones, and adapters brought from elsewhere.
 */
import { unzipFiles, zipFiles } from '../exchange/zip.ts';
import { defaultsOf } from '../fields.ts';
import { samplingFields, type SamplingSettings } from '../generate/config.ts';
import type { ChatMessage, Conversation, ResponseRow } from '../data/response-set.ts';
import type { GenerateResult } from '../workflows/generate/answer-one.ts';
import type { AdapterSummary, NamedBytes } from '../../workers/protocol.ts';
import { changedFields, fieldsFromAddress, type Addressed } from './address.ts';
import { Job } from './job.svelte.ts';
import type { NamedFile } from './model.svelte.ts';
import { printGenerate, type NoCommand, type PrintedCommand } from './printed-command.ts';
import { fileStem } from './run-code.ts';
import type { Run } from './run.svelte.ts';
import type { RunQueue } from './run-queue.svelte.ts';
import type { TrainingParts } from './training.svelte.ts';

export interface AdapterChoice {
  id: string;
  label: string;
  /** Color of its set; undefined for an imported one. */
  slot: number | undefined;
  /** Every weight was trained: a model of its own rather than an adapter. */
  full: boolean;
  run: Run | undefined;
  imported: AdapterSummary | undefined;
}

export interface PlaygroundAnswer {
  text: string;
  tokens: number;
  tokensPerSecond: number;
  /** Undefined while it is being written. */
  stopped: GenerateResult['stopped'] | undefined;
}

export interface Answers {
  question: string;
  conversation: Conversation;
  base: PlaygroundAnswer | undefined;
  adapted: PlaygroundAnswer | undefined;
  adapter: AdapterChoice | undefined;
  /** Asks the same without the page, or why no command can. */
  command?: PrintedCommand | NoCommand | undefined;
}

/** Picked: no adapter. */
export const NONE = '';

export class PlaygroundState implements Addressed {
  readonly sampling = $state<SamplingSettings>(defaultsOf(samplingFields));
  /** The question on screen in the other panels, until something is typed. */
  question: string = $derived.by(() => {
    return this.#row?.question ?? '';
  });
  /** The system turn: that of the question on screen, until something is typed. */
  system: string = $derived.by(() => {
    const [first] = this.#row?.messages ?? [];
    return first?.role === 'system' ? first.content : '';
  });
  /** Whether the turns before the question on screen are put to the model too. */
  withEarlier = $state(true);
  answers = $state.raw<Answers | undefined>();
  readonly answering: Job;
  /** Loads, imports and writes adapters. */
  readonly carrying: Job;

  #imported = $state.raw<readonly { modelId: string; summary: AdapterSummary }[]>([]);
  readonly #parts: TrainingParts;
  readonly #queue: RunQueue;

  constructor(parts: TrainingParts, queue: RunQueue) {
    this.#parts = parts;
    this.#queue = queue;
    const { activity, client } = parts;
    this.answering = new Job(activity, client, { name: 'Answering' });
    this.carrying = new Job(activity, client, { name: 'Adapter' });
  }

  get #row(): ResponseRow | undefined {
    const { questions, cursor } = this.#parts.answers;
    return questions[cursor];
  }

  /** What was typed in place of the question on screen and its system turn. */
  get typed(): { question?: string; system?: string } {
    const [first] = this.#row?.messages ?? [];
    const system = first?.role === 'system' ? first.content : '';
    return {
      ...(this.question !== (this.#row?.question ?? '') && { question: this.question }),
      ...(this.system !== system && { system: this.system }),
    };
  }

  /** Takes back what was typed. */
  bringBack(typed: { question?: string; system?: string; withEarlier: boolean }): void {
    this.question = typed.question ?? this.question;
    this.system = typed.system ?? this.system;
    this.withEarlier = typed.withEarlier;
  }

  /** Turns of the question on screen, besides the system's and the question: what was said before and after it. */
  readonly earlier = $derived.by((): { before: ChatMessage[]; after: ChatMessage[] } => {
    const turns = this.#row?.messages ?? [];
    const at = turns.findLastIndex(({ role }) => role === 'user');
    const first = turns[0]?.role === 'system' ? 1 : 0;
    return at < 0
      ? { before: [], after: [] }
      : { before: turns.slice(first, at), after: turns.slice(at + 1) };
  });

  readonly #conversation = $derived.by((): Conversation => {
    const { before, after } = this.withEarlier ? this.earlier : { before: [], after: [] };
    const system = this.system.trim() === '' ? [] : [{ role: 'system', content: this.system }];
    const question = { role: 'user', content: this.question };
    const { tools, templateVariables } = (this.withEarlier ? this.#row : undefined) ?? {};
    return {
      messages: [...system, ...before, question, ...after],
      ...(tools && { tools }),
      ...(templateVariables && { templateVariables }),
    };
  });

  /** Newest first. */
  readonly choices = $derived.by((): AdapterChoice[] => {
    const modelId = this.#parts.model.summary?.id;
    const runs = this.#parts.runs.list
      .filter(
        ({ record, live }) => !live && record.summary !== undefined && record.modelId === modelId,
      )
      .map((run) => ({
        id: run.id,
        label: run.label,
        slot: run.slot,
        full: run.record.settings.training.method === 'full',
        run,
        imported: undefined,
      }));
    const imported = this.#imported
      .filter((one) => one.modelId === modelId)
      .map(({ summary }) => ({
        id: summary.id,
        label: summary.name,
        slot: undefined,
        full: false,
        run: undefined,
        imported: summary,
      }));
    return [...runs, ...imported].reverse();
  });

  #picked = $state<string | undefined>();
  /** The newest until one is picked. */
  readonly adapter = $derived.by(() =>
    this.#picked === NONE
      ? undefined
      : (this.choices.find(({ id }) => id === this.#picked) ?? this.choices[0]),
  );

  /** `NONE`: the model alone. */
  readonly pick = (id: string): void => {
    this.#picked = id;
  };

  /** Asks the model, then the model with the adapter. */
  readonly ask = async (): Promise<void> => {
    const { adapter, question } = this;
    const sampling = $state.snapshot(this.sampling);
    const total = sampling.maxNewTokens * (adapter === undefined ? 1 : 2);
    const conversation = $state.snapshot(this.#conversation) as Conversation;
    const command = this.#command(conversation, sampling);
    this.answers = {
      question,
      conversation,
      base: undefined,
      adapted: undefined,
      adapter,
      command,
    };
    await this.answering.run({ done: 0, total, unit: 'tokens' }, async () => {
      await this.#answer('base', undefined, 0, total);
      if (adapter === undefined || this.answering.status.kind === 'stopping') return;
      await this.#load(adapter);
      await this.#answer('adapted', adapter.id, sampling.maxNewTokens, total);
    });
  };

  /** PEFT's files of an adapter, or a whole model's; undefined when it failed or was refused. */
  readonly files = (adapter: AdapterChoice): Promise<NamedBytes[] | undefined> =>
    this.carrying.run({ done: 0, total: 0, unit: 'files', note: 'writing' }, async () => {
      await this.#load(adapter);
      return this.#parts.client.api.exportAdapter(adapter.id);
    });

  readonly zip = async (adapter: AdapterChoice): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const files = await this.files(adapter);
    return files && zipFiles(files);
  };

  /** Takes PEFT's two files, or a zip of them, as an adapter of the open model. */
  readonly bring = async (named: readonly NamedFile[]): Promise<void> => {
    const [first] = named;
    if (first === undefined) return;
    const folder = first.path.split('/').at(-2);
    const name = folder ?? first.file.name.replace(/\.(zip|json|safetensors)$/, '');
    const files = named.map(({ file }) => file);
    await this.carrying.run({ done: 0, total: 0, unit: 'files', note: 'reading' }, async () => {
      const inside = await unzipFiles(files);
      const summary = await this.#parts.client.api.importAdapter(name, inside);
      const modelId = this.#parts.model.summary?.id ?? '';
      const others = this.#imported.filter((one) => one.summary.id !== summary.id);
      this.#imported = [...others, { modelId, summary }];
      this.#picked = summary.id;
    });
  };

  #command(
    conversation: Conversation,
    sampling: SamplingSettings,
  ): PrintedCommand | NoCommand | undefined {
    const { adapter } = this;
    const { openedAs } = this.#parts.model;
    if (openedAs === undefined) return undefined;
    const { prompt } = this.#parts.answers;
    const trained = adapter && { folder: fileStem(adapter.label), full: adapter.full };
    return printGenerate(openedAs, { conversation, prompt, sampling }, trained);
  }

  async #answer(
    which: 'base' | 'adapted',
    adapterId: string | undefined,
    before: number,
    total: number,
  ): Promise<void> {
    const show = (answer: PlaygroundAnswer): void => {
      this.answers = { ...this.answers!, [which]: answer };
    };
    show({ text: '', tokens: 0, tokensPerSecond: 0, stopped: undefined });
    const request = $state.snapshot({
      conversation: this.answers!.conversation,
      prompt: this.#parts.answers.prompt,
      sampling: this.sampling,
      ...(adapterId !== undefined && { adapterId }),
    });
    const result = await this.#parts.client.api.generate(request, (progress) => {
      show({ ...progress, stopped: undefined });
      const { tokens, tokensPerSecond } = progress;
      this.answering.tell({ done: before + tokens, total, unit: 'tokens', rate: tokensPerSecond });
      return Promise.resolve();
    });
    show(result);
  }

  /** After a reload or a lost engine a run's weights come back from its last checkpoint. */
  async #load({ run }: AdapterChoice): Promise<void> {
    if (run !== undefined) await this.#queue.loadAdapter(run);
  }

  get addressed(): Record<string, string> {
    return changedFields('try.', samplingFields, this.sampling);
  }

  restore(settings: URLSearchParams): void {
    Object.assign(this.sampling, fieldsFromAddress('try.', samplingFields, settings));
  }
}

/** Why an answer ended, in words. */
export function endInWords(stopped: PlaygroundAnswer['stopped']): string {
  if (stopped === undefined) return 'writing';
  return { end: 'ended by itself', length: 'cut at the longest answer', asked: 'stopped' }[stopped];
}
