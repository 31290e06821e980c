/**
 * Results of the authors’ 7B- to 13B-parameter models, recomputed from the files they released, to
 * be read beside an experiment’s own. Rows in which the claim fails are here with the others.
 */

export const authors = {
  paper: {
    title: 'I Learn Better If You Speak My Language (Ren, Wu, Liu; EMNLP 2024, main.571)',
    url: 'https://arxiv.org/abs/2402.11192',
  },
  followUp: {
    title: 'SPPL (arXiv 2502.11779), the same group’s follow-up',
    url: 'https://arxiv.org/abs/2502.11779',
  },
  label: '7B-scale models, from the authors’ data; not this lab’s result',
  note: 'Recomputed from the files that the authors released with the paper and its follow-up; the papers’ printed tables are not quoted. Accuracies are the follow-up’s runs, whose GPT-4 and target models are partly others than the paper’s. Perplexities depend on the tokenizer: compare within a row.',
} as const;

/**
 * Median perplexity of 1000 answers (HumanEval 164, MBPP 374) before any fine-tuning; undefined where
 * the files give none. “Own” and “other’s” are minimum-change sets made from the scoring model and from
 * the other one.
 */
export const perplexityColumns = [
  'human',
  'GPT-4',
  'Claude 3.5',
  'paraphrase of GPT-4',
  'own, minimum change',
  'other’s, minimum change',
] as const;

export interface AuthorsPerplexity {
  task: string;
  model: 'Mistral-7B-Instruct' | 'Llama-2-13B-chat';
  medians: readonly (number | undefined)[];
}

const mistral = 'Mistral-7B-Instruct';
const llama = 'Llama-2-13B-chat';

export const perplexities: readonly AuthorsPerplexity[] = [
  { task: 'GSM8K', model: mistral, medians: [undefined, undefined, 2.03, 4.96, 1.62, 2.61498] },
  { task: 'GSM8K', model: llama, medians: [undefined, undefined, 2.13, 3.83, 1.75, undefined] },
  { task: 'MATH-algebra', model: mistral, medians: [4.62, 2.06, 2.02, 3.34, 1.6645, 2.23] },
  { task: 'MATH-algebra', model: llama, medians: [4.53, 2.45, 2.3648, 3.48, 2.13, 2.39] },
  { task: 'ECQA', model: mistral, medians: [38.87, 5.81, 3.7247, 9.88, 3.3152, 4.34] },
  { task: 'ECQA', model: llama, medians: [11.15, 5.15, 3.63, 7.34, 3.51, 5.14] },
  { task: 'HumanEval', model: mistral, medians: [4.47, 3.46, undefined, undefined, 1.66, 2.57] },
  { task: 'HumanEval', model: llama, medians: [3.69, 3.08, undefined, undefined, 1.65, 2.17] },
  { task: 'MBPP', model: mistral, medians: [6.43, 2.67, 4.6, undefined, 2.76, 10.92] },
  { task: 'MBPP', model: llama, medians: [4.2, 2.9946, 3.59, undefined, 3.22, 3.46] },
];

/** In-domain accuracy after fine-tuning, percent: mean and deviation of three seeds. */
export const accuracyColumns = [
  'human',
  'GPT-4',
  'Claude',
  'GPT-4 mini',
  'step by step',
  'rewrite of human',
] as const;

export interface AuthorsAccuracy {
  model: 'Mistral-7B-Instruct' | 'Llama-3-8B-Instruct' | 'Qwen2.5-7B-Instruct';
  task: string;
  /** [mean, deviation] */
  percent: readonly (readonly [number, number])[];
}

const row = (
  model: AuthorsAccuracy['model'],
  task: string,
  ...percent: [number, number][]
): AuthorsAccuracy => ({ model, task, percent });

const llama3 = 'Llama-3-8B-Instruct';
const qwen = 'Qwen2.5-7B-Instruct';

