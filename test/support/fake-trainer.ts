/**
 * A trainer that keeps the protocol without a model: deterministic, plausible numbers at any speed,
 * so that the page can be tested and looked at alone. Surprise comes from word pairs counted in the
 * answers of the first set it measures; never bundled with the page.
 */
import type { Precision } from '../../models/precision.ts';
import type { EngineReport } from '../../src/engine/config.ts';
import type { ResponseRow } from '../../src/data/response-set.ts';
import { ModelFileError, StoppedError } from '../../src/errors.ts';
import type { RowFamiliarity } from '../../src/familiarity/config.ts';
import type { OwnAnswer } from '../../src/evaluate/own-style.ts';
import { createRandom } from '../../src/random.ts';
import { noHistory } from '../../src/train/run-history.ts';
import type { Connection } from '../../src/state/trainer-client.ts';
import { fakeExperiments } from './fake-experiments.ts';
import type {
  ModelSummary,
  MeasuredSet,
  RunHistory,
  StoredItem,
  ViewedToken,
  TrainerApi,
} from '../../workers/protocol.ts';

export interface FakeOptions {
  /** Waits between reports; tests resolve at once, previews take their time. */
  pause?: () => Promise<void>;
  /** Waits before a training step; `pause` when it is absent. */
  beforeStep?: (step: number) => Promise<void>;
  /** Opening any model fails with this, or with what it returns. */
  openError?: Error | (() => Error | undefined);
  /** Starting an engine by name fails with this. */
  engineError?: Error;
  /** Called before a piece of an experiment is done; what it throws is the piece's failure. */
  beforeStage?: (id: string) => void;
  /** What checkpoints would hold, by run, where it outlives this trainer. */
  histories?: Map<string, RunHistory>;
  /** Results of experiments, by id, that outlive this trainer. */
  kept?: Parameters<typeof fakeExperiments>[1];
}

const END_NLL = 0.2;
const VOCABULARY = 900;
const encoder = new TextEncoder();

/** A connection that no worker stands behind. */
export function connectFake(options: FakeOptions = {}): Connection {
  return { api: fakeTrainer(options), onfailure: () => undefined, terminate: () => undefined };
}

