/**
 * JSON as Python writes it: `NaN` and `Infinity`, and integers beyond 2⁵³. JavaScript's own parser
 * refuses the former and rounds the latter, so that two 64-bit ids become one.
 */

/**
 * As `JSON.parse`, but an integer that a double cannot hold becomes a text of its digits, `NaN` null
 * (pandas reads it as a missing value), and `Infinity` the number.
 * @throws SyntaxError of `JSON.parse`
 */
export function parseLosslessJson(text: string): unknown {
  if (!/\d{16}/.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (!/NaN|Infinity/.test(text)) throw error;
    }
  }
  return JSON.parse(rewriteNumbers(text)) as unknown;
}

/** Every number and number word outside strings, or the quote that opens a string. */
const TOKEN = /"|-?[1-9]\d*(?:\.\d+)?(?:[eE][+-]?\d+)?|-?Infinity|NaN/g;

function rewriteNumbers(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    if (token === '"') {
      TOKEN.lastIndex = endOfString(text, match.index);
      continue;
    }
    const other = numberAs(token);
    if (other === undefined) continue;
    parts.push(text.slice(copied, match.index), other);
    copied = match.index + token.length;
  }
  return parts.join('') + text.slice(copied);
}

/** What stands in for a number that `JSON.parse` would refuse or round. */
function numberAs(token: string): string | undefined {
  if (token === 'NaN') return 'null';
  if (token.endsWith('Infinity')) return token.replace('Infinity', '1e999');
  const rounded = /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));
  return rounded ? `"${token}"` : undefined;
}

/** Index after the string whose opening quote stands at `start`. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return text.length;
}
