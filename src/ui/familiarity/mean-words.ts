/** The averages of perplexity in a student's words and in the field's. */
import type { PerplexityMean } from '../../familiarity/aggregate.ts';

export const meanWords: Readonly<Record<PerplexityMean, { label: string; help: string }>> = {
  median: {
    label: 'median',
    help: 'Median of the answers’ perplexities: half of the answers lie below it. No outlier moves it.',
  },
  geometric: {
    label: 'geometric mean',
    help: 'exp of the mean over answers of nats per token: the average on the log axis, each answer counted once.',
  },
  'token-weighted': {
    label: 'token-weighted mean',
    help: 'exp(Σ NLL / Σ tokens): each token counted once, so long answers weigh more. It is exp of the validation loss before training.',
  },
  arithmetic: {
    label: 'arithmetic mean',
    help: 'Mean of the answers’ perplexities, as the study’s authors, HF evaluate and LLaMA-Factory report it. A single outlier can carry it.',
  },
};