// prettier-ignore
export const accuracies: readonly AuthorsAccuracy[] = [
  row(mistral, 'GSM8K', [44.1, 0.2], [62.0, 0.5], [59.2, 1.7], [62.1, 0.6], [62.7, 1.1], [50.5, 0.7]),
  row(mistral, 'MATH-algebra', [20.1, 1.0], [32.0, 0.6], [27.7, 0.2], [30.9, 1.5], [31.8, 0.8], [23.1, 0.9]),
  row(mistral, 'MATH-geometry', [11.4, 1.5], [16.5, 1.5], [15.0, 0.9], [15.8, 1.7], [13.2, 0.6], [13.4, 0.6]),
  row(mistral, 'ECQA', [68.0, 0.9], [70.4, 0.4], [73.5, 1.3], [70.7, 0.4], [70.7, 0.2], [70.4, 0.5]),
  row(mistral, 'MBPP', [34.1, 3.4], [35.3, 1.5], [37.9, 2.1], [35.2, 1.2], [34.3, 1.5], [31.6, 1.6]),
  row(llama3, 'GSM8K', [68.5, 1.0], [81.2, 0.6], [80.0, 1.4], [80.0, 0.9], [79.8, 0.2], [74.4, 1.3]),
  row(llama3, 'MATH-algebra', [40.6, 0.9], [55.8, 0.5], [49.6, 0.8], [54.7, 1.1], [55.9, 0.7], [44.0, 0.8]),
  row(llama3, 'MATH-geometry', [22.8, 1.3], [29.0, 1.9], [25.5, 0.2], [28.0, 0.6], [27.3, 3.2], [26.2, 2.6]),
  row(llama3, 'ECQA', [69.6, 0.9], [73.5, 1.3], [74.7, 1.3], [72.6, 0.7], [72.7, 0.7], [72.1, 1.0]),
  row(llama3, 'MBPP', [43.6, 2.0], [48.3, 0.3], [48.8, 2.7], [48.4, 1.7], [45.8, 0.8], [44.0, 2.1]),
  row(qwen, 'GSM8K', [90.1, 0.5], [89.6, 0.6], [88.9, 1.1], [90.3, 0.2], [89.5, 0.8], [90.4, 0.7]),
  row(qwen, 'MATH-algebra', [90.0, 0.9], [90.4, 1.2], [90.8, 0.7], [90.4, 0.0], [90.7, 0.1], [90.2, 0.5]),
  row(qwen, 'MATH-geometry', [66.9, 1.0], [66.8, 2.1], [65.3, 1.1], [65.8, 0.4], [65.0, 2.8], [66.1, 2.8]),
  row(qwen, 'ECQA', [78.0, 2.0], [79.3, 0.2], [78.8, 0.7], [78.3, 0.6], [78.5, 1.3], [79.2, 0.7]),
  row(qwen, 'MBPP', [60.4, 2.2], [59.8, 1.3], [60.2, 0.7], [63.1, 1.7], [61.6, 1.7], [59.2, 0.7]),
];

/** Mean over 15 cells (five rationale tasks, three models), eight sets each, human answers included. */
export const correlations = {
  cells: 15,
  sets: 8,
  familiarity: 0.331,
  length: 0.356,
  familiarityGivenLength: 0.286,
  lowestCell: -0.38,
  highestCell: 0.97,
} as const;

/** A table of text for page and report. */
export interface AuthorsTable {
  title: string;
  columns: readonly { name: string; words: boolean }[];
  /** The first two cells of a row are words. */
  rows: readonly (readonly string[])[];
}

const columnsOf = (names: readonly string[]) =>
  ['task', 'model', ...names].map((name, i) => ({ name, words: i < 2 }));

export function authorsTables(): AuthorsTable[] {
  return [
    {
      title: 'Median perplexity of the sets before fine-tuning',
      columns: columnsOf(perplexityColumns),
      rows: perplexities.map(({ task, model, medians }) => [
        task,
        model,
        ...medians.map((value) => (value === undefined ? '–' : value.toFixed(2))),
      ]),
    },
    {
      title: 'Accuracy after fine-tuning on each set, percent, mean ± deviation of three seeds',
      columns: columnsOf(accuracyColumns),
      rows: accuracies.map(({ task, model, percent }) => [
        task,
        model,
        ...percent.map(([mean, deviation]) => `${mean.toFixed(1)} ± ${deviation.toFixed(1)}`),
      ]),
    },
  ];
}

/** What the tables say together, the exceptions included. */
export function authorsSentence(): string {
  const lowest = perplexities.filter(({ medians }) => {
    const known = medians.filter((value) => value !== undefined);
    return medians[4] === Math.min(...known);
  }).length;
  const better = accuracies.filter(({ percent }) => percent[1]![0] > percent[0]![0]).length;
  const { cells, sets, familiarity, length, familiarityGivenLength } = correlations;
  const { lowestCell, highestCell } = correlations;
  return `The model’s own minimally changed answers have the lowest median perplexity in ${lowest} of ${perplexities.length} rows (not in MBPP); answers by GPT-4 teach better than human ones in ${better} of ${accuracies.length} rows (hardly at all where Qwen is near its ceiling). Over ${sets} sets, familiarity and accuracy correlate with a mean Spearman ρ of +${familiarity.toFixed(2)} in ${cells} cells (from ${String(lowestCell).replace('-', '−')} to +${highestCell}), length with +${length.toFixed(2)}, familiarity given length +${familiarityGivenLength.toFixed(2)}.`;
}
