/**
 * @genai-fi/nanogpt: its own model of this size (RMSNorm, rotary positions, squared ReLU) with its
 * own AdamW. Its trainer runs freely, so it is stopped and its step is called once a run.
 */
import { CannotRun, type Contender, type Runner } from '../contender.ts';
import type { Workload } from '../workloads.ts';

/** What is used of its API; the package carries its own tfjs, and cannot share ours. */
interface NanoGpt {
  TeachableLLM: {
    selectBackend(name: string): Promise<void>;
    create(tokenizer: 'char', config: object): TeachableLlm;
  };
  data: { MemoryConversationStream: new (conversations: object[][]) => object };
}

interface TeachableLlm {
  trainTokeniser(streams: object[]): Promise<number>;
  training: {
    job(options: object, streams: object[], datasets: object[]): Promise<Job>;
    cancel(): void;
  };
  dispose(): void;
}

interface Job {
  trainDataset: { iterator(): Promise<{ next(): Promise<{ value: Batch }> }> };
  trainer: { lastState: object; stop(): void; trainStep(state: object, batch: Batch): Scalar };
}

interface Batch {
  xs: { dispose(): void };
  ys: { dispose(): void };
}

interface Scalar {
  data(): Promise<Float32Array>;
  dispose(): void;
}

let library: NanoGpt | undefined;

export const nanoGpt: Contender = {
  async start(engine, place) {
    if (engine !== 'webgl' && engine !== 'webgpu') throw new CannotRun(`${engine} is not measured`);
    const address = place.packageFile('.cache/idiolect-bench/package/dist/main.js');
    library = (await import(/* @vite-ignore */ address)) as NanoGpt;
    await library.TeachableLLM.selectBackend(engine);
    return 'nanogpt 1.3.0';
  },
  prepare(workload) {
    if (workload.kind !== 'full') {
      throw new CannotRun('its API trains whole models of this shape, nothing else of it');
    }
    return stepper(library!, workload);
  },
};

async function stepper({ TeachableLLM, data }: NanoGpt, workload: Workload): Promise<Runner> {
  const { layers, heads, width, vocabSize } = workload.shape!;
  const model = TeachableLLM.create('char', {
    modelType: 'GenAI_NanoGPT_v2',
    vocabSize,
    blockSize: workload.time,
    nLayer: layers,
    nHead: heads,
    nEmbed: width,
    mlpFactor: 4,
  });
  const letters = Array.from({ length: 20_000 }, (_, i) =>
    String.fromCharCode(33 + ((i * i + 7 * i) % 83)),
  );
  const stream = new data.MemoryConversationStream([[{ role: 'text', content: letters.join('') }]]);
  await model.trainTokeniser([stream]);
  const job = await model.training.job(
    { method: { type: 'pretraining' }, batchSize: workload.batch, logInterval: 1, maxEpochs: 1000 },
    [stream],
    [{ id: 'bench', name: 'bench', conversational: false }],
  );
  job.trainer.stop();
  const batches = await job.trainDataset.iterator();
  return {
    async run() {
      const { value } = await batches.next();
      const loss = job.trainer.trainStep(job.trainer.lastState, value);
      const [number] = await loss.data();
      loss.dispose();
      value.xs.dispose();
      value.ys.dispose();
      return number!;
    },
    dispose: () => model.dispose(),
  };
}
