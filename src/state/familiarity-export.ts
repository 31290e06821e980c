/** Measured familiarity as files: every row, every average, and what it was measured with. */
import { averagePerplexity, bitsPerByte, perplexityMeans } from '../familiarity/aggregate.ts';
import type { AnswerSet } from './answers.svelte.ts';
import { csvOf } from './export.ts';
import type { FamiliarityState, MeasuredWith } from './familiarity.svelte.ts';
import type { MeasuredSet } from './measured-set.ts';

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

/** One line for each measured answer. */
export function familiarityCsv(familiarity: FamiliarityState): string {
  return csvOf(COLUMNS, familiarity.sets.flatMap(records));
}

/** As the measure command writes it, with the questions and the settings. */
export function familiarityJson(familiarity: FamiliarityState): string {
  const sets = familiarity.sets.map((one) => [
    one.set.name,
    {
      rows: records(one),
      ...Object.fromEntries(
        perplexityMeans.map((kind) => [
          kind.replace('-', '_'),
          averagePerplexity(one.measured, kind, familiarity.eos),
        ]),
      ),
      bits_per_byte: bitsPerByte(one.measured),
    },
  ]);
  const content = {
    measured_with: familiarity.measuredWith,
    end_token: familiarity.eos,
    sets: Object.fromEntries(sets) as unknown,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function records({ set, rows }: MeasuredSet) {
  return rows.flatMap((numbers, i) => {
    const row = set.rows[i];
    if (numbers === undefined || row === undefined) return [];
    return [
      {
        set: set.name,
        id: row.id,
        question: row.question,
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
      },
    ];
  });
}

/** The command that gives the same numbers without a browser. */
export function measureCommand(made: MeasuredWith, sets: readonly AnswerSet[]): string {
  const files = sets.map(({ set, example }) =>
    quoted(example ? `public/data/${set.id}.jsonl` : `${set.name}.jsonl`),
  );
  const parts = [
    'npm run measure --',
    `--model ${quoted(made.modelId)}`,
    `--responses ${files.join(' ')}`,
    `--encoding ${made.familiarity.encoding}`,
    `--max-length ${made.familiarity.maxLength}`,
  ];
  return parts.join(' \\\n  ');
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
