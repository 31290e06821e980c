import { describe, expect, it } from 'vitest';
import { entries } from './contender.ts';
import { slope, spreadOf } from './statistics.ts';
import { absentRow, largestDifference, measuredRow, printTable } from './table.ts';
import { tensorsOf, tokenIds, weightValues } from './weights.ts';
import { workloads } from './workloads.ts';

const workload = workloads[0]!;
const entry = entries[0]!;

describe('statistics', () => {
  it('gives median and quartiles', () => {
    expect(spreadOf([4, 1, 3, 2, 5])).toEqual({ median: 3, q1: 2, q3: 4 });
  });

  it('gives the change per step', () => {
    expect(slope([10, 12, 14, 16])).toBeCloseTo(2);
  });
});

describe('rows', () => {
  const row = measuredRow(workload, entry, [200, 100, 300], { counts: {}, numbers: [4.7] });

  it('count tokens by the second of the median', () => {
    expect(row).toMatchObject({ workload: 'W1', median_ms: 200, runs: 3, tokens_per_s: 2560 });
  });

  it('print what is absent with its reason, last', () => {
    const text = printTable(workload, [absentRow(workload, entries[1]!, 'no such thing'), row]);
    const lines = text.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/absent +no such thing$/);
    expect(lines.at(-2)).toContain('200');
  });

  it('tell how far losses lie apart, those without any left out', () => {
    const other = { ...row, numbers: [4.5] };
    expect(largestDifference([row, other, absentRow(workload, entry, 'absent')])).toBeCloseTo(0.2);
    expect(largestDifference([row])).toBeUndefined();
  });
});

describe('weights', () => {
  it('are of the shape each workload names', () => {
    const size = tensorsOf(workload.shape!).reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b),
      0,
    );
    expect(size).toBeGreaterThan(1.19e6);
    expect(size).toBeLessThan(1.23e6);
  });

  it('are the numbers that pytorch_bench.py computes', () => {
    const values = weightValues({ name: 'model.embed_tokens.weight', shape: [2, 2] }, 'f32');
    expect([...values]).toEqual(EMBEDDING);
    expect([...tokenIds(96, 1, 4)]).toEqual(TOKENS);
  });
});

// weight('model.embed_tokens.weight', [2, 2], 'f32') and tokens of pytorch_bench.py.
const EMBEDDING = [
  -0.07480762153863907, -0.07236539572477341, -0.05646985396742821, 0.020793108269572258,
];
const TOKENS = [15, 5, 1, 77];
