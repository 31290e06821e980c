/** This project, by the code the page and the commands run. */
import type { LanguageModel } from '../../../models/language-model.ts';
import { loadModel } from '../../../models/load.ts';
import { evaluationBatches } from '../../../src/batches/evaluation-batches.ts';
import type { Example } from '../../../src/batches/example.ts';
import { engineMemory } from '../../../src/engine/memory.ts';
import { defaultsOf } from '../../../src/fields.ts';
import { samplingFields } from '../../../src/generate/config.ts';
import { generate } from '../../../src/generate/generate.ts';
import { adapterFromValues } from '../../../src/lora/adapter.ts';
import { loraFields } from '../../../src/lora/config.ts';
import { openModel } from '../../../src/workflows/open/open-model.ts';
import type { NamedTensor } from '../../../src/storage/tensor-file.ts';
import { trainingFields } from '../../../src/train/config.ts';
import { evaluate } from '../../../src/train/loss.ts';
import { train, type TrainingJob } from '../../../src/train/train.ts';
import { startEngine } from '../../../workers/start-engine.ts';
import type { Contender, Place, Runner } from '../contender.ts';
import { CannotRun } from '../contender.ts';
import * as weights from '../weights.ts';
import type { Shape, Workload } from '../workloads.ts';

let maxTensorBytes = 0;
let plain = false;

export const idiolect: Contender = {
  async start(engine) {
    if (engine !== 'wasm' && engine !== 'cpu' && engine !== 'webgpu') {
      throw new CannotRun(`there is no engine ${engine}`);
    }
    const report = await startEngine(engine);
    ({ maxTensorBytes } = report);
    plain = engine === 'cpu';
    return report.device;
  },
  async prepare(workload, place) {
    switch (workload.kind) {
      case 'full':
      case 'lora':
        return trainer(workload, exampleRows(workload, [workload.time]));
      case 'soak':
        return trainer(workload, exampleRows(workload, [20, 33, 48, 57, 64, 70, 83, 96]));
      case 'nll':
        return scorer(workload);
      case 'decode':
        return decoder(workload, place);
      case 'page':
        throw new CannotRun('measured on the built page');
    }
  },
};

/** The loop of src/train, a step at a time. */
async function trainer(workload: Workload, examples: Example[]): Promise<Runner> {
  const full = workload.kind !== 'lora';
  const model = await openShape(workload.shape!, full);
  const adapter = full ? undefined : benchAdapter(model, workload.shape!);
  const job: TrainingJob = {
    model,
    ...(adapter && { adapter }),
    parameters: adapter
      ? adapter.variables.map((variable) => ({ ...variable, decays: true }))
      : model.parameters,
    examples,
    validation: [],
    settings: {
      ...defaultsOf(trainingFields),
      method: full ? 'full' : 'lora',
      steps: 1_000_000,
      batchSize: workload.batch,
      learningRate: weights.LEARNING_RATE,
      schedule: 'constant',
      warmup: 0,
      maxGradientNorm: 0,
      maxLength: 1024,
      evaluateEvery: 1_000_000,
    },
    dropout: 0,
    checkpointing: false,
    padId: 0,
    maxTokens: Number.POSITIVE_INFINITY,
    facts: {},
  };
  let stopping = false;
  const steps = train(job, { ...trainingHost, stopRequested: () => stopping });
  // The first report is of step 0, before anything was trained.
  await steps.next();
  return {
    async run() {
      const { value, done } = await steps.next();
      if (done) throw new Error('The run ended.');
      return value.loss;
    },
    memory: memoryOf,
    async dispose() {
      stopping = true;
      await steps.next();
      adapter?.dispose();
      model.dispose();
    },
  };
}

const trainingHost = {
  now: () => performance.now(),
  memoryBytes: () => 0,
  breathe: () => Promise.resolve(),
};

