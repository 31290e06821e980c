/**
 * Every error a person may meet, as a class: code asks `instanceof`, never the message's text.
 * Messages name the file and the place, say what was expected, and list everything wrong at once.
 */

/** Base of the errors below; `problems` holds one plain sentence for each thing that is wrong. */
export class IdiolectError extends Error {
  readonly problems: readonly string[];

  constructor(summary: string, problems: readonly string[] = [], options?: ErrorOptions) {
    super(
      problems.length > 0 ? `${summary}\n${problems.map((p) => `- ${p}`).join('\n')}` : summary,
      options,
    );
    this.name = new.target.name;
    this.problems = problems;
  }
}

/** Records, response sets, settings: what a person brought cannot be read as what it claims to be. */
export class DataError extends IdiolectError {}

/** A command was called with options that it does not have or cannot use. */
export class UsageError extends DataError {}

/** A model, tokenizer or adapter file is broken, truncated, hostile or does not fit its config. */
export class ModelFileError extends IdiolectError {}

/** A model, rope type, quantization or adapter kind that is known to exist and is not supported. */
export class UnsupportedModelError extends ModelFileError {}

/** A download failed or was answered by something that is not the file. */
export class DownloadError extends IdiolectError {}

/** The browser refuses to store, or has too little room. */
export class StorageError extends IdiolectError {}

/** No usable WebGPU adapter, a lost device, or a failed self-test. */
export class GpuUnavailableError extends IdiolectError {}

/** The work does not fit the memory of the chosen engine. */
export class OutOfMemoryError extends IdiolectError {}

/** A helper thread of the CPU engine died at work; the engine goes on with one thread. */
export class HelperLostError extends IdiolectError {}

/** Loss or gradient became NaN or infinite. */
export class TrainingDivergedError extends IdiolectError {
  readonly step: number;
  readonly batch: number;

  constructor(summary: string, step: number, batch: number, problems: readonly string[] = []) {
    super(summary, problems);
    this.step = step;
    this.batch = batch;
  }
}

/** The person asked to stop; not a failure. */
export class StoppedError extends IdiolectError {}
