/**
 * The response sets on the page: example sets and imported ones, joined by question, with questions
 * left out, and how a question becomes a prompt. Every change of the data can be undone.
 */
import type { JoinedSets } from '../data/join.ts';
import { joinNotices, joinSets, shareQuestions } from '../data/join.ts';
import {
  excludeRows,
  noticesOf,
  type ResponseRow,
  type ResponseSet,
} from '../data/response-set.ts';
import { DataError, StoppedError } from '../errors.ts';
import { givenAnswerNotices } from '../experiment/sets/known-questions.ts';
import { familiarityFields, type FamiliaritySettings } from '../familiarity/config.ts';
import type { PromptSettings } from '../../workers/protocol.ts';
import { SvelteSet } from 'svelte/reactivity';
import { changedFields, fieldsFromAddress, writeIds, type Addressed } from './address.ts';
import { placed, type AnswerSet } from './answer-set.ts';
import { readExamples, type FetchFile } from './example-index.ts';
import { ImportDraft } from './import-draft.svelte.ts';
import { asError } from './job.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import type { OpenTables } from './open-table.ts';
import { uniqueNotices } from '../notices.ts';

const { encoding } = familiarityFields;

interface Change {
  label: string;
  sets: readonly AnswerSet[];
  excluded: readonly string[];
}

