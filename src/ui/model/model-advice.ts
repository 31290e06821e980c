/** What an error in opening a model means for a person, and what to do about it. */
import {
  DownloadError,
  GpuUnavailableError,
  ModelFileError,
  OutOfMemoryError,
  StorageError,
  UnsupportedModelError,
} from '../../errors.ts';

export interface Advice {
  meaning: string;
  advice: string;
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
      meaning: 'The model needs more memory than this engine has.',
      advice: 'Close other tabs, keep the weights as stored, or choose a smaller model.',
    };
  }
  if (error instanceof GpuUnavailableError) {
    return {
      meaning: 'The graphics processor cannot be used.',
      advice: 'Choose WebAssembly under Engine, at the top of the page.',
    };
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
