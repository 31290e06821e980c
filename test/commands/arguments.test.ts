/** The parser: every way of writing a value, and every mistake in one answer. */
import { expect, it } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';
import { personFolder } from '../../src/cli/person-folder.ts';
import { systemProblem } from '../../src/cli/system-error.ts';
import { experimentCommand } from '../../src/commands/experiment.ts';
import { generateCommand } from '../../src/commands/generate.ts';
import { measureCommand } from '../../src/commands/measure.ts';
import { nearest } from '../../src/commands/nearest.ts';
import type { Command } from '../../src/commands/option.ts';
import { settingsFrom } from '../../src/commands/settings.ts';
import { trainCommand } from '../../src/commands/train.ts';
import { UsageError } from '../../src/errors.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import { trainingFields } from '../../src/train/config.ts';

function problemsWith(command: Command, line: string[]): readonly string[] {
  try {
    readArguments(command, line);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

const needed = ['--responses', 'a.jsonl', '--out', 'x'];

it('takes numbers, choices, switches, lists and the defaults of the fields', () => {
  const line = ['--responses', 'a', 'b', '--rows=3', '--json', '--encoding', 'joint'];
  const { values } = readArguments(measureCommand, line);
  expect(values).toMatchObject({
    responses: ['a', 'b'],
    rows: 3,
    json: true,
    encoding: 'joint',
    'max-length': 1024,
    model: 'idiolect-a',
  });
  expect(values['out']).toBeUndefined();
  const given = readArguments(trainCommand, [
    ...needed,
    '--lr',
    '2e-4',
    '--rank',
    '16',
    '--rslora',
  ]);
  const train = given.values as never;
  expect(settingsFrom('training', trainCommand.options, train)).toEqual({
    ...defaultsOf(trainingFields),
    learningRate: 2e-4,
  });
  expect(settingsFrom('lora', trainCommand.options, train)).toEqual({
    ...defaultsOf(loraFields),
    rank: 16,
    rankStabilized: true,
  });
});

it('takes a text that begins with a hyphen or holds an equals sign', () => {
  const { values } = readArguments(generateCommand, ['--prompt=--a=b\nc', '--seed', '0']);
  expect(values).toMatchObject({ prompt: '--a=b\nc', seed: 0 });
  expect(readArguments(generateCommand, ['--prompt', '-5 + 3?']).values['prompt']).toBe('-5 + 3?');
});

it('takes what a command is about without a name', () => {
  const { argument, values } = readArguments(experimentCommand, ['quick', '--seeds', '3']);
  expect([argument, values['seeds']]).toEqual(['quick', 3]);
  expect(problemsWith(experimentCommand, [])).toEqual([
    'cross-over|quick|all-sets|FILE.json is missing.',
  ]);
});

it.each([
  ['abc', 'a number from 1e-8 to 1'],
  ['', 'a number from 1e-8 to 1'],
  ['1,5', 'a number from 1e-8 to 1'],
  ['0x1', 'a number from 1e-8 to 1'],
  ['NaN', 'a number from 1e-8 to 1'],
  ['-1', 'a number from 1e-8 to 1'],
  ['Infinity', 'a number from 1e-8 to 1'],
])('--lr "%s" is refused with what was expected', (text, expected) => {
  expect(problemsWith(trainCommand, [...needed, '--lr', text])).toEqual([
    `--lr: expected ${expected}, got "${text}".`,
  ]);
});

it('names everything wrong at once', () => {
  const line = ['--respones', 'a', '--steps', '1.5', '--json=yes', '--rank', '4', '--rank', '5'];
  expect(problemsWith(trainCommand, [...line, '--schedule', 'wavy', '--model', '-x', 'y'])).toEqual(
    [
      '--respones: no such option. Did you mean --responses?',
      '--steps: expected a whole number from 1 to 1000000, got "1.5".',
      '--json: is given without a value, got "yes".',
      '--rank: is given more than once.',
      '--schedule: expected one of linear, cosine, constant, warmup_stable_decay, got "wavy".',
      '--model needs DIR|FILE.gguf|ID.',
      '-x: no such option.',
      '--responses FILE is missing.',
      '--out DIR is missing.',
    ],
  );
});

it('needs nothing else for help', () => {
  expect(readArguments(trainCommand, ['--help', '--lr', 'abc']).help).toBe(true);
  expect(readArguments(trainCommand, ['-h']).help).toBe(true);
});

it.each([
  ['mesure', 'measure'],
  ['gen', 'generate'],
  ['pretrain', 'pre-train'],
  ['fly', undefined],
])('of %s the nearest command is %s', (name, expected) => {
  const names = ['measure', 'train', 'generate', 'experiment', 'pre-train', 'model-card'];
  expect(nearest(name, names)).toBe(expected);
});

it('takes paths from where the person stands', () => {
  expect(personFolder('/repo', { INIT_CWD: '/home/me' }, '/repo/')).toBe('/home/me');
  expect(personFolder('/repo', {}, '/repo/')).toBe('/repo');
  // Not started by npm in the project: what npm said about another script does not count.
  expect(personFolder('/data', { INIT_CWD: '/home/me' }, '/repo/')).toBe('/data');
});

it('says errors of the operating system in words, and only those', () => {
  const error = (code: string, path?: string) =>
    Object.assign(new Error(`${code}: raw`), { code, syscall: 'open', ...(path && { path }) });
  for (const code of ['ENOENT', 'EACCES', 'EISDIR', 'ENOSPC', 'EWHATEVER']) {
    const text = systemProblem(error(code, 'runs/a.json'));
    expect(text).toMatch(/^runs\/a\.json: /);
    if (code !== 'EWHATEVER') expect(text).not.toContain(code);
  }
  expect(systemProblem(error('EISDIR'), 'b')).toMatch(/^b: this is a folder/);
  expect(systemProblem(new TypeError('x is not a function'))).toBeUndefined();
});
