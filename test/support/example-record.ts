/** A familiarity record with everything that one can hold. */
import { measurementSetup } from '../../src/exchange/familiarity-record/setup.ts';
import { makeRecord, type Measurement } from '../../src/exchange/familiarity-record/write.ts';
import { familiarityFields, type RowFamiliarity } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';

const hash = 'ab'.repeat(32);
export const setup = measurementSetup({
  model: {
    ...{ id: 'owner/name', revision: 'v1', filesHash: hash, weightsHash: hash },
    ...{ precision: 'int8', format: 'int8', contextLength: 64, chatTemplate: true },
  },
  engine: { name: 'wasm', device: '2 threads', threads: 2 },
  prompt: { useChatTemplate: false, plainTemplate: '"{question}"\n$HOME' },
  familiarity: { ...defaultsOf(familiarityFields), encoding: 'joint' },
});

export function measuredRow(rowId: string, nll: readonly number[], end?: number): RowFamiliarity {
  const tokenNll = Float32Array.from([...nll, ...(end === undefined ? [] : [end])]);
  const nllSum = tokenNll.subarray(0, nll.length).reduce((sum, value) => sum + value, 0);
  return {
    rowId,
    promptTokens: 3,
    responseTokens: nll.length,
    responseBytes: 10,
    nllSum,
    perplexity: Math.exp(nllSum / nll.length),
    ...(end !== undefined && { eos: tokenNll[nll.length]! }),
    likeliest: 1,
    truncated: end === undefined,
    boundaryMerged: false,
    tokenNll,
  };
}

export const rows = [measuredRow('q1', [0.1, 2.7, 1 / 3], 0.25), measuredRow('q2', [1.5, 1e-7])];
export const measurement: Measurement = {
  setup,
  sets: [
    {
      set: {
        id: '1-Notes',
        name: 'Notes',
        rows: [
          { id: 'q1', question: 'What is “1 + 1”?', response: '2\n', gold: '2' },
          { id: 'q2', question: 'And 2 + 2?', response: 'four' },
          { id: 'q3', question: 'Long', response: 'x' },
        ],
      },
      rows,
      skipped: [{ rowId: 'q3', reason: 'the question alone takes 2000 tokens' }],
      inStyle: { rows: [measuredRow('q1', [0.5, 0.25, 0.125], 1)], skipped: [] },
    },
  ],
  eos: 'include',
  style: {
    examples: 1,
    own_answers: [{ id: 'q1', question: 'What is “1 + 1”?', answer: '2', right: true }],
  },
  excluded: ['q4', 'q5'],
  notices: [],
};
export const exampleRecord = makeRecord(measurement);
