/** What an error means for a person, and what to do about it; each place adds the button that does it. */
import {
  DataError,
  DownloadError,
  GpuUnavailableError,
  ModelFileError,
  OutOfMemoryError,
  StorageError,
  TrainingDivergedError,
  UnsupportedModelError,
} from '../errors.ts';

import { WorkerLostError } from '../state/trainer-client.ts';

export interface Advice {
  meaning: string;
  advice: string;
}

/** The engine is gone: only starting it again helps. */
export function endsEngine(error: Error): boolean {
  return error instanceof GpuUnavailableError || error instanceof WorkerLostError;
}

export function adviceFor(error: Error): Advice {
  if (error instanceof UnsupportedModelError) {
    return {
      meaning: 'This kind of model is known, but this page cannot run it.',
      advice: 'Choose one of the families listed above.',
    };
  }
  if (error instanceof ModelFileError) {
    return {
      meaning: 'A file of the model is missing, cut short, or not what it says it is.',
      advice: 'Download it again, or choose other files; nothing wrong was kept.',
    };
  }
  if (error instanceof DownloadError) {
    return {
      meaning: 'The files did not arrive. What has arrived is kept, and the rest is fetched later.',
      advice: 'Check the name and the connection, then try again.',
    };
  }
  if (error instanceof OutOfMemoryError) {
    return {
      meaning: 'This needs more memory than the engine has.',
      advice:
        'Close other tabs, use smaller batches or shorter answers, or choose a smaller model.',
    };
  }
  if (error instanceof GpuUnavailableError) {
    return {
      meaning: 'The graphics processor cannot be used, or has stopped answering.',
      advice:
        'Start the engine again, or let the processor do the work: slower, and it always works.',
    };
  }
  if (error instanceof WorkerLostError) {
    return {
      meaning: 'The part of the page that computes has ended, most often for want of memory.',
      advice: 'Open the model again; if it happens once more, choose a smaller model or batch.',
    };
  }
  if (error instanceof TrainingDivergedError) {
    return {
      meaning: 'The last good weights are kept; what is not a number is never saved.',
      advice: 'Try a lower learning rate: a third of it is a good next guess.',
    };
  }
  if (error instanceof DataError) {
    return { meaning: 'Something about the data or the settings does not fit.', advice: '' };
  }
  if (error instanceof StorageError) {
    return {
      meaning: 'This browser refuses to keep the files.',
      advice: 'Delete something under Storage, or leave the private window.',
    };
  }
  return {
    meaning: 'Something broke that should not have.',
    advice: 'Try again; if it stays, the technical part below says where.',
  };
}
