/** What is measured: every workload as plain data, shared by all contenders in all languages. */

/** A decoder of the Llama family with a tied head. */
export interface Shape {
  layers: number;
  /** C */
  width: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  feedForward: number;
  vocabSize: number;
  /** How the base weights are held: bf16 values where a contender can hold them so. */
  format: 'f32' | 'bf16';
}

export type Kind = 'full' | 'lora' | 'nll' | 'soak' | 'decode' | 'page';

export interface Workload {
  id: string;
  title: string;
  kind: Kind;
  /** Absent for what runs on the embedded model. */
  shape?: Shape;
  /** B: sequences of a step. */
  batch: number;
  /** T: tokens of a sequence. */
  time: number;
  /**
   * Timed runs on the CPU, in plain JavaScript, on a graphics processor, and on one that is
   * simulated; 0 where nothing would be learned for the time it takes.
   */
  runs: { cpu: number; plain: number; gpu: number; software: number };
  /** Part of `--quick`, on these engines. */
  quick: readonly string[];
}

/** 1.2 M parameters: 6 layers, 128 wide, 4 heads, 96 tokens. */
const small: Shape = {
  layers: 6,
  width: 128,
  heads: 4,
  kvHeads: 4,
  headDim: 32,
  feedForward: 352,
  vocabSize: 96,
  format: 'f32',
};

/** SmolLM2-135M, by its config.json. */
const smollm2: Shape = {
  layers: 30,
  width: 576,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  feedForward: 1536,
  vocabSize: 49152,
  format: 'bf16',
};

/** Small enough for 500 steps on a software adapter. */
const soaked: Shape = { ...small, layers: 2, width: 64, heads: 2, kvHeads: 2, feedForward: 176 };

const everywhere = ['wasm', 'cpu', 'webgpu', 'native'];
const onCpu = ['wasm', 'cpu', 'native'];

/** In the order of what they tell, should the time run out. */
export const workloads: readonly Workload[] = [
  {
    id: 'W1',
    title: 'full training step, 1.2 M parameters, B 8 T 64',
    kind: 'full',
    shape: small,
    batch: 8,
    time: 64,
    runs: { cpu: 20, plain: 3, gpu: 20, software: 5 },
    quick: everywhere,
  },
  {
    id: 'W3',
    title: 'LoRA r 8 step on all linear layers, 1.2 M parameters, B 8 T 64',
    kind: 'lora',
    shape: small,
    batch: 8,
    time: 64,
    runs: { cpu: 20, plain: 0, gpu: 20, software: 2 },
    quick: onCpu,
  },
  {
    id: 'W4',
    title: 'LoRA r 8 step on all linear layers, SmolLM2-135M shape, B 1 T 256',
    kind: 'lora',
    shape: smollm2,
    batch: 1,
    time: 256,
    runs: { cpu: 5, plain: 0, gpu: 10, software: 1 },
    quick: ['wasm', 'native'],
  },
  {
    id: 'W7',
    title: 'decoding 64 sequences × 64 tokens, embedded model',
    kind: 'decode',
    batch: 64,
    time: 64,
    runs: { cpu: 5, plain: 0, gpu: 10, software: 1 },
    quick: ['wasm'],
  },
  {
    id: 'W7b',
    title: 'decoding one sequence × 32 tokens, SmolLM2-135M shape',
    kind: 'decode',
    shape: smollm2,
    batch: 1,
    time: 32,
    runs: { cpu: 5, plain: 0, gpu: 5, software: 0 },
    quick: ['wasm'],
  },
  {
    id: 'W8',
    title: 'first Measure of the default model, cold page to bars',
    kind: 'page',
    batch: 0,
    time: 0,
    runs: { cpu: 3, plain: 0, gpu: 10, software: 0 },
    quick: ['wasm'],
  },
  {
    id: 'W6',
    title: 'longest task of the main thread while the built page trains',
    kind: 'page',
    batch: 8,
    time: 0,
    runs: { cpu: 1, plain: 0, gpu: 0, software: 0 },
    quick: ['wasm'],
  },
  {
    id: 'W5',
    title: 'soak: 500 full steps of mixed lengths, 2 layers, 64 wide, B 4',
    kind: 'soak',
    shape: soaked,
    batch: 4,
    time: 96,
    runs: { cpu: 1, plain: 0, gpu: 1, software: 0 },
    quick: ['wasm'],
  },
  {
    id: 'W4b',
    title: 'LoRA r 8 step on all linear layers, SmolLM2-135M shape, B 4 T 256',
    kind: 'lora',
    shape: smollm2,
    batch: 4,
    time: 256,
    runs: { cpu: 3, plain: 0, gpu: 10, software: 0 },
    quick: [],
  },
  {
    id: 'W2',
    title: 'forward NLL, 1.2 M parameters, 64 sequences of 64 tokens',
    kind: 'nll',
    shape: small,
    batch: 64,
    time: 64,
    runs: { cpu: 10, plain: 0, gpu: 20, software: 0 },
    quick: onCpu,
  },
];
