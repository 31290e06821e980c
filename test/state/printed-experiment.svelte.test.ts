/** The printed command of an experiment, run: every result of the page's, to the last digit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { toggleModel } from '../../src/state/experiment-edits.ts';
import { ExperimentsState } from '../../src/state/experiments.svelte.ts';
import type { Connection } from '../../src/state/trainer-client.ts';
import { reportJson } from '../../src/workflows/experiment/experiment-result.ts';
import { startHub, type HubServer } from '../storage/hub-server.ts';
import { hubFilesOf, pageAt, runPrinted } from '../support/run-printed.ts';
import { connectProcess } from '../support/trainer-process.ts';

const MINUTES = 60_000;
let connection: Connection;
let hub: HubServer;
let app: AppState;

beforeAll(async () => {
  connection = connectProcess();
  hub = await startHub(hubFilesOf('idiolect-a'), { 'odd/rev-2': hubFilesOf('idiolect-b') });
  app = pageAt(connection);
  const { model, answers } = app;
  Object.assign(model, { engineChoice: 'wasm', kind: 'hub', hubId: 'owner/name@odd/rev-2' });
  model.hubUrl = hub.url;
  await Promise.all([answers.loadExamples(), model.open()]);
  expect(model.opening.error).toBeUndefined();
}, MINUTES);
afterAll(async () => {
  connection.terminate();
  await hub.close();
});

/** Without what tells two machines or two moments apart. */
function withoutTimes(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) =>
    // The checksum is of the times too.
    ['seconds', 'platform', 'checksum'].includes(key) ? undefined : value,
  );
}

test(
  'files of the page, a regular expression, a plain prompt, a revision of the hub',
  async () => {
    const { answers } = app;
    const state = new ExperimentsState(app);
    await state.load();
    const { draft } = state;
    for (const { set } of answers.shown) if (set.id !== 'a') answers.toggle(set.id);
    const rows = answers.questions.slice(0, 9).map(({ id, gold }, i) => ({
      id: `--${id}`,
      question: `"${i}" + $HOME \\n über\t${id}?`,
      response: `It's \\'a\\' number.\nAnswer: "${gold!}"`,
      gold: gold!,
    }));
    for (const { set } of answers.shown) answers.toggle(set.id);
    answers.add([{ id: "Ann's $notes", name: "Ann's $notes", rows }]);
    draft.useOwnAnswers({ test: 0.34, validation: 0.2 });
    const { experiment } = draft;
    draft.plainPrompt = '- "{question}"\n\t\'$HOME\' \\n `id` über 🙂\n';
    Object.assign(experiment, {
      engine: 'wasm',
      seeds: [7],
      name: 'test',
      learningRates: [1 / 3e2],
    });
    Object.assign(experiment.task, {
      answers: { kind: 'pattern', pattern: String.raw`(?:"|\$|')?Answer: ["']?(\S+?)["']?$` },
    });
    Object.assign(experiment.training, { steps: 2, batchSize: 2, logEvery: 1 });
    Object.assign(experiment.evaluation, { maxNewTokens: 8, batchSize: 4 });
    for (const model of experiment.models.slice()) toggleModel(experiment, model);
    for (const { spec } of draft.offered) {
      if (spec.id !== 'idiolect-b') {
        toggleModel(experiment, {
          ...spec,
          ...(spec.id === 'idiolect-a' && { precision: 'int8' }),
        });
      }
    }
    expect(experiment.models).toMatchObject([
      { id: 'idiolect-a', precision: 'int8' },
      { id: 'name', source: 'owner/name@odd/rev-2' },
    ]);
    expect(draft.problems).toEqual([]);

    const entry = await state.add(draft.request());
    await state.work();
    expect(state.job.error).toBeUndefined();
    expect(entry.count).toMatchObject({ done: entry.stages.length, failed: 0 });
    const folder = await runPrinted(draft.command);
    const report = readFileSync(join(folder, 'runs/test/report.json'), 'utf8');
    expect(withoutTimes(report)).toEqual(withoutTimes(reportJson(entry.result!)));
  },
  MINUTES * 4,
);
