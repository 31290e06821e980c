/** Words as a POSIX shell reads them back: sh, bash, zsh, also Git Bash and WSL on Windows. */

/** Text that no shell changes. */
const PLAIN = /^[\w./@:,%+-][\w./@:,%+=-]*$/;

/**
 * The text as one word. Single quotes keep everything, line breaks too, but for themselves.
 * @throws RangeError for a NUL, which no argument can hold
 */
export function shellWord(text: string): string {
  if (text.includes('\0')) throw new RangeError('An argument of a command cannot hold a NUL.');
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
