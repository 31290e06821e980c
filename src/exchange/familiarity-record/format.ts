/** What names a familiarity record; apart from its schema, which only readers load. */
import type { PerplexityMean } from '../../familiarity/aggregate.ts';

export const RECORD_FORMAT = 'idiolect-familiarity';
export const RECORD_VERSION = 1;

/** The averages by their names in a record. */
export const averageNames = {
  median: 'median',
  geometric: 'geometric_mean',
  'token-weighted': 'token_weighted',
  arithmetic: 'arithmetic_mean',
} as const satisfies Record<PerplexityMean, string>;
