/** The text after an option's name as the value it stands for. */
import { rangeText } from '../fields.ts';
import type { Option } from './option.ts';

export type ReadValue = { value: string | number } | { problem: string };

/** Decimal only: "0x10" and "" are numbers to JavaScript, and mistakes on a command line. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** @param name as it is typed, such as "--lr" */
export function readValue(name: string, option: Option, text: string): ReadValue {
  const wrong = (expected: string) => ({
    problem: `${name}: expected ${expected}, got "${text}".`,
  });
  switch (option.kind) {
    case 'number': {
      const { min, max = Infinity, integer } = option;
      const number = NUMBER.test(text.trim()) ? Number(text) : NaN;
      const fits = number >= min && number <= max && (integer !== true || Number.isInteger(number));
      return fits ? { value: number } : wrong(rangeText(option));
    }
    case 'choice': {
      const choices = Object.keys(option.choices);
      return choices.includes(text) ? { value: text } : wrong(`one of ${choices.join(', ')}`);
    }
    case 'switch':
      return { problem: `${name}: is given without a value, got "${text}".` };
    case 'text':
      return { value: text };
    case 'path':
      return text === '' ? wrong(`a path (${option.value})`) : { value: text };
  }
}
