/** Values of answers: written in many ways they agree, and no character that is left out makes them agree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agrees, readValue } from '../../src/evaluate/answer-value.ts';
import { judgeAnswer, type AnswerRule } from '../../src/evaluate/extract-answer.ts';
import { readDigits, type DecimalSign } from '../../src/evaluate/read-number.ts';

const same = (a: string, b: string, sign: DecimalSign = 'point') =>
  agrees(readValue(a, sign), readValue(b, sign), sign);

describe('values', () => {
  it.each([
    ['1,234', '1234'],
    ['1 234', '1234'],
    ['1 234 567', '1234567'],
    ["1'234.50", '1234.5'],
    ['1_000', '1000'],
    ['12,34,567', '1234567'],
    ['1.234.567', '1234567'],
    ['1.234,5', '1234.5'],
    ['1,234.5', '1234.5'],
    ['3,5', '3.5'],
    ['0,125', '1/8'],
    ['.5', '0.5'],
    ['3.0', '3'],
    ['007', '7'],
    ['−5', '-5'],
    ['–5', '-5'],
    ['+5', '5'],
    ['-$5', '$-5'],
    ['$5', '5 dollars'],
    ['$5', 'USD 5'],
    ['50 cents', '$0.50'],
    ['18 apples', '18'],
    ['18 apples', '18 pears'],
    ['5 km', '5000 m'],
    ['5 km', '5'],
    ['90 minutes', '1.5 hours'],
    ['50%', '50'],
    ['50%', '0.5'],
    ['50 percent', '50%'],
    ['2 million', '2,000,000'],
    ['$1.5 million', '1500000'],
    ['1.5 Million', '1.5'],
    ['$20k', '20,000'],
    ['5 M', '5000000'],
    ['1/2', '0.5'],
    ['2/4', '1/2'],
    ['3 1/2', '3.5'],
    ['3½', '7/2'],
    ['½', '0.5'],
    ['1⁄2', '0.5'],
    ['-3 1/2', '-3.5'],
    ['5 and a half', '5.5'],
    ['\\frac{1}{2}', '0.5'],
    ['\\dfrac12', '0.5'],
    ['-\\frac{7}{2}', '-3.5'],
    ['3\\frac{1}{2}', '3.5'],
    ['$\\frac{1}{2}$', '1/2'],
    ['\\(\\frac{1}{2}\\)', '1/2'],
    ['\\boxed{72}', '72'],
    ['\\boxed{\\text{72 rolls}}', '72'],
    ['72\\%', '72%'],
    ['\\$72', '$72'],
    ['1{,}000', '1000'],
    ['1\\,000', '1000'],
    ['90^{\\circ}', '90 degrees'],
    ['1.5e3', '1500'],
    ['1.5E-3', '0.0015'],
    ['1.5 × 10^3', '1500'],
    ['1.5 x 10^{3}', '1500'],
    ['1.5 \\times 10^{-3}', '0.0015'],
    ['2·10⁻³', '0.002'],
    ['10^5', '100000'],
    ['x = 7', '7'],
    ['3 + 4 = 7', '7'],
    ['**18**', '18'],
    ['"18"', '18'],
    ['(18)', '18.'],
    ['3, 4, 9', '[3, 4, 9]'],
    ['3, 4 and 9', '3, 4, 9'],
    ['3,4,9', '3, 4, 9'],
    ['Yes.', 'yes'],
    ['**The Park**', 'the park'],
    ['red,blue', 'red, blue'],
    ['\\text{Sunday}', 'Sunday'],
    ['3:30', '3:30'],
  ])('%j is %j', (a, b) => {
    expect(same(a, b)).toBe(true);
    if (readValue(b).kind !== 'list') expect(same(b, a)).toBe(true);
  });

  it.each([
    ['1.5', '15'],
    ['3.50', '350'],
    ['0.5', '5'],
    ['20.', '2.0'],
    ['1.234', '1234'],
    ['1,234', '1.234'],
    ['-5', '5'],
    ['1/2', '12'],
    ['1/2', '2'],
    ['3 1/2', '31/2'],
    ['1e3', '13'],
    ['10^5', '105'],
    ['5 km', '5 m'],
    ['$5', '€5'],
    ['$50', '50%'],
    ['0.5%', '50%'],
    ['5%', '0.5'],
    ['2x', '2'],
    ['3, 4', '34'],
    ['3, 4, 9', '4, 3, 9'],
    ['3, 4, 9', '349'],
    ['3, 4, 9', '9'],
    ['3:30', '330'],
    ['1.2.3', '123'],
    ['12/25/2020', '12252020'],
    ['19 21', '1921'],
    ['U.S.A', 'usa'],
    ['no one', 'noone'],
    ['1/0', '0'],
    ['', '0'],
  ])('%j is not %j', (a, b) => {
    expect(same(a, b)).toBe(false);
    expect(same(b, a)).toBe(false);
  });

  it('reads what the two signs leave open by the decimal sign', () => {
    expect(same('1.234', '1234', 'comma')).toBe(true);
    expect(same('1,234', '1234', 'comma')).toBe(false);
    expect(same('1,234', '1.234', 'point')).toBe(false);
    expect(same('3.5', '3,5', 'comma')).toBe(true);
    expect(same('1.234,5', '1,234.5', 'comma')).toBe(true);
  });

  it('refuses digits whose separators fit no number', () => {
    for (const text of [
      '1,23,4',
      '1.2.3',
      '1,2,3',
      '01,234,567',
      "1'23",
      '1,234.567.8',
      '1.234,5,6',
    ]) {
      expect(readDigits(text, 'point')).toBeUndefined();
    }
  });
});

describe('properties', () => {
  const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

  it('a grouped integer is the integer, and no other', () => {
    fc.assert(
      fc.property(
        integer,
        integer,
        fc.constantFrom(',', '’', '\u202f', ' ', '_'),
        (n, m, separator) => {
          const grouped = String(n).replace(/\B(?=(\d{3})+$)/g, separator);
          expect(same(grouped, String(n))).toBe(true);
          expect(same(grouped, String(m))).toBe(n === m);
        },
      ),
    );
  });

  it('a decimal is its fraction, and never its digits', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(9999), (whole, part) => {
        const text = `${whole}.${part}`;
        const scale = 10 ** String(part).length;
        expect(same(text, `${whole * scale + part}/${scale}`)).toBe(true);
        expect(same(text, `${whole}${part}`)).toBe(whole === 0 && part === 0);
      }),
    );
  });

  it('a power of ten is the number written out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.nat(20), (n, power) => {
        const out = `${n}${'0'.repeat(power)}`;
        for (const text of [
          `${n}e${power}`,
          `${n} × 10^${power}`,
          `$${n} \\times 10^{${power}}$`,
        ]) {
          expect(same(text, out)).toBe(true);
        }
      }),
    );
  });

  it('a sign makes another number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (n) => {
        for (const sign of ['-', '−', '\u2013']) expect(same(`${sign}${n}`, String(n))).toBe(false);
      }),
    );
  });

  const written = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789.,-$%/ #\\{}^e×x=:\n')) }),
    fc
      .constantFrom('#### ', 'Final Answer: ', '\\boxed{')
      .chain((mark) => fc.string().map((rest) => `so ${mark}${rest}`)),
  );

  it('agreement is reflexive and symmetric but for lists', () => {
    fc.assert(
      fc.property(written, written, (a, b) => {
        expect(same(a, a)).toBe(true);
        const lists = [a, b].some((text) => readValue(text).kind === 'list');
        if (!lists) expect(same(a, b)).toBe(same(b, a));
      }),
    );
  });

  it('what is strictly right is right', () => {
    const rule = fc.constantFrom<AnswerRule>(
      { kind: 'final-answer' },
      { kind: 'final-answer', decimal: 'comma' },
      { kind: 'world' },
      { kind: 'multiple-choice' },
      { kind: 'pattern', pattern: '=> (.*)' },
    );
    fc.assert(
      fc.property(rule, written, written, (kind, response, gold) => {
        const { strict, flexible } = judgeAnswer(kind, response, gold);
        if (strict) expect(flexible).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('long runs of digits, spaces and signs take no time', () => {
    for (const text of [
      '1'.repeat(20_000),
      '1,'.repeat(10_000),
      '1 '.repeat(10_000),
      '$'.repeat(5000),
      '1/'.repeat(5000),
    ]) {
      const began = performance.now();
      judgeAnswer({ kind: 'final-answer' }, `#### ${text}`, '5');
      expect(performance.now() - began).toBeLessThan(2000);
    }
  });
});
