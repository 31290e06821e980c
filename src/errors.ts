/**
 * Every error a person may meet, as a class: code asks `instanceof`, never the message's text.
 * Messages name the file and the place, say what was expected, and list everything wrong at once.
 */

/** A file full of faults is described by the first ones, and none by more than a screen of text. */
const MAX_PROBLEMS = 100;
const MAX_PROBLEM_CHARACTERS = 2000;

function clip(text: string, most = MAX_PROBLEM_CHARACTERS): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** Base of the errors below; `problems` holds one plain sentence for each thing that is wrong. */
export class IdiolectError extends Error {
  /** Written out in each class: a worker's errors are known by it, and minifying renames classes. */
  override readonly name: string = 'IdiolectError';
  readonly problems: readonly string[];

  constructor(summary: string, problems: readonly string[] = [], options?: ErrorOptions) {
    const listed = problems.slice(0, MAX_PROBLEMS).map((problem) => clip(problem));
    const more = problems.length - listed.length;
    if (more > 0) listed.push(`… and ${more} more.`);
    super(
      [clip(summary, 10 * MAX_PROBLEM_CHARACTERS), ...listed.map((problem) => `- ${problem}`)].join(
        '\n',
      ),
      options,
    );
    this.problems = listed;
  }
}

/** Records, response sets, settings: what a person brought cannot be read as what it claims to be. */
export class DataError extends IdiolectError {
  override readonly name: string = 'DataError';
}

/** A command was called with options that it does not have or cannot use. */
export class UsageError extends DataError {
  override readonly name = 'UsageError';
}

/** A model, tokenizer or adapter file is broken, truncated, hostile or does not fit its config. */
export class ModelFileError extends IdiolectError {
  override readonly name: string = 'ModelFileError';
}

/** A model, rope type, quantization or adapter kind that is known to exist and is not supported. */
export class UnsupportedModelError extends ModelFileError {
  override readonly name = 'UnsupportedModelError';
}

/** A download failed or was answered by something that is not the file. */
export class DownloadError extends IdiolectError {
  override readonly name: string = 'DownloadError';
}

/** The browser refuses to store, or has too little room. */
export class StorageError extends IdiolectError {
  override readonly name: string = 'StorageError';
}

/** No usable WebGPU adapter, a lost device, or a failed self-test. */
export class GpuUnavailableError extends IdiolectError {
  override readonly name: string = 'GpuUnavailableError';
}

/** The device went away or fails while work is under way: its tensors are gone, the work is not. */
export class GpuLostError extends GpuUnavailableError {
  override readonly name = 'GpuLostError';
}

/** The work does not fit the memory of the chosen engine. */
export class OutOfMemoryError extends IdiolectError {
  override readonly name: string = 'OutOfMemoryError';
}

/** A helper thread of the CPU engine died at work; the engine goes on with one thread. */
export class HelperLostError extends IdiolectError {
  override readonly name = 'HelperLostError';
}

/** Loss or gradient became NaN or infinite. */
export class TrainingDivergedError extends IdiolectError {
  override readonly name = 'TrainingDivergedError';
  readonly step: number;
  readonly batch: number;

  constructor(summary: string, step: number, batch: number, problems: readonly string[] = []) {
    super(summary, problems);
    this.step = step;
    this.batch = batch;
  }
}

/** Some pieces of an experiment failed; the others are done and kept. */
export class UnfinishedError extends IdiolectError {
  override readonly name = 'UnfinishedError';
}

/** The person asked to stop; not a failure. */
export class StoppedError extends IdiolectError {
  override readonly name: string = 'StoppedError';
}
