/** One point of the learning curves: what crosses from the worker to the page at a logging step. */

export interface StepReport {
  /** Optimizer steps done; 0 is the model before training. */
  step: number;
  totalSteps: number;
  epoch: number;
  /** Tokens trained on so far, padding left out. */
  tokensSeen: number;
  examplesSeen: number;
  /** Nats per trained token since the last report; undefined before the first step. */
  loss?: number;
  /** Nats per held-out token, when it was measured at this step. */
  validationLoss?: number;
  /** Share of held-out tokens that were the likeliest. */
  validationAccuracy?: number;
  /** Length of the gradient before clipping, of the last step. */
  gradientNorm?: number;
  /** The rate that was used in the last step. */
  learningRate?: number;
  tokensPerSecond: number;
  secondsLeft: number;
  memoryBytes: number;
  elapsedSeconds: number;
}