export class AnswersState implements Addressed {
  sets = $state.raw<readonly AnswerSet[]>([]);
  /** Ids of questions left out by hand. */
  readonly excluded = new SvelteSet<string>();
  examples = $state.raw<'waiting' | 'loading' | 'ready' | Error>('waiting');
  /** Questions of the same kind that no example set contains, for the held-out loss. */
  heldOut = $state.raw<ResponseSet | undefined>();
  /** Ids of sets that the address names and that are not here. */
  absent = $state.raw<readonly string[]>([]);
  /** A file that is being imported, before its sets are added. */
  draft = $state.raw<ImportDraft | undefined>();
  /** Files that follow the draft. */
  #toRead = $state.raw<readonly (Blob | string)[]>([]);
  readonly filesLeft = $derived(this.#toRead.length);
  /** A file is being read, in a worker. */
  reading = $state(false);
  #stop = new AbortController();
  /** Why a file could not be read. */
  importError = $state.raw<Error | undefined>();

  encoding = $state<FamiliaritySettings['encoding']>(encoding.default);
  /** What the address said of the prompt; it may come long before a model is open. */
  #addressedPrompt = $state.raw<Partial<PromptSettings>>({});
  /** The address or the model decides until the person does. */
  useChatTemplate: boolean = $derived.by(
    () =>
      this.#addressedPrompt.useChatTemplate ?? this.#model.summary?.prompt.chatTemplate ?? false,
  );
  plainTemplate: string = $derived.by(
    () =>
      this.#addressedPrompt.plainTemplate ??
      this.#model.summary?.prompt.plainTemplate ??
      '{question}\n',
  );

  /** Sets that take part. */
  readonly shown = $derived(this.sets.filter((entry) => entry.shown));
  /** Line i of every joined set answers the same question. */
  readonly #join = $derived.by((): { joined?: JoinedSets; error?: Error } => {
    if (this.shown.length === 0) return {};
    try {
      return { joined: joinSets(this.shown.map(({ set }) => set)) };
    } catch (error) {
      return { error: asError(error) };
    }
  });
  readonly joined = $derived(this.#join.joined?.sets ?? []);
  readonly joinReport = $derived(this.#join.joined?.report);
  readonly joinError = $derived(this.#join.error);
  /** Joined sets without the questions left out: what is measured and trained on. */
  readonly included = $derived(this.joined.map((set) => excludeRows(set, this.excluded)));
  /** What reading and joining the sets left out, assumed or doubts. */
  readonly notices = $derived(
    uniqueNotices([
      ...this.shown.flatMap(({ set }) => noticesOf(set)),
      ...(this.joinReport === undefined ? [] : joinNotices(this.joinReport)),
      ...givenAnswerNotices(this.included),
    ]),
  );
  /** Every joined question, also those left out. */
  readonly questions = $derived<readonly ResponseRow[]>(this.joined[0]?.rows ?? []);
  readonly includedCount = $derived(this.included[0]?.rows.length ?? 0);
  /** How a question becomes a prompt, recorded with each result. */
  readonly prompt = $derived<PromptSettings>({
    useChatTemplate: this.useChatTemplate,
    plainTemplate: this.plainTemplate,
  });

  #cursor = $state<string | undefined>();
  /** The question on screen, in every panel. */
  readonly cursor = $derived.by(() => {
    const at = this.questions.findIndex((row) => row.id === this.#cursor);
    return Math.max(0, at);
  });

  #history = $state.raw<readonly Change[]>([]);
  /** What undo would take back. */
  readonly undoable = $derived(this.#history.at(-1)?.label);

  readonly #model: ModelState;
  readonly #fetchFile: FetchFile;
  readonly #openTable: OpenTables;

  constructor(model: ModelState, fetchFile: FetchFile, openTable: OpenTables) {
    this.#openTable = openTable;
    this.#model = model;
    this.#fetchFile = fetchFile;
  }

  /** The set as its file holds it, of a set that comes with the project. */
  exampleOf({ id }: ResponseSet): ResponseSet | undefined {
    if (this.heldOut?.id === id) return this.heldOut;
    const entry = this.entry(id);
    return entry?.example === true ? entry.set : undefined;
  }

  entry(setId: string): AnswerSet | undefined {
    return this.sets.find(({ set }) => set.id === setId);
  }

  /** Shows the question with this id. */
  readonly show = (rowId: string): void => {
    this.#cursor = rowId;
  };

  /** Goes on by so many questions, around the end. */
  readonly move = (by: number): void => {
    const count = this.questions.length;
    if (count > 0) this.#cursor = this.questions[(this.cursor + by + count) % count]!.id;
  };

  /** Reads the example sets that come with the page; once, or again after a failure. */
  readonly loadExamples = async (): Promise<void> => {
    if (this.examples === 'loading' || this.examples === 'ready') return;
    this.examples = 'loading';
    try {
      const { sets, heldOut } = await readExamples(this.#fetchFile);
      this.heldOut = heldOut;
      this.sets = [
        ...this.sets,
        ...sets.map((set, i) => ({
          set,
          slot: i + 1,
          example: true,
          shown: this.sets.length === 0,
        })),
      ];
      this.examples = 'ready';
    } catch (error) {
      this.examples = asError(error);
    }
  };

  /** Reads files or pasted text, one after another, into `draft`, where columns can be corrected. */
  readonly read = (sources: readonly (Blob | string)[]): Promise<void> => {
    this.#toRead = sources;
    return this.#readNext();
  };

  /** Leaves the draft out, and goes on to the next file. */
  readonly cancelImport = (): Promise<void> => this.#readNext();

  /** Adds the sets of the draft; when they share no question with what is shown, they replace it. */
  readonly acceptImport = async (): Promise<void> => {
    if (this.draft === undefined) return;
    try {
      const { sets } = await this.#whileReading(this.draft.records());
      this.add(sets);
    } catch (error) {
      this.importError = asError(error);
      return;
    }
    await this.#readNext();
  };

  async #readNext(): Promise<void> {
    const [source, ...others] = this.#toRead;
    this.#toRead = others;
    this.draft?.close();
    this.draft = undefined;
    this.importError = undefined;
    if (source === undefined) return;
    this.#stop = new AbortController();
    try {
      const open = await this.#whileReading(this.#openTable(source, this.#stop.signal));
      this.draft = new ImportDraft(open);
    } catch (error) {
      if (error instanceof StoppedError) await this.#readNext();
      else this.importError = asError(error);
    }
  }

  async #whileReading<Result>(work: Promise<Result>): Promise<Result> {
    this.reading = true;
    try {
      return await work;
    } finally {
      this.reading = false;
    }
  }

  /** Ends the reading of a file that takes too long. */
  readonly stopReading = (): void => this.#stop.abort();

  /** Sets in place of those shown, as they were measured: with this encoding, prompt and questions left out. */
  use(
    sets: readonly { set: ResponseSet }[],
    measured: {
      encoding: FamiliaritySettings['encoding'];
      prompt: { chat_template: boolean; plain_template: string | null };
      excluded: readonly string[];
    },
  ): void {
    this.#remember('A measurement opened');
    this.sets = this.sets.map((entry) => ({ ...entry, shown: false }));
    this.#append(sets.map(({ set }) => set));
    this.encoding = measured.encoding;
    this.useChatTemplate = measured.prompt.chat_template;
    this.plainTemplate = measured.prompt.plain_template ?? this.plainTemplate;
    this.excluded.clear();
    for (const id of measured.excluded) this.excluded.add(id);
  }

  add(sets: readonly ResponseSet[]): void {
    if (sets.length === 0) throw new DataError('There is no response set to add.');
    this.#remember(`${sets.length === 1 ? `“${sets[0]!.name}”` : `${sets.length} sets`} added`);
    if (!shareQuestions([...this.shown.map(({ set }) => set), ...sets])) {
      this.sets = this.sets.map((entry) => ({ ...entry, shown: false }));
    }
    this.#append(sets);
  }

  #append(sets: readonly ResponseSet[]): void {
    const entries = [...this.sets];
    for (const set of sets) entries.push(placed(set, entries));
    this.sets = entries;
  }

  readonly toggle = (setId: string): void => {
    this.sets = this.sets.map((entry) =>
      entry.set.id === setId ? { ...entry, shown: !entry.shown } : entry,
    );
  };

  readonly remove = (setId: string): void => {
    this.#remember(`“${this.entry(setId)?.set.name ?? setId}” removed`);
    this.sets = this.sets.filter(({ set }) => set.id !== setId);
  };

  /** Leaves questions out of every set, or takes them back in. */
  readonly exclude = (rowIds: readonly string[], out = true): void => {
    const count = rowIds.length === 1 ? 'One question' : `${rowIds.length} questions`;
    this.#remember(`${count} ${out ? 'left out' : 'taken back in'}`);
    for (const id of rowIds) {
      if (out) this.excluded.add(id);
      else this.excluded.delete(id);
    }
  };

  readonly undo = (): void => {
    const last = this.#history.at(-1);
    if (last === undefined) return;
    this.#history = this.#history.slice(0, -1);
    this.sets = last.sets;
    this.excluded.clear();
    for (const id of last.excluded) this.excluded.add(id);
  };

  get addressed(): Record<string, string> {
    const settings = changedFields('', { encoding }, { encoding: this.encoding });
    if (this.examples === 'ready' && this.sets.some(({ shown }) => !shown)) {
      settings['sets'] = writeIds(this.shown.map(({ set }) => set.id));
    }
    const policy = this.#model.summary?.prompt;
    const named = this.#addressedPrompt;
    const chat = policy === undefined ? named.useChatTemplate : this.useChatTemplate;
    const template = policy === undefined ? named.plainTemplate : this.plainTemplate;
    if (chat !== undefined && chat !== policy?.chatTemplate) settings['chat'] = String(chat);
    if (template !== undefined && template !== policy?.plainTemplate) {
      settings['template'] = template;
    }
    return settings;
  }

  /** Shows the sets of an address; none of them is here: those that are shown stay, and it is said. */
  showOnly(ids: readonly string[]): void {
    this.absent = ids.filter((id) => this.entry(id) === undefined);
    if (this.absent.length === ids.length) return;
    this.sets = this.sets.map((entry) => ({ ...entry, shown: ids.includes(entry.set.id) }));
  }

  /** Takes back sets of an earlier visit beside the examples, of which these were shown. */
  bringBack(
    sets: readonly Omit<AnswerSet, 'example'>[],
    examplesShown: readonly string[] | undefined,
  ): void {
    const examples = this.sets.map((entry) =>
      examplesShown === undefined
        ? entry
        : { ...entry, shown: examplesShown.includes(entry.set.id) },
    );
    const any = [...examples, ...sets].some(({ shown }) => shown);
    const entries: AnswerSet[] = any ? examples : [...this.sets];
    for (const { set, ...place } of sets) entries.push(placed(set, entries, place));
    this.sets = entries;
  }

  /** The sets are shown by `showOnly`, once they are there. */
  restore(settings: URLSearchParams): void {
    this.encoding = fieldsFromAddress('', { encoding }, settings).encoding ?? this.encoding;
    const chat = settings.get('chat');
    const template = settings.get('template');
    this.#addressedPrompt = {
      ...(chat !== null && { useChatTemplate: chat === 'true' }),
      ...(template !== null && { plainTemplate: template }),
    };
  }

  #remember(label: string): void {
    const change = { label, sets: this.sets, excluded: [...this.excluded] };
    this.#history = [...this.#history, change];
  }
}
