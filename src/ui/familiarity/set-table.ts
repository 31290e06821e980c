/** The table behind the familiarity plot: a line for each set, with every average by its name. */
import { perplexityMeans, type PerplexityMean } from '../../familiarity/aggregate.ts';
import type { DataColumn, DataRecord } from '../../figures/data-table.ts';
import type { FamiliarityState } from '../../state/familiarity.svelte.ts';
import type { SetScores } from '../../state/measured-set.ts';
import { meanWords } from './mean-words.ts';

export const styleHelp =
  'In-context style perplexity (SPPL): the same answer, but before its question stand some of the model’s own right answers to other questions, so that it is read as a continuation of the model’s own way of writing. The model first answers questions by itself; an answer is right when its final answer agrees with the data’s.';

/** @param inStyle whether perplexity in style stands beside the plain one */
export function setColumns(chosen: PerplexityMean, inStyle: boolean): readonly DataColumn[] {
  const interval = 'Bootstrap interval of the chosen mean.';
  return [
    { key: 'set', label: 'Set' },
    { key: 'n', label: 'n', number: true, help: 'Answers measured.', show: String },
    ...perplexityMeans.map((kind) => ({
      key: keyOf(kind),
      label: meanWords[kind].label,
      help: meanWords[kind].help,
      number: true,
    })),
    { key: 'low', label: '95 % from', number: true, help: interval },
    { key: 'high', label: 'to', number: true, help: interval },
    ...(inStyle
      ? [
          {
            key: `${keyOf(chosen)}_in_style`,
            label: `${meanWords[chosen].label} in style`,
            help: styleHelp,
            number: true,
          },
          {
            key: 'cut_in_style',
            label: 'cut',
            help: 'Answers that are too long for the model with the examples before them; only their beginning is measured in style.',
            number: true,
            show: String,
          },
        ]
      : []),
    {
      key: 'bits_per_byte',
      label: 'bits per byte',
      help: 'Σ NLL in bits / UTF-8 bytes: can be compared between models with different tokens.',
      number: true,
    },
    {
      key: 'tokens',
      label: 'tokens',
      help: 'Mean length of an answer in tokens: longer answers are often more familiar.',
      number: true,
    },
  ];
}

export function setRecords(
  sets: readonly SetScores[],
  { chosen, intervals }: Pick<FamiliarityState, 'chosen' | 'intervals'>,
): DataRecord[] {
  return sets.map(({ set, measured, averages, inStyle, bitsPerByte, meanTokens }) => ({
    set: set.name,
    n: measured.length,
    ...Object.fromEntries(perplexityMeans.map((kind) => [keyOf(kind), averages[kind]])),
    low: intervals.get(set.id)?.low,
    high: intervals.get(set.id)?.high,
    ...(inStyle && {
      [`${keyOf(chosen)}_in_style`]: inStyle.averages[chosen],
      cut_in_style: inStyle.measured.filter(({ truncated }) => truncated).length,
    }),
    bits_per_byte: bitsPerByte,
    tokens: meanTokens,
  }));
}

const keyOf = (kind: PerplexityMean): string => kind.replace('-', '_');
