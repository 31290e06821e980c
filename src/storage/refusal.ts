/** What a browser says when it does not read or write a file, as a sentence a person can act on. */
import { StorageError } from '../errors.ts';

export type FileAction = 'read' | 'written' | 'stored' | 'deleted' | 'listed';

/** Name of the browser's error → what is wrong and what to do. */
const SENTENCES: Readonly<Record<string, string>> = {
  QuotaExceededError:
    'The browser has no room left for this page: delete models or runs under Storage, or free disk space.',
  NoModificationAllowedError: 'Another tab has it open: close the other tab, or wait for it.',
  SecurityError:
    'This browser does not let the page keep files; a private window or a blocked site setting does that.',
  NotAllowedError:
    'This browser does not let the page keep files; a private window or a blocked site setting does that.',
  NotFoundError: 'It was deleted meanwhile, here or in another tab.',
  NotReadableError: 'The disk did not give it: check the disk, then try again.',
  AbortError: 'The browser broke it off: try again.',
  InvalidStateError: 'The browser closed it: reload the page and try again.',
  TypeMismatchError: 'A folder stands where a file is needed, or a file where a folder is needed.',
};

/**
 * @param file its path as the person knows it
 * @param cause what the browser threw; a StorageError is handed back as it is
 */
export function refusal(file: string, action: FileAction, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return new StorageError(`${file} cannot be ${action}. ${refusalReason(cause)}`, [], { cause });
}

/** One or two sentences. */
export function refusalReason(cause: unknown): string {
  if (cause instanceof StorageError) return cause.message;
  const { name, message } = cause instanceof Error ? cause : { name: '', message: String(cause) };
  return SENTENCES[name] ?? `The browser says: ${message || name}.`;
}

/** What `work` gives, or undefined when a file or folder on the way does not exist. */
export async function ifThere<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') return undefined;
    throw error;
  }
}
