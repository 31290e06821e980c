/** Python's regular expressions in JavaScript: what differs is rewritten, what cannot be is refused. */
import { expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { pythonRegex } from '../../src/exchange/python-regex.ts';

it.each([
  ['a(?P<n>b+)(?P=n)', 'abbbb', true],
  ['a(?P<n>b+)(?P=n)$', 'abbb', false],
  ['\\Ab\\Z', 'b', true],
  ['\\Ab\\Z', 'ab', false],
  ['[]x]+$', ']x]', true],
  ['^[^]x]+$', 'ab', true],
  ['^[^]x]+$', 'a]', false],
  ['^[[x]$', '[', true],
  ['^a{,2}$', 'aa', true],
  ['^a{,2}$', 'aaa', false],
  ['^a(?#note)b$', 'ab', true],
  ['(?i)^AB$', 'ab', true],
  ['^(?:a|b)(?=c)(?<!d)c$', 'bc', true],
  ['^\\d+\\.\\w*\\-$', '12.x-', true],
])('%s on %s', (pattern, text, matches) => {
  expect(pythonRegex(pattern, 'place').test(text)).toBe(matches);
});

it.each(['*a', '(a', 'a)(b', '\\q', 'a\\', 'a++', '(?>a)', '(?(1)a|b)', 'a(?i)b', '(?x)a b', '[a'])(
  '%s is refused with the place',
  (pattern) => {
    const attempt = () => pythonRegex(pattern, 'adapter_config.json: rank_pattern');
    expect(attempt).toThrow(DataError);
    expect(attempt).toThrow(`adapter_config.json: rank_pattern: ${JSON.stringify(pattern)}`);
  },
);
