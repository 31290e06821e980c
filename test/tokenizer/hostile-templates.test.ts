/** Chat templates written to do harm: given up by name within two seconds; what reaches for JavaScript finds nothing. */
import { Interpreter } from '@huggingface/jinja';
import { describe, expect, it } from 'vitest';
import { IdiolectError, ModelFileError } from '../../src/errors.ts';
import { INNER_METHODS } from '../../src/tokenizer/bounded-interpreter.ts';
import { openChatTemplate } from '../../src/tokenizer/chat-template.ts';

const render = (source: string) =>
  openChatTemplate(new Map([['default', source]]), {}).render(
    { messages: [{ role: 'user', content: 'hello' }] },
    { addGenerationPrompt: true },
  );

const doubled = (what: string, times = 60) =>
  `{% set s = ${what} %}{% for i in range(${times}) %}`.replace(
    '{% for',
    '{% set n = namespace(s=s) %}{% for',
  );

it('knows the methods that it limits', () => {
  for (const name of INNER_METHODS) expect(Interpreter.prototype).toHaveProperty(name);
});

describe.each<[string, string, RegExp]>([
  ['range', '{% for i in range(1000000000) %}{% endfor %}', /counts to 1,000,000,000; at most/],
  ['range within a list', '{{ range(1, 1000000000, 2) | length }}', /counts to 500,000,000/],
  [
    'nested loops',
    '{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}',
    /takes (more than 2,000,000 steps|longer than 2 s)/,
  ],
  ['a doubled text', `${doubled('"ab"')}{% set n.s = n.s ~ n.s %}{% endfor %}`, /text or list of/],
  ['an added text', `${doubled('"ab"')}{% set n.s = n.s + n.s %}{% endfor %}`, /text or list of/],
  ['a doubled list', `${doubled('[1]')}{% set n.s = n.s + n.s %}{% endfor %}`, /text or list of/],
  [
    'lists of themselves',
    `${doubled('[1]')}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s | tojson }}`,
    /text or list of/,
  ],
  ['a recursive macro', '{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}', /goes deeper than/],
  [
    'a macro that calls twice',
    '{% macro m(x) %}{% if x %}{{ m(x - 1) }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(40) }}',
    /takes (more than|longer)|goes deeper/,
  ],
  [
    'join',
    '{% set n = namespace(s="a") %}{% for i in range(20) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ range(100000) | join(n.s) }}',
    /text or list of/,
  ],
  [
    'the filter replace',
    '{% set n = namespace(s="a") %}{% for i in range(20) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s | replace("a", n.s) }}',
    /text or list of/,
  ],
  [
    'the method replace',
    '{% set n = namespace(s="a") %}{% for i in range(20) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s["repl" ~ "ace"]("", n.s) }}',
    /text or list of/,
  ],
  ['indent', '{{ "a\nb" | indent(400000000, true) }}', /indents by 400000000/],
  ['tojson', '{{ [1] | tojson(indent=400000000) }}', /indents by 400000000/],
  [
    'a namespace of itself',
    '{% set n = namespace() %}{% set n.n = n %}{{ n | tojson }}',
    /a namespace/,
  ],
  ['a namespace in a list', '{% set n = namespace() %}{{ [n, n] }}', /a namespace/],
  [
    'a long template',
    `{{ "${'a'.repeat(1_000_001)}" }}`,
    /1,000,0\d\d characters; at most 1,000,000/,
  ],
  ['brackets', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`, /cannot be parsed/],
  ['a long chain', `{{ ${Array(20_000).fill('"a"').join(' ~ ')} }}`, /deeper|parsed/],
])('%s', (_, source, words) => {
  it('is given up by name', () => {
    const start = performance.now();
    let error: unknown;
    try {
      render(source);
    } catch (caught) {
      error = caught;
    }
    expect(performance.now() - start).toBeLessThan(2500);
    expect(error).toBeInstanceOf(ModelFileError);
    expect((error as IdiolectError).message).toMatch(words);
    expect((error as IdiolectError).message).toContain('"default"');
  });
});

it.each([
  "''.constructor",
  "''.__proto__",
  "''['constructor']",
  "''.__class__",
  '[].constructor',
  '{}.constructor',
  '{}["__proto__"]',
  'messages[0].constructor',
  'messages.constructor.constructor',
  'range.constructor',
  'raise_exception.constructor',
  'namespace.constructor',
  'namespace(a=1).__proto__',
  'constructor',
  'globalThis',
  'this',
  'process',
])('finds nothing at %s', (expression) => {
  expect(render(`[{{ ${expression} }}]`)).toBe('[]');
  expect(render(`{{ ${expression} is defined }}`)).toBe('false');
});

it.each([
  "''.constructor('return 1')()",
  'range.constructor("return 1")()',
  '{{ 1 }}{% set messages.__proto__ = 1 %}',
])('refuses to call or set %s', (expression) => {
  const source = expression.startsWith('{{') ? expression : `{{ ${expression} }}`;
  expect(() => render(source)).toThrow(IdiolectError);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

it('keeps __proto__ in a namespace to itself', () => {
  expect(render('{% set n = namespace() %}{% set n.__proto__ = 1 %}{{ n.__proto__ }}')).toBe('1');
});
