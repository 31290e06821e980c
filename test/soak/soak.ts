/**
 * npm run soak -- --minutes 30: the same work over and over, on the worker's object in Node and on the built page,
 * and what is left after each round: tensors and their bytes, open files, heaps. What grows is named,
 * and the exit code is 1.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { memory } from '@tensorflow/tfjs-core';
import { conversationOf } from '../../src/data/response-set.ts';
import { allocatedBytes } from '../../src/engine/memory.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { samplingFields } from '../../src/generate/config.ts';
import { loraFields } from '../../src/lora/config.ts';
import { trainingFields } from '../../src/train/config.ts';
import { TrainerService } from '../../workers/trainer-service.ts';
import { openPage } from '../e2e/page.ts';

/** A number that must not grow, and by how much it may move: absolutely, or as a share. */
const WATCHED = {
  tensors: 0,
  tensorBytes: 0,
  engineBytes: 0.02,
  openFiles: 0,
  nodeHeap: 0.1,
  pageHeap: 0.1,
  pageNodes: 0.1,
  pageStorage: 0.1,
} as const;
type Round = Record<keyof typeof WATCHED, number>;

const MODEL = 'public/models/idiolect-a';
const prompt = { useChatTemplate: true, plainTemplate: '{question}\n' };
const quiet = () => Promise.resolve();

/** Opens, measures, trains, asks, exports and deletes, as a person does with the page. */
async function inNode() {
  Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  const trainer = new TrainerService();
  await trainer.startEngine('wasm');
  const files = readdirSync(MODEL)
    .filter((name) => name.includes('.'))
    .map((path) => ({ path, file: new File([readFileSync(`${MODEL}/${path}`)], path) }));
  const rows = readFileSync('public/data/a.jsonl', 'utf8')
    .split('\n')
    .slice(0, 16)
    .map((line) => JSON.parse(line) as { id: string; question: string; response: string });
  const set = { id: 'a', name: 'A', rows };
  let round = 0;
  return async (): Promise<Pick<Round, 'tensors' | 'tensorBytes' | 'engineBytes'>> => {
    const runId = `soak-${round++}`;
    await trainer.openModel({ kind: 'files', name: 'idiolect-a', files }, 'as-stored', quiet);
    const familiarity = defaultsOf(familiarityFields);
    await trainer.measure({ sets: [set], prompt, familiarity }, quiet);
    const training = { ...defaultsOf(trainingFields), steps: 6, seed: round };
    const request = {
      runId,
      set,
      prompt,
      encoding: 'separate',
      lora: defaultsOf(loraFields),
    } as const;
    await trainer.train({ ...request, training, resume: false }, quiet);
    const sampling = { ...defaultsOf(samplingFields), maxNewTokens: 24 };
    const conversation = conversationOf(rows[0]!);
    await trainer.generate({ conversation, prompt, sampling, adapterId: runId }, quiet);
    await trainer.exportAdapter(runId);
    await trainer.deleteRun(runId);
    const { numTensors, numBytes } = memory();
    return { tensors: numTensors, tensorBytes: numBytes, engineBytes: allocatedBytes() };
  };
}

async function onPage() {
  const opened = await openPage();
  const { page } = opened;
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto('about:blank');
  await page.goto(`${opened.url}#train.steps=6&train.evaluateEvery=3&check.heldOutQuestions=2`);
  const find = (selector: string) => page.locator(selector);
  const session = await page.context().newCDPSession(page);
  const round = async (): Promise<Pick<Round, 'pageHeap' | 'pageNodes' | 'pageStorage'>> => {
    await find('[data-action="measure"]:not([disabled])').click({ timeout: 60_000 });
    await find('[data-action="train"]:not([disabled])').click({ timeout: 120_000 });
    await find('#compare td.state')
      .filter({ hasText: 'finished 6 steps' })
      .first()
      .waitFor({ timeout: 120_000 });
    await find('[data-action="ask"]:not([disabled])').click({ timeout: 60_000 });
    await find('[data-answer="base"][aria-busy="false"]').waitFor({ timeout: 60_000 });
    await find('#compare tr[data-run] button').filter({ hasText: 'Details' }).first().click();
    await find('dialog').getByRole('button', { name: 'Delete this run' }).click();
    await find('dialog').getByRole('button', { name: 'Delete this run' }).click();
    await find('#compare tr[data-run]').waitFor({ state: 'detached', timeout: 60_000 });
    await session.send('HeapProfiler.collectGarbage');
    const { nodes } = await session.send('Memory.getDOMCounters');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
    return { pageHeap: usedSize, pageNodes: nodes, pageStorage: usage };
  };
  return { round, close: () => opened.close() };
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** What the last quarter of the rounds has more of than the second: the first is for warming up. */
function growth(rounds: readonly Round[]): string[] {
  const quarter = Math.floor(rounds.length / 4);
  if (quarter < 1) return ['Fewer than four rounds say nothing: give it more minutes.'];
  return Object.entries(WATCHED).flatMap(([name, share]) => {
    const column = rounds.map((round) => round[name as keyof Round]);
    const [before, after] = [
      median(column.slice(quarter, 2 * quarter)),
      median(column.slice(-quarter)),
    ];
    return after > before * (1 + share) ? [`${name} grew from ${before} to ${after}.`] : [];
  });
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const ends = performance.now() + 60_000 * Number(values.minutes);
const node = await inNode();
const page = await onPage();
const rounds: Round[] = [];
while (performance.now() < ends) {
  const left = { ...(await node()), ...(await page.round()) };
  (globalThis as { gc?: () => void }).gc?.();
  const nodeHeap = process.memoryUsage().heapUsed;
  rounds.push({ ...left, nodeHeap, openFiles: readdirSync('/proc/self/fd').length });
  const shown = Object.entries(rounds.at(-1)!).map(([name, value]) => `${name} ${value}`);
  console.log(`round ${rounds.length}: ${shown.join(', ')}`);
}
await page.close();
const problems = growth(rounds);
console.log(problems.length === 0 ? `${rounds.length} rounds: nothing grew.` : problems.join('\n'));
process.exit(problems.length === 0 ? 0 : 1);
