/** Printed commands: what a shell reads back is what was printed. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { generateCommand } from '../../src/commands/generate.ts';
import { measureCommand } from '../../src/commands/measure.ts';
import { printCommand, settingValues } from '../../src/commands/print-command.ts';
import { shellWord } from '../../src/commands/shell-word.ts';
import { trainCommand } from '../../src/commands/train.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import { trainingFields } from '../../src/train/config.ts';

const ODD = [
  'plain',
  '',
  ' ',
  "it's",
  `'"'`,
  '$HOME `id` $(id) ${x}',
  'a\nb\n',
  'tab\tand\r\n',
  String.raw`\n \\ \'`,
  'über 日本 🙂',
  '--flag',
  '-',
  '~/x',
  '*?[a] {a,b} !history # & ; | < >',
  'a=b',
  '%PATH%',
];

/** The words as a shell hands them to a program. */
function readBy(shell: string, line: string): string[] {
  const show = `process.stdout.write(JSON.stringify(process.argv.slice(1)))`;
  const script = `${shellWord(process.execPath)} -e ${shellWord(show)} -- ${line}`;
  return JSON.parse(execFileSync(shell, ['-c', script], { encoding: 'utf8' })) as string[];
}

it.each(['sh', 'bash'])('%s reads every word back', (shell) => {
  expect(readBy(shell, ODD.map(shellWord).join(' '))).toEqual(ODD);
});

it('refuses what no argument can hold', () => {
  expect(() => shellWord('a\0b')).toThrow('NUL');
});

describe('a printed command', () => {
  const words = (line: string) => readBy('sh', line.replace(/^npm run [a-z]+ -- ?/, ''));

  it('leaves out what is at its default and ties values that look like options', () => {
    const line = printCommand(measureCommand, {
      responses: ['-a.jsonl', "Ann's notes.jsonl"],
      encoding: 'separate',
      'max-length': 64,
      exclude: ['q1', '--x', 'q 2'],
      'plain-prompt': '- {question}\n',
      json: false,
      'no-chat-template': true,
    });
    expect(line).toMatch(/^npm run measure -- \\\n {2}--responses \.\/-a\.jsonl /);
    expect(words(line)).toEqual([
      ...['--responses', './-a.jsonl', "Ann's notes.jsonl"],
      ...['--exclude', 'q1', 'q 2', '--exclude=--x'],
      ...['--max-length', '64'],
      '--no-chat-template',
      '--plain-prompt=- {question}\n',
    ]);
  });

  it('names every setting that is not at its default, to the last digit', () => {
    const training = { ...defaultsOf(trainingFields), learningRate: 1 / 3e4, seed: 7 };
    const lora = { ...defaultsOf(loraFields), rank: 3, rankStabilized: true };
    const settings = settingValues(trainCommand, { training, lora });
    const line = printCommand(trainCommand, { ...settings, responses: 'a.jsonl', out: 'runs/a' });
    expect(words(line)).toEqual([
      ...['--responses', 'a.jsonl', '--out', 'runs/a'],
      ...['--lr', String(1 / 3e4), '--seed', '7', '--rank', '3', '--rslora'],
    ]);
  });

  it('ties a question that begins like an option', () => {
    const line = printCommand(generateCommand, { prompt: '--prompt?' });
    expect(words(line)).toEqual(['--prompt=--prompt?']);
  });
});