async function scorer(workload: Workload): Promise<Runner> {
  const model = await openShape(workload.shape!, false);
  const examples = exampleRows(workload, [workload.time]);
  return {
    async run() {
      const batches = evaluationBatches(examples, {
        batchSize: workload.batch,
        maxTokens: 2048,
        maxLength: 1024,
        padId: 0,
      });
      return (await evaluate(model, batches, {}))!.loss;
    },
    memory: memoryOf,
    dispose: () => model.dispose(),
  };
}

async function decoder(workload: Workload, place: Place): Promise<Runner> {
  const model = workload.shape
    ? await openShape(workload.shape, false)
    : (await openModel(await place.embeddedModel(), loadOptions(false))).model;
  const ids = weights.tokenIds(model.shape.vocabSize, workload.batch, 16);
  const prompts = Array.from({ length: workload.batch }, (_, b) =>
    Array.from(ids.subarray(16 * b, 16 * (b + 1))),
  );
  return {
    async run() {
      const answers = await generate({
        model,
        prompts,
        sampling: { ...defaultsOf(samplingFields), maxNewTokens: workload.time },
        // Nothing ends an answer, so that every run makes as many tokens.
        endIds: [],
        stopRequested: () => false,
      });
      return answers.reduce((sum, { tokens }) => sum + tokens.length, 0);
    },
    memory: memoryOf,
    dispose: () => model.dispose(),
  };
}

function memoryOf() {
  const { tensors, bytes } = engineMemory();
  return { tensors, bytes };
}

const loadOptions = (trainable: boolean) => ({
  precision: plain ? ('f32' as const) : ('as-stored' as const),
  trainable,
  maxTensorBytes,
});

/** A checkpoint of the bench's weights, read as any other. */
function openShape(shape: Shape, trainable: boolean): Promise<LanguageModel> {
  const config = {
    model_type: 'llama',
    vocab_size: shape.vocabSize,
    hidden_size: shape.width,
    intermediate_size: shape.feedForward,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headDim,
    max_position_embeddings: 1024,
    rms_norm_eps: weights.NORM_EPSILON,
    rope_theta: weights.ROPE_THETA,
    tie_word_embeddings: true,
  };
  const tensors = new Map(
    weights.tensorsOf(shape).map((named): [string, NamedTensor] => {
      const sixteen = shape.format === 'bf16';
      const read = () => {
        const values = weights.weightValues(named, shape.format);
        const bytes = sixteen ? upperHalves(values) : values;
        return Promise.resolve(new Uint8Array(bytes.buffer as ArrayBuffer));
      };
      return [named.name, { ...named, dtype: sixteen ? 'BF16' : 'F32', read }];
    }),
  );
  const file = { tensors, metadata: {}, unreadable: new Map<string, string>(), notices: [] };
  return loadModel(
    { id: 'bench', config, texts: new Map(), tensors: file },
    loadOptions(trainable),
  );
}

/** The bits of bf16 values. */
function upperHalves(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) halves[i] = words[i]! >>> 16;
  return halves;
}

function benchAdapter(model: LanguageModel, shape: Shape) {
  const settings = {
    ...defaultsOf(loraFields),
    rank: weights.LORA_RANK,
    alpha: weights.LORA_RANK * weights.LORA_SCALE,
  };
  const values = Array.from({ length: shape.layers }, (_, i) =>
    weights.linearsOf(shape).map(({ path, out, in: columns }) => {
      const layerPath = `model.layers.${i}.${path}`;
      return [layerPath, weights.loraValues(layerPath, out, columns)] as const;
    }),
  ).flat();
  return adapterFromValues(model, settings, new Map(values));
}

/** One batch of each length. */
function exampleRows({ shape, batch }: Workload, lengths: readonly number[]): Example[] {
  return lengths.flatMap((time) => {
    const ids = weights.tokenIds(shape!.vocabSize, batch, time);
    return Array.from({ length: batch }, (_, b): Example => ({
      tokens: ids.slice(b * time, (b + 1) * time),
      promptLength: 1,
      truncated: false,
      rowIndex: b,
      endsWithEos: false,
    }));
  });
}
