/** How the two embedded models are made, as plain data: every trainer of them reads these numbers. */

/** Bytes, digits one by one, and merges up to this size. */
export const tokenizerSettings = {
  vocabularySize: 1024,
  endOfText: '<|endoftext|>',
  /** Answered questions of each dialect, and of each other way of answering, that merges are learned from. */
  sampleSize: 20_000,
  otherStylesSampleSize: 2_000,
  seed: 11,
} as const;

/** Both models share everything but the dialect of most of their answers. */
export const corpusSettings = {
  ownShare: 0.985,
  /** Answered questions a model sees, each once. */
  examples: 96_000,
  seed: 21,
} as const;

export const modelSettings = {
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 5,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 256,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  initializer_range: 0.02,
} as const;

export const trainingSettings = {
  /** 32 examples a step, in four parts of like length: the same numbers with less padding. */
  batchSize: 8,
  accumulation: 4,
  steps: 3000,
  learningRate: 2e-3,
  warmupSteps: 100,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.05,
  clip: 1,
  /** Questions are context more than goal; answers and the end of text count in full. */
  questionWeight: 0.1,
} as const;

/** The embedded pair: the dialect of each, and the seed of its weights and order. */
export const embeddedModels = [
  { id: 'idiolect-a', dialect: 'a', seed: 1 },
  { id: 'idiolect-b', dialect: 'b', seed: 1 },
] as const;

/** The example data of the page: target-task questions to train on, and others held out. */
export const exampleDataSettings = {
  trainQuestions: 120,
  validationQuestions: 100,
  seed: 41,
} as const;
