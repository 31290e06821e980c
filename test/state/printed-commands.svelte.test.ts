/**
 * Printed commands, run: what the page computes and what the command that it prints computes are the
 * same to the last digit. The page's state stands on the real worker object in a process of its own;
 * the commands run through `sh` and `npm run` in a folder that holds nothing but the files the page
 * offers to save.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecord } from '../../src/exchange/familiarity-record/read.ts';
import type { FamiliarityRecord } from '../../src/exchange/familiarity-record/schema.ts';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { recordOf } from '../../src/state/familiarity-export.ts';
import { fileStem } from '../../src/state/run-code.ts';
import type { Connection } from '../../src/state/trainer-client.ts';
import { printTrain, type PrintedCommand } from '../../src/state/printed-command.ts';
import { startHub } from '../storage/hub-server.ts';
import { hubFilesOf, pageAt, runPrinted, shell } from '../support/run-printed.ts';
import { connectProcess } from '../support/trainer-process.ts';

const MINUTES = 60_000;
type Manifest = Record<'fingerprint', string>;
let connection: Connection;
let app: AppState;

beforeAll(async () => {
  connection = connectProcess();
  app = pageAt(connection);
  app.model.engineChoice = 'wasm';
  await app.answers.loadExamples();
}, MINUTES);
afterAll(() => {
  connection.terminate();
});

/** Opens a model that comes with the project as if its folder had been dropped. */
async function openFolder(id: string): Promise<void> {
  const names = readdirSync(`public/models/${id}`);
  app.model.choose(names.map((name) => ({ path: `${id}/${name}`, file: new File([], name) })));
  await app.model.open();
  expect(app.model.opening.error).toBeUndefined();
}

/** What the numbers are, without the names of files and machines. */
const numbersOf = ({ model, prompt, settings, excluded, sets }: FamiliarityRecord) => ({
  weights: model.weights_sha256,
  files: model.files_sha256,
  precision: model.precision,
  revision: model.revision,
  ...{ prompt, settings, excluded },
  sets: sets.map(({ name: _, ...set }) => set),
});

async function expectSameMeasurement(): Promise<FamiliarityRecord> {
  await app.familiarity.measure();
  expect(app.familiarity.measuring.error).toBeUndefined();
  const record = recordOf(app.familiarity, app.answers)!;
  const folder = await runPrinted(app.familiarity.command!);
  const found = readRecord(readFileSync(join(folder, 'familiarity.json'), 'utf8'), 'command');
  expect(numbersOf(found)).toEqual(numbersOf(record));
  return record;
}

/** Trains on the page and by the printed command: every number of every step, and the fingerprint. */
async function expectSameRun(name: string) {
  const { training, answers, runs } = app;
  await training.start();
  const run = runs.list.at(-1)!;
  expect(run.record.failure).toBeUndefined();
  expect(run.record.state).toBe('finished');
  const request = (await runs.request(run))!;
  const example = (set: typeof request.set) => answers.exampleOf(set);
  const printed = printTrain(run.record.openedAs!, request, { name, example });
  const folder = await runPrinted(printed);
  const out = join(folder, 'runs', name);
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const steps = lines.map((line) => JSON.parse(line) as Record<string, number | null>);
  for (const column of ['loss', 'validationLoss', 'gradientNorm'] as const) {
    const page = Array.from(run.log.column(column), (value) =>
      Number.isNaN(value) ? null : value,
    );
    expect(
      steps.map((step) => step[column] ?? null),
      column,
    ).toEqual(page);
  }
  const manifest = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Manifest;
  expect(manifest.fingerprint).toBe((run.record.summary!.manifest as Manifest).fingerprint);
  return { run, folder, out, printed };
}

const ODD_ROWS = [
  ['q 1', 'What costs $5 & "more"?', "It's `five` \\n dollars,\nor $HOME."],
  ['--q2', 'Wie heißt Zoë? 🙂', 'Zoë.\ttab\r\n'],
  ['-3', '{question} {{x}}', '100 % of 5 \\ 3'],
  ["q'4", 'Left out?', 'Yes.'],
  ['q5', 'A long one', 'word '.repeat(60)],
] as const;