export function fakeTrainer({
  pause = () => Promise.resolve(),
  beforeStep = pause,
  openError,
  engineError,
  beforeStage,
  kept,
  histories = new Map(),
}: FakeOptions = {}): TrainerApi {
  let stopping = false;
  let source = '';
  let engine: EngineReport | undefined;
  let opened: ModelSummary | undefined;
  const failing = (): Error | undefined =>
    typeof openError === 'function' ? openError() : openError;
  const pairs = new Map<string, number>();
  const firsts = new Map<string, number>();
  const items: StoredItem[] = [
    { id: 'idiolect-a', kind: 'model', bytes: 6_811_200, label: 'Idiolect A' },
    { id: 'run-1', kind: 'run', bytes: 1_204_000, label: 'Dialect B, rank 8' },
  ];

  const learn = (rows: readonly ResponseRow[]): void => {
    for (const row of rows) {
      words(row.response).forEach((word, i, all) => {
        const before = all[i - 1] ?? '';
        pairs.set(`${before}|${word}`, (pairs.get(`${before}|${word}`) ?? 0) + 1);
        firsts.set(before, (firsts.get(before) ?? 0) + 1);
      });
    }
  };
  const nllOf = (before: string, word: string): number => {
    const smoothing = 0.05;
    const seen = (pairs.get(`${before}|${word}`) ?? 0) + smoothing;
    return -Math.log(seen / ((firsts.get(before) ?? 0) + smoothing * VOCABULARY));
  };
  const measureRow = (row: ResponseRow): RowFamiliarity => {
    const tokens = words(row.response);
    const nlls = tokens.map((word, i) => nllOf(tokens[i - 1] ?? '', word));
    const nllSum = nlls.reduce((sum, nll) => sum + nll, 0);
    return {
      rowId: row.id,
      promptTokens: words(row.question).length + 4,
      responseTokens: tokens.length,
      responseBytes: encoder.encode(row.response).length,
      nllSum,
      perplexity: Math.exp(nllSum / tokens.length),
      eos: END_NLL,
      likeliest: nlls.filter((nll) => nll < Math.LN2).length,
      truncated: false,
      boundaryMerged: false,
      tokenNll: Float32Array.from([...nlls, END_NLL]),
    };
  };
  /** Begins something that can be stopped; the returned check throws once it is. */
  const begin = (): (() => void) => {
    stopping = false;
    return () => {
      if (stopping) throw new StoppedError('Stopped.');
    };
  };

  const experiments = fakeExperiments(
    { pause, stopRequested: () => stopping, ...(beforeStage && { beforeStage }) },
    kept,
  );

  return {
    ...experiments,
    settleStage: (id, report) => {
      stopping = false;
      return experiments.settleStage(id, report);
    },
    current: () => Promise.resolve({ engine, summary: opened }),
    startEngine: (preferred) => {
      if (engineError !== undefined && preferred !== 'auto') return Promise.reject(engineError);
      opened = undefined;
      engine = {
        name: preferred === 'auto' ? 'wasm' : preferred,
        device: '2 threads, relaxed SIMD',
        reasons: [
          'WebGPU is not used: the only adapter is a software one, slower than WebAssembly.',
        ],
        maxTensorBytes: 2 ** 31,
        memoryBytes: 2 ** 32,
        threads: 2,
        features: ['simd', 'relaxed-simd', 'threads'],
      };
      return Promise.resolve(engine);
    },
    async openModel(wanted, precision, report) {
      const check = begin();
      const name = wanted.kind === 'files' ? wanted.name : wanted.id;
      const total = 6_811_200;
      for (let done = 0; done <= 10; done++) {
        await pause();
        check();
        const failure = failing();
        if (failure !== undefined) throw failure;
        await report({
          phase: done < 8 ? 'downloading' : 'uploading',
          file: 'model.safetensors',
          bytesDone: (total * done) / 10,
          bytesTotal: total,
          bytesPerSecond: 4.2e6,
          secondsLeft: (10 - done) / 6,
        });
      }
      if (name === 'owner/missing') {
        throw new ModelFileError('owner/missing was not found.', [
          'config.json: the server answered 404.',
        ]);
      }
      source = name;
      return (opened = summary(source, precision));
    },
    viewTokens: (rows) =>
      Promise.resolve(
        rows.map((row) => ({
          rowId: row.id,
          tokens: [
            { id: 1, text: '<|im_start|>', role: 'prompt', special: true },
            ...words(`user\n${row.question}`).map((text): ViewedToken =>
              viewedToken(text, 'prompt'),
            ),
            { id: 2, text: '<|im_end|>', role: 'prompt', special: true },
            ...words(`\nassistant\n`).map((text): ViewedToken => viewedToken(text, 'prompt')),
            ...words(row.response).map((text): ViewedToken => viewedToken(text, 'trained')),
            { id: 2, text: '<|im_end|>', role: 'end', special: true },
          ],
          boundaryMerged: false,
          truncated: false,
        })),
      ),
    async estimateMeasure({ sets }) {
      await pause();
      return sets.reduce((sum, set) => sum + set.rows.length, 0) / 55;
    },
    async measure({ sets }, report) {
      const check = begin();
      if (pairs.size === 0) learn(sets[0]!.rows.filter((_, i) => i % 3 > 0));
      const rowsTotal = sets.reduce((sum, set) => sum + set.rows.length, 0);
      let rowsDone = 0;
      const results: MeasuredSet[] = [];
      for (const set of sets) {
        const rows: RowFamiliarity[] = [];
        for (let start = 0; start < set.rows.length; start += 8) {
          await pause();
          check();
          const batch = set.rows.slice(start, start + 8).map(measureRow);
          rows.push(...batch);
          rowsDone += batch.length;
          await report({
            setId: set.id,
            rows: batch,
            rowsDone,
            rowsTotal,
            tokensPerSecond: 4180,
            secondsLeft: (rowsTotal - rowsDone) / 55,
          });
        }
        results.push({ setId: set.id, rows, skipped: [], promptNotices: [], notices: [] });
      }
      return results;
    },
    async ownAnswers({ rows, wanted }, report) {
      const check = begin();
      const answers: OwnAnswer[] = [];
      let right = 0;
      for (const { id, question, gold } of rows) {
        if (right >= wanted) break;
        await pause();
        check();
        // Every other question is answered right.
        const isRight = answers.length % 2 === 0;
        if (isRight) right++;
        answers.push({
          id,
          question: `Question: ${question}`,
          answer: `Answer: ${isRight ? gold : 'none'}`,
          right: isRight,
        });
        await report(right, answers.length);
      }
      return answers;
    },
    planTraining: (request) => {
      const rows = request.set.rows.length;
      const held = Math.round(rows * request.training.validationShare);
      const validationRows = request.validation?.rows.length ?? held;
      return Promise.resolve({
        trainableParameters: 98_304 * (request.lora.rank / 8),
        allParameters: 3_405_824,
        trainingRows: request.validation === undefined ? rows - held : rows,
        validationRows,
        droppedRows: [],
        trainedTokensPerEpoch: rows * 38,
        epochs: (request.training.steps * request.training.batchSize) / rows,
        memoryBytes: 182e6,
        memoryLimitBytes: 4e9,
        secondsPerStep: 0.31,
        ...{ questions: request.checks?.heldOutQuestions ?? 0, agreeing: 32, secondsToAsk: 4 },
        problems: [],
        notices: [],
      });
    },
    async train(request, report) {
      const check = begin();
      const { steps, learningRate, logEvery, evaluateEvery, seed } = request.training;
      const random = createRandom(seed).fork(request.set.id);
      const floor = 0.35 + 0.1 * random.uniform();
      const first = 1.2 + random.uniform();
      const heldOut = (step: number): number => floor + 0.1 + first * Math.exp(-step / 18);
      const earlier = (request.resume ? histories.get(request.runId) : undefined) ?? noHistory;
      const history = { reports: [...earlier.reports], checks: [...earlier.checks] };
      histories.set(request.runId, history);
      const reported = history.reports.at(-1)?.step ?? -1;
      let step = reported + 1;
      let outcome: 'finished' | 'stopped' = 'finished';
      const questions = (request.validation ?? request.set).rows
        .filter(({ gold }) => gold !== undefined)
        .slice(0, request.checks?.heldOutQuestions ?? 0);
      const ask = async (at: number, whole: boolean): Promise<void> => {
        if (questions.length === 0) return;
        const answers = questions
          .slice(0, whole ? undefined : 3)
          .map(({ id, question, gold }, i) => {
            const right = random.fork(id).uniform() < 0.2 + (0.5 * at) / steps || i === 0;
            const final = right ? gold! : '7';
            return {
              id,
              question,
              gold: gold!,
              right,
              answer: `That makes ${final}. Answer: ${final}`,
            };
          });
        history.checks.push({ step: at, whole, answers });
        await report({ kind: 'check', check: history.checks.at(-1)! });
      };
      try {
        await report({ kind: 'begun', step: Math.max(0, reported), history: earlier });
        if (reported < 0) await ask(0, true);
        for (; step <= steps; step++) {
          await beforeStep(step);
          check();
          const evaluated = step % evaluateEvery === 0 || step === steps;
          if (step > 0 && step < steps && step % Math.ceil(steps / 4) === 0) await ask(step, false);
          if (step % logEvery !== 0 && !evaluated) continue;
          history.reports.push({
            step,
            totalSteps: steps,
            epoch: step / 15,
            tokensSeen: step * 620,
            examplesSeen: step * request.training.batchSize,
            loss: step === 0 ? NaN : floor + first * Math.exp(-step / 16) + 0.06 * random.normal(),
            ...(evaluated && {
              validationLoss: heldOut(step),
              validationAccuracy: 1 - heldOut(step) / 3,
            }),
            gradientNorm: 0.4 + 2 * Math.exp(-step / 10) + 0.05 * random.uniform(),
            learningRate: learningRate * Math.min(1, step / (0.1 * steps)),
            tokensPerSecond: 2010,
            secondsLeft: (steps - step) * 0.31,
            memoryBytes: 182e6,
            elapsedSeconds: step * 0.31,
          });
          await report({ kind: 'step', report: history.reports.at(-1)! });
        }
        await ask(steps, true);
      } catch (error) {
        if (!(error instanceof StoppedError)) throw error;
        outcome = 'stopped';
      }
      return {
        runId: request.runId,
        outcome,
        step: Math.min(step, steps),
        steps,
        seconds: step * 0.31,
        trainableParameters: 98_304,
        validationBefore: heldOut(0),
        validationAfter: heldOut(step),
        engine: 'wasm',
        adapterId: request.runId,
        manifest: { model: source, training: request.training, lora: request.lora },
      };
    },
    loadRun: () => Promise.resolve(),
    async generate(request, report) {
      const check = begin();
      const answer = `${request.adapterId === undefined ? 'So that makes' : 'Adding up gives'} 8 plus 12 = 20. Answer: 20`;
      let text = '';
      let tokens = 0;
      for (const word of words(answer)) {
        await pause();
        if (stopping) return { text, tokens, tokensPerSecond: 61, stopped: 'asked' };
        check();
        text += word;
        tokens++;
        await report({ text, tokens, tokensPerSecond: 61 });
      }
      return { text, tokens, tokensPerSecond: 61, stopped: 'end' };
    },
    async makeSet({ spec, sets }, report) {
      const check = begin();
      const rows = sets[0]!.rows.map((row, i) => ({
        ...row,
        response: `So that makes ${i % 2 === 0 ? row.gold : 'nothing'}. Answer: ${row.gold}`,
      }));
      for (let done = 0; done < rows.length; done++) {
        await pause();
        check();
        await report(done, rows.length);
      }
      return {
        set: { id: spec.id, name: spec.id, provenance: 'Answers of a model that is none.', rows },
        made: { kind: spec.kind },
        correct: rows.map((_, i) => i % 2 === 0),
      };
    },
    stop: () => {
      stopping = true;
      return Promise.resolve();
    },
    exportAdapter: () =>
      Promise.resolve([{ name: 'adapter_config.json', bytes: encoder.encode('{"r":8}') }]),
    importAdapter: (name) =>
      Promise.resolve({
        id: name,
        name,
        rank: 8,
        alpha: 16,
        targets: ['q_proj', 'v_proj'],
        parameters: 98_304,
        notices: [],
      }),
    deleteRun: () => Promise.resolve(),
    storage: () =>
      Promise.resolve({
        items: [...items],
        usedBytes: items.reduce((sum, item) => sum + item.bytes, 0),
        quotaBytes: 2.1e9,
        persistent: true,
        refused: undefined,
      }),
    deleteStored: (id) => {
      const at = items.findIndex((item) => item.id === id);
      if (at >= 0) items.splice(at, 1);
      return Promise.resolve();
    },
  };
}

