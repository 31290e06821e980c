/** Errors of the operating system as sentences a person can act on. */
import { IdiolectError } from '../errors.ts';

/** code, or code and call → what is wrong with the path, and what to do. */
const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder. Check the name and the folder it is taken from.',
  EACCES: 'permission denied. Check the permissions of the file and its folder, or choose another.',
  EPERM: 'the operation is not permitted. Check the permissions, or choose another place.',
  EISDIR: 'this is a folder, and a file is needed. Name a file in it.',
  ENOTDIR: 'a file stands where a folder is needed. Choose another path.',
  EEXIST: 'a file of this name is there already. Choose another path.',
  'EEXIST mkdir': 'a file stands where a folder is needed. Choose another path.',
  'ENOENT mkdir': 'no folder can be made here. Choose another place.',
  ENOTEMPTY: 'the folder is not empty.',
  ENOSPC: 'no space is left on the disk. Free some, or choose another disk.',
  EDQUOT: 'the disk quota is used up. Free some space, or choose another disk.',
  EROFS: 'the file system is read-only. Choose another place.',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n) and try again.',
  ENAMETOOLONG: 'the name is too long.',
  ELOOP: 'its links lead in a circle.',
  EBUSY: 'the file is in use by another program.',
  ETXTBSY: 'the file is in use by another program.',
  EIO: 'the disk reports a read or write error.',
};

/**
 * An error of the operating system about a file, in words: "runs/a: permission denied. …".
 * @param path for errors that do not name theirs, such as reading a folder as a file
 * @returns undefined for any other error
 */
export function systemProblem(error: unknown, path?: string): string | undefined {
  if (!(error instanceof Error) || error instanceof IdiolectError) return undefined;
  const { code, syscall, path: named } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const place = path ?? named;
  const sentence =
    SENTENCES[`${code} ${syscall}`] ?? SENTENCES[code] ?? `the operating system refuses (${code}).`;
  return place === undefined ? `A file: ${sentence}` : `${place}: ${sentence}`;
}
