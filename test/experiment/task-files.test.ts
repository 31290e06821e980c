/** What is said of an experiment's files before it runs, on the page and in a command. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTable } from '../../src/exchange/read-table.ts';
import { readTaskFiles } from '../../src/experiment/run/task-files.ts';
import { parseExperiment } from '../../src/experiment/spec/schema.ts';

const at = (path: string) => new URL(`../fixtures/cases/experiment/${path}`, import.meta.url);

function read(name: string) {
  const { task, sets } = parseExperiment(readFileSync(at(name), 'utf8'), name);
  if (task.kind !== 'files') throw new Error('expected files');
  return readTaskFiles(task, sets, (path) => parseTable(readFileSync(at(path), 'utf8'), path));
}

describe('files of a task', () => {
  it('are doubted when no given answer agrees with its gold', () => {
    const { notices } = read('exp-train-decimal.json');
    expect(notices.map(({ kind }) => kind)).toEqual(['doubtful', 'info']);
    expect(notices[0]!.text).toMatch(/^human: 0 of 8 given answers agree with their gold\./);
    expect(notices[1]!.text).toBe('test: 8 of 8 given answers agree with their gold.');
    expect(notices[0]!.places).toHaveLength(8);
  });

  it('are in order when gold stands after a rationale', () => {
    const { notices, files } = read('exp-train-rationale.json');
    expect(notices).toEqual([
      {
        kind: 'info',
        text: 'Given answers that agree with their gold: human 8 of 8, test 8 of 8.',
        places: [],
      },
    ]);
    expect(files.sets.get('human')!.rows.map(({ gold }) => gold)).toContain('48');
  });

  it('of multiple choice may be in any layout', () => {
    const choices = (name: string) =>
      parseTable(
        readFileSync(new URL(`../fixtures/cases/choices/${name}`, import.meta.url), 'utf8'),
        name,
      );
    const train = parseTable(
      JSON.stringify({
        question: 'What flows?',
        choices: { text: ['rock', 'water'], label: ['1', '2'] },
        answerKey: '2',
        response: 'Final Answer: water',
      }),
      'train.jsonl',
    );
    const { files, notices } = readTaskFiles(
      { kind: 'files', answers: { kind: 'multiple-choice' }, test: 'arc-original.jsonl' },
      [{ id: 'human', kind: 'file', path: 'train.jsonl' }],
      (path) => (path === 'train.jsonl' ? train : choices(path)),
    );
    expect(files.test.rows[0]).toMatchObject({ gold: 'snow' });
    expect(files.sets.get('human')!.rows[0]).toMatchObject({
      gold: 'water',
      response: 'Final Answer: water',
    });
    expect(notices.map(({ kind }) => kind)).toEqual(['info']);
  });
});
