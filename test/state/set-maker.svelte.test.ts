/** Sets made by the open model: what is asked of the worker, what is added, what is closed and why. */
import { describe, expect, it } from 'vitest';
import type { MakeSetRequest } from '../../workers/protocol.ts';
import { connectFake } from '../support/fake-trainer.ts';
import { tinyApp } from '../support/tiny-app.ts';

/** A lab with a model and four answered questions, and what the worker was asked. */
async function started() {
  const requests: MakeSetRequest[] = [];
  const connection = connectFake();
  const { api } = connection;
  const made = api.makeSet.bind(api);
  api.makeSet = (request, report) => {
    requests.push(request);
    return made(request, report);
  };
  const app = tinyApp({ connect: () => connection });
  await app.start();
  return { app, requests };
}

describe('making a set', () => {
  it('adds the answers under a name that says whose they are, with how they were made', async () => {
    const { app, requests } = await started();
    await app.setMaker.make();
    const added = app.answers.sets.at(-1)!;
    expect(added.set.name).toBe('Idiolect A’s own answers');
    expect(added.set.provenance).toContain('model that is none');
    expect(added.shown).toBe(true);
    expect(app.setMaker.outcome).toMatchObject({ answers: 4, right: 2, setId: added.set.id });
    expect(requests[0]!.model).toEqual({ id: 'open', dialect: 'a' });
    expect(app.answers.undoable).toContain('added');
    app.answers.undo();
    expect(app.answers.sets.length).toBe(2);
  });

  it('hands on draws, temperature, seed and where missing answers come from', async () => {
    const { app, requests } = await started();
    app.setMaker.way = 'own-correct';
    Object.assign(app.setMaker.settings, { samples: 3 });
    app.setMaker.otherwise = 'wordy';
    await app.setMaker.make();
    expect(requests[0]!.spec).toEqual({
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
    const { app, requests } = await started();
    app.setMaker.way = 'paraphrase';
    app.setMaker.of = 'wordy';
    app.setMaker.template = 'Say it anew.';
    expect(app.setMaker.closed('paraphrase')).toContain('{answer}');
    app.setMaker.template = 'Say it anew: {answer}';
    expect(app.setMaker.closed('paraphrase')).toBeUndefined();
    await app.setMaker.make();
    expect(requests[0]!.spec).toMatchObject({ kind: 'paraphrase', of: 'wordy' });
    expect(app.setMaker.outcome!.name).toBe('Reworded by Idiolect A');
  });

  it('leaves out questions that were left out', async () => {
    const { app, requests } = await started();
    app.answers.exclude(['q1']);
    await app.setMaker.make();
    expect(requests[0]!.sets.map(({ rows }) => rows.map(({ id }) => id))).toEqual([
      ['q0', 'q2', 'q3'],
      ['q0', 'q2', 'q3'],
    ]);
  });

  it('says what a way needs', async () => {
    const { app } = await started();
    expect(app.setMaker.closed('most-familiar')).toBeUndefined();
    app.answers.toggle('wordy');
    expect(app.setMaker.closed('most-familiar')).toBe('needs two sets');
    app.answers.toggle('plain');
    expect(app.setMaker.closed('own')).toBe('needs questions');
    expect(tinyApp().setMaker.closed('own')).toBe('needs a model');
  });
});
