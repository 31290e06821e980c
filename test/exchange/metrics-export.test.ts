import { describe, expect, it } from 'vitest';
import {
  logHistory,
  logsToCsv,
  logToJsonLines,
  trainerState,
} from '../../src/exchange/metrics-export.ts';
import { parseTable } from '../../src/exchange/read-table.ts';
import { ColumnLog } from '../../src/metrics/column-log.ts';
import type { StepReport } from '../../src/metrics/step-report.ts';
import { stepColumns } from '../../src/metrics/step-report.ts';

const report = (step: number, rest: Partial<StepReport>): StepReport => ({
  step,
  totalSteps: 20,
  epoch: step / 10,
  tokensSeen: 100 * step,
  examplesSeen: 8 * step,
  loss: NaN,
  gradientNorm: 0.5,
  learningRate: 1e-4,
  tokensPerSecond: 300,
  secondsLeft: 20 - step,
  memoryBytes: 1e6,
  elapsedSeconds: step,
  ...rest,
});

const log = new ColumnLog(stepColumns);
log.append(report(0, { validationLoss: 3 }));
log.append(report(5, { loss: 2 }));
log.append(report(10, { loss: Infinity }));
log.append(report(20, { loss: 1, validationLoss: 1.5, validationAccuracy: 0.6 }));

const facts = { trainBatchSize: 4, epochs: 2, loggingSteps: 5, evalSteps: 20, saveSteps: 20 };

describe('log history', () => {
  it('has a row for training and one for validation, with Trainer’s names', () => {
    expect(logHistory(log)).toEqual([
      { step: 0, epoch: 0, eval_loss: 3 },
      { step: 5, epoch: 0.5, loss: 2, grad_norm: 0.5, learning_rate: 1e-4, num_tokens: 500 },
      { step: 10, epoch: 1, loss: null, grad_norm: 0.5, learning_rate: 1e-4, num_tokens: 1000 },
      { step: 20, epoch: 2, loss: 1, grad_norm: 0.5, learning_rate: 1e-4, num_tokens: 2000 },
      { step: 20, epoch: 2, eval_loss: 1.5, eval_mean_token_accuracy: 0.6 },
    ]);
  });
});

describe('trainer state', () => {
  it('holds every field Trainer writes, and is valid JSON', () => {
    const state = JSON.parse(JSON.stringify(trainerState(log, facts))) as Record<string, unknown>;
    expect(Object.keys(state).sort()).toEqual(
      [
        'epoch global_step max_steps logging_steps eval_steps save_steps train_batch_size',
        'num_train_epochs num_input_tokens_seen total_flos log_history best_metric',
        'best_global_step best_model_checkpoint is_local_process_zero is_world_process_zero',
        'is_hyper_param_search trial_name trial_params stateful_callbacks',
      ]
        .join(' ')
        .split(' ')
        .sort(),
    );
    expect(state).toMatchObject({ global_step: 20, max_steps: 20, epoch: 2, best_metric: null });
  });

  it('closes with the run’s totals once it is done, the loss weighted by steps', () => {
    const done = new ColumnLog(stepColumns);
    done.append(report(5, { loss: 2 }));
    done.append(report(20, { loss: 1 }));
    const history = (of: typeof done) => trainerState(of, facts)['log_history'] as object[];
    expect(history(done).at(-1)).toEqual({
      step: 20,
      epoch: 2,
      train_runtime: 20,
      train_samples_per_second: 8,
      train_steps_per_second: 1,
      total_flos: 0,
      train_loss: (5 * 2 + 15 * 1) / 20,
    });
    const half = new ColumnLog(stepColumns);
    half.append(report(5, { loss: 2 }));
    expect(history(half)).toHaveLength(1);
    expect(history(new ColumnLog(stepColumns))).toEqual([]);
  });
});

describe('JSON lines', () => {
  it('use tracker keys, leave out what a step lacks, and show a lost loss as null', () => {
    const rows = logToJsonLines(log)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows[0]).toMatchObject({ step: 0, 'eval/loss': 3 });
    expect(rows[0]).not.toHaveProperty('train/loss');
    expect(rows[2]).toMatchObject({ step: 10, 'train/loss': null, 'train/learning_rate': 1e-4 });
    expect(rows[1]).not.toHaveProperty('eval/loss');
    expect(rows[3]).toMatchObject({ 'eval/loss': 1.5, 'eval/mean_token_accuracy': 0.6 });
  });
});

describe('CSV', () => {
  it('stacks runs and reads back', () => {
    const csv = logsToCsv([
      { name: 'a, first', log },
      { name: 'b', log },
    ]);
    const table = parseTable(csv, 'log.csv');
    expect(table.columns).toEqual(['run', ...stepColumns]);
    expect(table.rows).toHaveLength(8);
    expect(table.rows[1]!.values).toMatchObject({
      run: 'a, first',
      step: '5',
      loss: '2',
      validationLoss: '',
    });
    expect(table.rows[6]!.values).toMatchObject({ run: 'b', loss: 'Infinity' });
  });
});
