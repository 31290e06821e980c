/**
 * Regular expressions in Python's spelling, as PEFT's settings hold them, made into JavaScript's. What
 * the two write differently is rewritten; what JavaScript cannot express is refused.
 */
import { BoundedRegExp } from '../bounded-regex.ts';
import { DataError, ModelFileError } from '../errors.ts';

/** Escapes of letters that Python knows and that mean the same in both languages. */
const SHARED_ESCAPES = 'dDwWsSbBnrtfvxu0123456789';

/**
 * @param place file and key, for the error
 * Searches take a limited number of steps, or throw a ModelFileError that names the place.
 * @throws DataError when Python, too, would refuse the pattern, or JavaScript cannot follow it
 */
export function pythonRegex(pattern: string, place: string, form = '%'): RegExp {
  const refuse = (reason: string): never => {
    throw new DataError(
      `${place}: ${JSON.stringify(pattern)} is not a usable regular expression: ${reason}.`,
    );
  };
  // Flags for the whole expression may stand only at its very beginning.
  const global = form === '%' ? /^\(\?([aiLmsux]+)\)/.exec(pattern) : null;
  const body = translate(pattern.slice(global?.[0].length ?? 0), refuse);
  if (global?.[1]?.includes('x')) refuse('the verbose form (?x) is not supported');
  const flags = ['i', 'm', 's'].filter((flag) => global?.[1]?.includes(flag)).join('');
  try {
    // Alone first: a pattern such as "a)(b" must not pass by closing the brackets around it.
    new RegExp(body, flags);
    return new BoundedRegExp(
      new RegExp(
        form.replace('%', () => body),
        flags,
      ),
      place,
    );
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause;
    return refuse(cause instanceof Error ? cause.message.replace(/^.*: /, '') : String(cause));
  }
}

function translate(pattern: string, refuse: (reason: string) => never): string {
  let out = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '\\') {
      out += escapeOf(pattern[++i], inClass, refuse);
    } else if (inClass) {
      inClass = c !== ']';
      out += c === '[' ? '\\[' : c;
    } else if (c === '[') {
      inClass = true;
      // A bracket right after the opening is a member of the class.
      const opening = /^\[\^?\]?/.exec(pattern.slice(i))![0];
      out += opening.replace(']', '\\]');
      i += opening.length - 1;
    } else if (c === '(' && pattern[i + 1] === '?') {
      const [text, length] = groupOf(pattern.slice(i), refuse);
      out += text;
      i += length - 1;
    } else if ('*+?}'.includes(c) && pattern[i + 1] === '+') {
      refuse('possessive repetition is not supported');
    } else {
      const few = c === '{' ? /^\{,(\d+)\}/.exec(pattern.slice(i)) : null;
      out += few ? `{0,${few[1]!}}` : c;
      if (few) i += few[0].length - 1;
    }
  }
  return out;
}

function escapeOf(c: string | undefined, inClass: boolean, refuse: (reason: string) => never) {
  if (c === undefined) return refuse('it ends in a backslash');
  if (c === 'A' && !inClass) return '(?<![^])';
  if (c === 'Z' && !inClass) return '(?![^])';
  if (/[a-zA-Z]/.test(c) && !SHARED_ESCAPES.includes(c)) return refuse(`bad escape \\${c}`);
  return `\\${c}`;
}

/** What an opening "(?…" becomes, and how many characters of the pattern it is. */
function groupOf(rest: string, refuse: (reason: string) => never): [string, number] {
  const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
  if (named) return [`(?<${named[1]!}>`, named[0].length];
  const back = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
  if (back) return [`\\k<${back[1]!}>`, back[0].length];
  const comment = /^\(\?#[^)]*\)/.exec(rest);
  if (comment) return ['', comment[0].length];
  const plain = /^\(\?(:|=|!|<=|<!)/.exec(rest);
  if (plain) return [plain[0], plain[0].length];
  return refuse(`the group "${rest.slice(0, 6)}" is not supported`);
}
