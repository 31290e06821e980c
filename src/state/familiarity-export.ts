/** Measured familiarity as files: every row, every average, and what it was measured with. */
import { transcript } from '../data/transcript.ts';
import {
  averagePerplexity,
  bitsPerByte,
  perplexityMeans,
  type EosPolicy,
} from '../familiarity/aggregate.ts';
import type { RowFamiliarity } from '../familiarity/config.ts';
import type { AnswerSet } from './answers.svelte.ts';
import { csvOf } from './export.ts';
import type { FamiliarityState, MeasuredWith } from './familiarity.svelte.ts';
import type { SetScores } from './measured-set.ts';

const COLUMNS = [
  'set',
  'id',
  'question',
  'response',
  'prompt_tokens',
  'response_tokens',
  'response_bytes',
  'nll_sum',
  'perplexity',
  'bits_per_byte',
  'eos',
  'likeliest_tokens',
  'truncated',
] as const;

/** Of the same answer after examples of the model's own style; its prompt holds them. */
const STYLE_COLUMNS = [
  'in_style_prompt_tokens',
  'in_style_response_tokens',
  'in_style_nll_sum',
  'in_style_perplexity',
  'in_style_truncated',
] as const;

/** One line for each measured answer. */
export function familiarityCsv(familiarity: FamiliarityState): string {
  const columns = familiarity.styled.kind === 'ready' ? [...COLUMNS, ...STYLE_COLUMNS] : COLUMNS;
  return csvOf(columns, familiarity.sets.flatMap(records));
}

/** As the measure command writes it, with the questions and the settings. */
export function familiarityJson(familiarity: FamiliarityState): string {
  const sets = familiarity.sets.map((one) => [
    one.set.name,
    {
      rows: records(one),
      ...averagesOf(one.measured, familiarity.eos),
      ...(one.inStyle && { in_style: averagesOf(one.inStyle.measured, familiarity.eos) }),
      bits_per_byte: bitsPerByte(one.measured),
    },
  ]);
  const content = {
    measured_with: familiarity.measuredWith,
    end_token: familiarity.eos,
    ...(familiarity.styled.kind === 'ready' && {
      style_examples: familiarity.style.settings.styleExamples,
    }),
    sets: Object.fromEntries(sets) as unknown,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function averagesOf(rows: readonly RowFamiliarity[], eos: EosPolicy): Record<string, number> {
  return Object.fromEntries(
    perplexityMeans.map((kind) => [kind.replace('-', '_'), averagePerplexity(rows, kind, eos)]),
  );
}

function records({ set, rows, inStyle }: SetScores) {
  return rows.flatMap((numbers, i) => {
    const row = set.rows[i];
    const styled = inStyle?.rows[i];
    if (numbers === undefined || row === undefined) return [];
    return [
      {
        set: set.name,
        id: row.id,
        question: row.messages === undefined ? row.question : transcript(row),
        response: row.response,
        prompt_tokens: numbers.promptTokens,
        response_tokens: numbers.responseTokens,
        response_bytes: numbers.responseBytes,
        nll_sum: numbers.nllSum,
        perplexity: numbers.perplexity,
        bits_per_byte: bitsPerByte([numbers]),
        eos: numbers.eos,
        likeliest_tokens: numbers.likeliest,
        truncated: numbers.truncated,
        ...(styled && {
          in_style_prompt_tokens: styled.promptTokens,
          in_style_response_tokens: styled.responseTokens,
          in_style_nll_sum: styled.nllSum,
          in_style_perplexity: styled.perplexity,
          in_style_truncated: styled.truncated,
        }),
      },
    ];
  });
}

/** The command that gives the same numbers without a browser. */
export function measureCommand(
  made: MeasuredWith,
  sets: readonly AnswerSet[],
  styleExamples?: number,
): string {
  const files = sets.map(({ set, example }) =>
    quoted(example ? `public/data/${set.id}.jsonl` : `${set.name}.jsonl`),
  );
  const parts = [
    'npm run measure --',
    `--model ${quoted(made.modelId)}`,
    `--responses ${files.join(' ')}`,
    `--encoding ${made.familiarity.encoding}`,
    `--loss-on ${made.familiarity.lossOn}`,
    `--max-length ${made.familiarity.maxLength}`,
    ...(styleExamples === undefined ? [] : [`--style-examples ${styleExamples}`]),
  ];
  return parts.join(' \\\n  ');
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
