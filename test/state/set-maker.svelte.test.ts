/** Sets made by the open model: what is asked of the worker, what is added, what is closed and why. */
import { describe, expect, it } from 'vitest';
import type { MakeSetRequest } from '../../workers/protocol.ts';
import { connectFake } from '../support/fake-trainer.ts';
import { tinyLab } from '../support/tiny-lab.ts';

/** A lab with a model and four answered questions, and what the worker was asked. */
async function started() {
  const asked: MakeSetRequest[] = [];
  const connection = connectFake();
  const { api } = connection;
  const made = api.makeSet.bind(api);
  api.makeSet = (request, report) => {
    asked.push(request);
    return made(request, report);
  };
  const lab = tinyLab({ connect: () => connection });
  await lab.start();
  return { lab, asked };
}

describe('making a set', () => {
  it('adds the answers under a name that says whose they are, with how they were made', async () => {
    const { lab, asked } = await started();
    await lab.setMaker.make();
    const added = lab.answers.sets.at(-1)!;
    expect(added.set.name).toBe('Idiolect A’s own answers');
    expect(added.set.provenance).toContain('model that is none');
    expect(added.shown).toBe(true);
    expect(lab.setMaker.outcome).toMatchObject({ answers: 4, right: 2, setId: added.set.id });
    expect(asked[0]!.model).toEqual({ id: 'open', dialect: 'a' });
    expect(lab.answers.undoable).toContain('added');
    lab.answers.undo();
    expect(lab.answers.sets.length).toBe(2);
  });

  it('hands on draws, temperature, seed and where missing answers come from', async () => {
    const { lab, asked } = await started();
    lab.setMaker.way = 'own-correct';
    Object.assign(lab.setMaker.settings, { samples: 3 });
    lab.setMaker.otherwise = 'wordy';
    await lab.setMaker.make();
    expect(asked[0]!.spec).toEqual({
      id: 'own-correct-set',
      model: 'open',
      kind: 'own-correct',
      samples: 3,
      temperature: 0.8,
      seed: 1,
      otherwise: 'wordy',
    });
  });

  it('asks for another set in the model’s words, by a prompt that must show the answer', async () => {
    const { lab, asked } = await started();
    lab.setMaker.way = 'paraphrase';
    lab.setMaker.of = 'wordy';
    lab.setMaker.template = 'Say it anew.';
    expect(lab.setMaker.closed('paraphrase')).toContain('{answer}');
    lab.setMaker.template = 'Say it anew: {answer}';
    expect(lab.setMaker.closed('paraphrase')).toBeUndefined();
    await lab.setMaker.make();
    expect(asked[0]!.spec).toMatchObject({ kind: 'paraphrase', of: 'wordy' });
    expect(lab.setMaker.outcome!.name).toBe('Reworded by Idiolect A');
  });

  it('leaves out questions that were left out', async () => {
    const { lab, asked } = await started();
    lab.answers.exclude(['q1']);
    await lab.setMaker.make();
    expect(asked[0]!.sets.map(({ rows }) => rows.map(({ id }) => id))).toEqual([
      ['q0', 'q2', 'q3'],
      ['q0', 'q2', 'q3'],
    ]);
  });

  it('says what a way needs', async () => {
    const { lab } = await started();
    expect(lab.setMaker.closed('most-familiar')).toBeUndefined();
    lab.answers.toggle('wordy');
    expect(lab.setMaker.closed('most-familiar')).toBe('needs two sets');
    lab.answers.toggle('plain');
    expect(lab.setMaker.closed('own')).toBe('needs questions');
    expect(tinyLab().setMaker.closed('own')).toBe('needs a model');
  });
});
