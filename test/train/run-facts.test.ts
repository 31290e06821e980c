/** Which checkpoints a run may go on from. */
import { describe, expect, it } from 'vitest';
import { defaultsOf } from '../../src/fields.ts';
import { compareFacts, type RunFacts } from '../../src/train/run-facts.ts';
import { trainingFields } from '../../src/train/config.ts';

const facts: RunFacts = {
  ...defaultsOf(trainingFields),
  model_weights: 'abc',
  weight_format: 'f16',
  engine: 'webgpu',
  recomputes_activations: false,
  tokens_per_micro_batch: 512,
};
const without = (name: string): RunFacts =>
  Object.fromEntries(Object.entries(facts).filter(([fact]) => fact !== name));

describe('going on from a checkpoint', () => {
  it('has nothing to say of the same facts', () => {
    expect(compareFacts(facts, { ...facts })).toEqual({ problems: [], notices: [] });
  });

  it('may move to another engine, which holds and cuts in its own way, and says so', () => {
    const now = {
      ...facts,
      engine: 'cpu',
      weight_format: 'f32',
      recomputes_activations: true,
      tokens_per_micro_batch: 64,
    };
    const { problems, notices } = compareFacts(facts, now);
    expect(problems).toEqual([]);
    expect(notices.map(({ text }) => text)).toEqual([
      'The run was begun on WebGPU and goes on on plain JavaScript: from here on its numbers may differ in the last digits from a run that was not moved.',
    ]);
    expect(compareFacts(facts, { ...now, dropout: 0.1 }).problems).toHaveLength(1);
    const dropped = { ...facts, dropout: 0.1 };
    expect(compareFacts(dropped, { ...dropped, engine: 'wasm' }).notices[0]!.text).toContain(
      'dropout',
    );
  });

  it('says so too when the same engine has less memory', () => {
    const { problems, notices } = compareFacts(facts, { ...facts, tokens_per_micro_batch: 256 });
    expect(problems).toEqual([]);
    expect(notices[0]!.text).toContain('other batches');
  });

  it('takes a checkpoint from before a setting or the engine was noted, at the default only', () => {
    expect(compareFacts(without('engine'), facts)).toEqual({ problems: [], notices: [] });
    expect(compareFacts(without('maskPerplexity'), facts).problems).toEqual([]);
    const masked = { ...facts, maskPerplexity: 2.5 };
    expect(compareFacts(without('maskPerplexity'), masked).problems).toEqual([
      'maskPerplexity: nothing in the checkpoint, 2.5 now.',
    ]);
    // What the checkpoint had and this version lacks cannot be known to be the default.
    expect(compareFacts(facts, without('maskPerplexity')).problems).toHaveLength(1);
    expect(compareFacts(without('model_weights'), facts).problems).toHaveLength(1);
  });

  it('refuses rounded weights, and then says nothing of the engine', () => {
    const compared = compareFacts(facts, { ...facts, weight_format: 'int8', engine: 'wasm' });
    expect(compared).toEqual({
      problems: ['weight_format: f16 in the checkpoint, int8 now.'],
      notices: [],
    });
  });
});
