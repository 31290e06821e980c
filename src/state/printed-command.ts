/**
 * What was done on the page as a command that gives the same numbers: the line, the files it reads,
 * and what a person must know before it runs.
 */
import { experimentCommand } from '../commands/experiment.ts';
import { generateCommand } from '../commands/generate.ts';
import { measureCommand } from '../commands/measure.ts';
import { printCommand, settingValues } from '../commands/print-command.ts';
import { trainCommand } from '../commands/train.ts';
import { excludeRows, type Conversation, type ResponseSet } from '../data/response-set.ts';
import { rowRecords } from '../data/row-record.ts';
import type { EngineName } from '../engine/config.ts';
import { textOf } from '../exchange/familiarity-record/write.ts';
import type { FamiliaritySettings } from '../familiarity/config.ts';
import type { SamplingSettings } from '../generate/config.ts';
import type { PromptSettings, TrainRequest } from '../../workers/protocol.ts';
import type { TaskFile } from './experiment-sources.ts';
import type { OpenedAs } from './opened-as.ts';
import { answersFile } from './run-code.ts';

export interface FileToSave {
  name: string;
  content: Blob | string;
}

export interface PrintedCommand {
  /** For a POSIX shell. */
  line: string;
  /** Files that are to lie where the command is started. */
  files: readonly FileToSave[];
  notes: readonly string[];
}

/** Why there is no command for what was done. */
export interface NoCommand {
  reason: string;
}

/** A set that comes with the project lies there as this file. */
export const exampleFile = (id: string): string => `public/data/${id}.jsonl`;

/** Above so many ids stand in a file. */
const MOST_IDS = 24;

/** What was trained, in a folder that the person saves. */
export interface TrainedFolder {
  folder: string;
  /** Every weight, not an adapter. */
  full: boolean;
}

export interface MeasuredSets {
  /** Joined, with the questions that are left out. */
  sets: readonly ResponseSet[];
  excluded: ReadonlySet<string>;
  /** The set as its file holds it, of a set that comes with the project. */
  example: (set: ResponseSet) => ResponseSet | undefined;
}

export function printMeasure(
  opened: OpenedAs,
  { sets, excluded, example }: MeasuredSets,
  settings: {
    prompt: PromptSettings;
    familiarity: FamiliaritySettings;
    styleExamples?: number | undefined;
  },
): PrintedCommand {
  const answers = answerFiles(
    sets.map((set) => {
      const whole = example(set);
      const same = whole && sameRows(excludeRows(whole, excluded), excludeRows(set, excluded));
      return { set, path: same ? exampleFile(set.id) : undefined };
    }),
  );
  const known = new Set(sets.flatMap(({ rows }) => rows.map(({ id }) => id)));
  const left = exclusion([...excluded].filter((id) => known.has(id)));
  const { prompt, familiarity, styleExamples } = settings;
  const line = printCommand(measureCommand, {
    ...modelValues(opened),
    responses: answers.paths,
    ...left.values,
    ...settingValues(measureCommand, { familiarity }),
    'style-examples': styleExamples,
    ...promptValues(prompt, opened),
    out: 'familiarity.json',
  });
  return { line, files: [...answers.files, ...left.files], notes: notesOf(opened) };
}

export function printTrain(
  opened: OpenedAs,
  request: TrainRequest,
  { name, example }: { name: string; example: MeasuredSets['example'] },
): PrintedCommand {
  const { set, validation, prompt, encoding, lora, training, checks } = request;
  const left = leftOut(set, example(set));
  const answers = answerFiles(
    [set, ...(validation ? [validation] : [])].map((one) => {
      const out = leftOut(one, example(one));
      return {
        set: one,
        path: out && (one === set || out.length === 0) ? exampleFile(one.id) : undefined,
      };
    }),
  );
  const exclude = exclusion(left ?? []);
  const { targetModules } = lora;
  const line = printCommand(trainCommand, {
    ...modelValues(opened),
    responses: answers.paths[0],
    validation: answers.paths[1],
    ...exclude.values,
    encoding,
    ...settingValues(trainCommand, {
      training,
      lora: training.method === 'full' ? {} : lora,
      ...(checks && { checks }),
    }),
    ...(targetModules && { targets: targetModules.join(',') }),
    ...promptValues(prompt, opened),
    out: `runs/${answersFile(name).replace(/\.jsonl$/, '')}`,
  });
  return { line, files: [...answers.files, ...exclude.files], notes: notesOf(opened) };
}

/** The command asks one question after at most one system turn. */
export function printGenerate(
  opened: OpenedAs,
  request: { conversation: Conversation; prompt: PromptSettings; sampling: SamplingSettings },
  trained: TrainedFolder | undefined,
): PrintedCommand | NoCommand {
  const { conversation, prompt, sampling } = request;
  const reason = noGenerate(conversation);
  if (reason !== undefined) return { reason };
  const [question, system] = conversation.messages.map(({ content }) => content).reverse();
  const adapter = trained?.full === false ? trained.folder : undefined;
  // Every weight was trained: a model in a folder of its own.
  const model = trained?.full
    ? { ...opened, model: trained.folder, revision: undefined, hub: undefined, ownFiles: false }
    : opened;
  const values = settingValues(generateCommand, { sampling });
  const line = printCommand(generateCommand, {
    ...modelValues(model),
    prompt: question!,
    system,
    ...values,
    temperature: sampling.greedy ? undefined : sampling.temperature,
    adapter,
    ...promptValues(prompt, opened),
  });
  const notes = notesOf(model);
  if (trained !== undefined) {
    const what = trained.full ? 'trained model' : 'adapter';
    notes.push(`Save the ${what} as a zip and unpack it as the folder ${trained.folder}.`);
  }
  return { line, files: [], notes };
}

