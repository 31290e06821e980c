/** LaTeX, markdown and typographic signs of numbers as the plain characters that a number is read from. */

/** Commands that stand for a character. */
const CHARACTERS: Readonly<Record<string, string>> = {
  times: '×',
  cdot: '·',
  div: '÷',
  pm: '±',
  approx: '≈',
  circ: '°',
  degree: '°',
  pounds: '£',
  euro: '€',
  quad: ' ',
  qquad: ' ',
  left: '',
  right: '',
  displaystyle: '',
};
/** Commands whose argument is all that counts. */
const WRAPPERS = 'text|textbf|textit|textrm|mathrm|mathbf|mathit|mbox|operatorname|boxed|fbox';
const DEEPEST = 50;

const wrapped = new RegExp(String.raw`\\(?:${WRAPPERS})\s*\{([^{}]*)\}`, 'g');
const fraction = /(\d?)\s*\\[dtc]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))/g;
const vulgar = /(\d?)\s?([\u00bc-\u00be\u2150-\u215e\u2189])/g;

/**
 * The text without the markup of formulas: `\boxed{3\frac{1}{2}}` → `3 1/2`, `1{,}000` → `1,000`, `$x$` →
 * `x`, ½ → 1/2, − → -. Text without such signs comes back as it is.
 */
export function plainMath(text: string): string {
  const flat = /[\\$]|\{,\}|\^\s*\{/.test(text) ? withoutLatex(text) : text;
  return flat
    .replace(vulgar, (_, whole: string, sign: string) => {
      const [above, below] = sign.normalize('NFKC').split('\u2044');
      return `${whole && `${whole} `}${above}/${below}`;
    })
    .replace(/\u2044/g, '/')
    .replace(/(\d)\s+and\s+(?:a|one)\s+half\b/gi, '$1 1/2')
    .replace(/\bper cent\b/gi, 'percent')
    .replace(/％/g, '%')
    .replace(/[\u2212\ufe63\uff0d\u2010\u2011]/g, '-')
    .replace(/(^|[\s(=:$€£])\u2013(?=[\d.$€£])/gm, '$1-');
}

function withoutLatex(text: string): string {
  let plain = text
    .replace(/\{,\}/g, ',')
    .replace(/\\([%&#_])/g, '$1')
    .replace(/\\!/g, '')
    .replace(/\\[,;: ]/g, ' ')
    .replace(/\\[()[\]]/g, '');
  for (let depth = 0; depth < DEEPEST; depth++) {
    const before = plain;
    plain = plain
      .replace(wrapped, '$1')
      .replace(fraction, (_, whole: string, a?: string, a1?: string, b?: string, b1?: string) => {
        const above = (a ?? a1)!.trim();
        const below = (b ?? b1)!.trim();
        const simple = /^-?[\d.,]+$/.test(above) && /^-?[\d.,]+$/.test(below);
        return `${whole && `${whole} `}${simple ? `${above}/${below}` : `(${above})/(${below})`}`;
      })
      .replace(/\^\s*\{([^{}]*)\}/g, '^$1')
      .replace(/\\([a-z]+)(?![a-z])/gi, (command, name: string) => CHARACTERS[name] ?? command)
      .replace(/\^°/g, '°');
    if (plain === before) break;
  }
  // A dollar is a delimiter only where a second one closes a formula; else it is money.
  return plain
    .replace(/\$\$/g, '')
    .replace(/(?<!\\)\$(?!\s)([^$\n]*[^\s$\\])\$(?!\d)/g, '$1')
    .replace(/\\\$/g, '$');
}

/** Content of the last `\boxed{…}`, braces balanced; undefined when there is none. */
export function lastBoxed(text: string): string | undefined {
  const at = Math.max(text.lastIndexOf('\\boxed{'), text.lastIndexOf('\\fbox{'));
  if (at < 0) return undefined;
  const first = text.indexOf('{', at) + 1;
  let depth = 1;
  for (let i = first; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(first, i);
  }
  return undefined;
}