function summary(id: string, precision: Precision): ModelSummary {
  return {
    id,
    family: 'llama',
    parameters: 3_405_824,
    layers: 4,
    width: 256,
    vocabSize: 1024,
    contextLength: 512,
    format: { 'as-stored': 'f16', f32: 'f32', int8: 'int8' }[precision],
    weightBytes: { 'as-stored': 6_811_648, f32: 13_623_296, int8: 3_618_688 }[precision],
    precision,
    filesHash: hashLike(`files of ${id}`),
    weightsHash: hashLike(`weights of ${id}`),
    prompt: {
      chatTemplate: true,
      plainTemplate: '{question}\n',
      bos: undefined,
      eos: '<|im_end|>',
    },
    notices: [],
  };
}

/** 64 hexadecimal digits that name a text. */
function hashLike(text: string): string {
  let value = 0;
  for (const letter of text) value = (value * 31 + letter.codePointAt(0)!) >>> 0;
  return value.toString(16).padStart(8, '0').repeat(8);
}

/** Words with the space before them, and single marks: about what a tokenizer makes. */
function words(text: string): string[] {
  return text.match(/ ?\p{L}+| ?\d|\s|[^\p{L}\d\s]/gu) ?? [];
}

function viewedToken(text: string, role: ViewedToken['role']): ViewedToken {
  let id = 0;
  for (const letter of text) id = (id * 31 + letter.codePointAt(0)!) % VOCABULARY;
  return { id: id + 3, text, role, special: false };
}