/** What a conversation has that the command has no option for. */
function noGenerate({
  messages,
  tools = [],
  templateVariables = {},
}: Conversation): string | undefined {
  const system = messages[0]?.role === 'system' ? 1 : 0;
  const others = messages.slice(system);
  const question = others.findLastIndex(({ role }) => role === 'user');
  const roles = others.filter((_, i) => i !== question).map(({ role }) => role);
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const variables = Object.keys(templateVariables);
  const found = [
    roles.length > 0 && `${many(roles.length, 'other turn')} (${roles.join(', ')})`,
    tools.length > 0 && many(tools.length, 'tool'),
    variables.length > 0 && `variables for the chat template (${variables.join(', ')})`,
  ].filter((part) => part !== false);
  return found.length === 0
    ? undefined
    : `There is no command for this answer: generate asks one question after at most one system prompt, and this conversation also has ${found.join(', ')}.`;
}

export function printExperiment(
  experiment: { name: string; json: string; files: Readonly<Record<string, TaskFile>> },
  /** A preset needs no file. */
  preset: string | undefined,
  {
    plainPrompt,
    ownModels,
    ...where
  }: {
    plainPrompt: string | undefined;
    /** Sources of models that the person opened from files. */
    ownModels: readonly string[];
    engine?: EngineName | undefined;
    threads?: number | undefined;
    hub?: string | undefined;
  },
): PrintedCommand {
  const { name, json, files: read } = experiment;
  let file = `${name}.json`;
  for (let n = 2; file in read; n++) file = `${name}-${n}.json`;
  const line = printCommand(
    experimentCommand,
    { ...where, 'plain-prompt': plainPrompt },
    preset ?? file,
  );
  const named = Object.entries(read).map(([path, { content }]) => ({ name: path, content }));
  const files = preset === undefined ? [{ name: file, content: json }, ...named] : [];
  const notes = files.flatMap(({ name: path }) => {
    const folder = path.split('/').slice(0, -1).join('/');
    return folder === '' ? [] : [`Put ${path.split('/').at(-1)!} into the folder ${folder}.`];
  });
  const models = ownModels.map(
    (source) =>
      `${source} stands for the model that you opened from your own files: put it beside ${file}, or write in "source" where it lies.`,
  );
  return { line, files, notes: [...notes, ...models] };
}

function modelValues({ model, revision, hub, precision, engine, threads }: OpenedAs) {
  return {
    model,
    revision: revision === 'main' ? undefined : revision,
    hub,
    precision,
    engine,
    threads,
  };
}

function promptValues({ useChatTemplate, plainTemplate }: PromptSettings, opened: OpenedAs) {
  if (useChatTemplate && opened.chatTemplate) return {};
  return { 'no-chat-template': opened.chatTemplate, 'plain-prompt': plainTemplate };
}

function notesOf({ ownFiles, model }: OpenedAs): string[] {
  return ownFiles
    ? [`${model} stands for the model that you opened from your own files: write where it lies.`]
    : [];
}

/** A path for each set; those without one are files to save under names of their own. */
function answerFiles(sets: readonly { set: ResponseSet; path: string | undefined }[]) {
  const files: FileToSave[] = [];
  const paths = sets.map(({ set, path }) => {
    if (path !== undefined) return path;
    const stem = answersFile(set.name).replace(/\.jsonl$/, '');
    let name = `${stem}.jsonl`;
    for (let n = 2; files.some((file) => file.name === name); n++) name = `${stem}-${n}.jsonl`;
    files.push({ name, content: jsonLines(set) });
    return name;
  });
  return { paths, files };
}

function exclusion(ids: readonly string[]) {
  if (ids.length === 0) return { values: {}, files: [] };
  if (ids.length <= MOST_IDS) return { values: { exclude: ids }, files: [] };
  const file = { name: 'excluded.json', content: `${JSON.stringify(ids)}\n` };
  return { values: { 'exclude-file': file.name }, files: [file] };
}

/** The ids that make the whole set this one when they are left out; undefined when none do. */
function leftOut(set: ResponseSet, whole: ResponseSet | undefined): string[] | undefined {
  if (whole === undefined) return undefined;
  const kept = new Set(set.rows.map(({ id }) => id));
  const ids = whole.rows.map(({ id }) => id).filter((id) => !kept.has(id));
  return sameRows(excludeRows(whole, new Set(ids)), set) ? ids : undefined;
}

/** A set as the commands read it back, to the last character. */
function jsonLines({ rows }: ResponseSet): string {
  return rowRecords(rows)
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

function sameRows(a: ResponseSet, b: ResponseSet): boolean {
  const text = ({ rows }: ResponseSet) => JSON.stringify(rows.map((row) => textOf(row)));
  return text(a) === text(b);
}
