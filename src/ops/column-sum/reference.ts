/** Column sums from stock tfjs ops. */
import { sum } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import type { ColumnSum } from './column-sum.ts';

export const columnSum: Reference<ColumnSum> = ({ x }) => ({ y: sum(x, 0) });