function addOddSet(): void {
  for (const { set } of app.answers.shown) app.answers.toggle(set.id);
  const rows = ODD_ROWS.map(([id, question, response]) => ({ id, question, response }));
  app.answers.add([{ id: 'odd', name: "Ann's $notes", rows }]);
}

test(
  'measure: a plain prompt of odd characters, int8, joint, short, questions left out',
  async () => {
    app.model.precision = 'int8';
    await openFolder('idiolect-a');
    addOddSet();
    app.answers.exclude(["q'4"]);
    app.answers.encoding = 'joint';
    app.answers.useChatTemplate = false;
    app.answers.plainTemplate = '- "{question}"\n\t\'$HOME\' \\n `id` über 🙂 $(x) !y\n';
    app.familiarity.settings.maxLength = 64;
    const record = await expectSameMeasurement();
    expect(record.prompt.plain_template).toBe(app.answers.plainTemplate);
    const kinds = record.notices.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['excluded', 'cut']));
  },
  MINUTES * 3,
);

test(
  'train and generate: the run of the page, and its adapter',
  async () => {
    const { training, playground } = app;
    Object.assign(training.training, { steps: 3, batchSize: 2, learningRate: 1 / 3e3, seed: 7 });
    Object.assign(training.training, { validationShare: 0.3, evaluateEvery: 1, logEvery: 1 });
    Object.assign(training.lora, { rank: 3, rankStabilized: true, targets: 'attention' });
    Object.assign(training.checks, { heldOutQuestions: 0 });
    const { run, folder, out } = await expectSameRun('odd-run');
    const adapter = playground.choices.find(({ id }) => id === run.id)!;
    const unpacked = join(folder, fileStem(adapter.label));
    mkdirSync(unpacked);
    for (const { name, bytes } of (await playground.files(adapter))!) {
      writeFileSync(join(unpacked, name), bytes);
      if (name === 'adapter_model.safetensors') {
        expect(Buffer.compare(readFileSync(join(out, name)), Buffer.from(bytes))).toBe(0);
      }
    }

    Object.assign(playground.sampling, {
      greedy: false,
      temperature: 0.7,
      seed: 3,
      maxNewTokens: 12,
    });
    playground.question = '--why "$5"?\n';
    await playground.ask();
    const command = playground.answers!.command as PrintedCommand;
    expect(command.notes.at(-1)).toContain(`as the folder ${fileStem(adapter.label)}.`);
    const line = `${command.line} --json`.replace('npm run', 'npm run --silent');
    const { stdout } = await shell('sh', ['-c', line], { cwd: folder });
    expect((JSON.parse(stdout) as { response: string }).response).toBe(
      playground.answers!.adapted!.text,
    );
  },
  MINUTES * 3,
);

test(
  'measure: a revision of a model of the hub, examples of its own style, a set of the project',
  async () => {
    // The main revision is another model.
    const hub = await startHub(hubFilesOf('idiolect-a'), { 'odd/rev-2': hubFilesOf('idiolect-b') });
    try {
      const { model, answers, familiarity } = app;
      Object.assign(model, {
        kind: 'hub',
        hubId: 'owner/name@odd/rev-2',
        hubUrl: hub.url,
        precision: 'as-stored',
      });
      await model.open();
      expect(model.opening.error).toBeUndefined();
      for (const { set } of answers.shown) answers.toggle(set.id);
      answers.toggle('b');
      answers.useChatTemplate = true;
      answers.encoding = 'separate';
      familiarity.settings.maxLength = 1024;
      const ids = answers.questions.map(({ id }) => id);
      answers.exclude(ids.slice(30));
      familiarity.style.on = true;
      familiarity.style.settings.styleExamples = 1;
      const record = await expectSameMeasurement();
      expect(record.model).toMatchObject({ id: 'owner/name', revision: 'odd/rev-2' });
      expect(record.sets[0]!.rows).toHaveLength(30);
      expect(record.sets[0]!.in_style?.rows).toHaveLength(30);
      expect(familiarity.command!.line).toContain('--responses public/data/b.jsonl');
      expect(familiarity.command!.line).toContain('--exclude-file excluded.json');

      Object.assign(app.training.training, { steps: 1 });
      const { printed } = await expectSameRun('of-the-project');
      expect(printed.line).toContain('--responses public/data/b.jsonl');
    } finally {
      await hub.close();
    }
  },
  MINUTES * 4,
);
