/**
 * A run's log in the forms other tools read: `log_history` rows and `trainer_state.json` as Trainer
 * writes them, JSON lines with `train/…` and `eval/…` keys as experiment trackers take them, and CSV.
 */
import { stepColumns, type StepColumn, type StepLog } from '../metrics/step-report.ts';
import type { CellRecord } from './write-table.ts';
import { tableToCsv } from './write-table.ts';

/** A row of `log_history`; null stands for a value that was not a number. */
export type LogRow = Record<string, number | null>;

/** What the log alone does not know about a run. */
export interface TrainerStateFacts {
  trainBatchSize: number;
  epochs: number;
  loggingSteps: number;
  evalSteps: number;
  saveSteps: number;
  bestCheckpoint?: { step: number; validationLoss: number; path: string };
}

/** One row for training and one for validation at each step that has them, keys as in Trainer. */
export function logHistory(log: StepLog): LogRow[] {
  const rows: LogRow[] = [];
  for (let i = 0; i < log.length; i++) {
    const step = log.at('step', i);
    const at = { step, epoch: log.at('epoch', i) };
    if (step > 0) {
      rows.push({
        ...at,
        loss: jsonNumber(log.at('loss', i)),
        grad_norm: jsonNumber(log.at('gradientNorm', i)),
        learning_rate: jsonNumber(log.at('learningRate', i)),
        num_tokens: log.at('tokensSeen', i),
      });
    }
    const validation = log.at('validationLoss', i);
    if (Number.isNaN(validation)) continue;
    const accuracy = log.at('validationAccuracy', i);
    rows.push({
      ...at,
      eval_loss: jsonNumber(validation),
      ...(!Number.isNaN(accuracy) && { eval_mean_token_accuracy: accuracy }),
    });
  }
  return rows;
}

/** The content of `trainer_state.json`; fields without a meaning here have Trainer's defaults. */
export function trainerState(log: StepLog, run: TrainerStateFacts): Record<string, unknown> {
  const last = log.length - 1;
  const history = logHistory(log);
  const end = historyEnd(log);
  return {
    best_global_step: run.bestCheckpoint?.step ?? null,
    best_metric: run.bestCheckpoint?.validationLoss ?? null,
    best_model_checkpoint: run.bestCheckpoint?.path ?? null,
    epoch: last < 0 ? 0 : log.at('epoch', last),
    eval_steps: run.evalSteps,
    global_step: last < 0 ? 0 : log.at('step', last),
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: end === undefined ? history : [...history, end],
    logging_steps: run.loggingSteps,
    max_steps: last < 0 ? 0 : log.at('totalSteps', last),
    num_input_tokens_seen: last < 0 ? 0 : log.at('tokensSeen', last),
    num_train_epochs: run.epochs,
    save_steps: run.saveSteps,
    stateful_callbacks: {},
    total_flos: 0,
    train_batch_size: run.trainBatchSize,
    trial_name: null,
    trial_params: null,
  };
}

/** Trainer's closing row, once the last step is done. */
function historyEnd(log: StepLog): LogRow | undefined {
  const last = log.length - 1;
  const step = log.at('step', last);
  const seconds = log.at('elapsedSeconds', last);
  if (!(step > 0 && step >= log.at('totalSteps', last) && seconds > 0)) return undefined;
  return {
    step,
    epoch: log.at('epoch', last),
    train_runtime: seconds,
    train_samples_per_second: log.at('examplesSeen', last) / seconds,
    train_steps_per_second: step / seconds,
    total_flos: 0,
    train_loss: jsonNumber(meanLoss(log)),
  };
}

/** Mean of the reported losses, each weighted by the steps it covers. */
function meanLoss(log: StepLog): number {
  let sum = 0;
  let before = 0;
  for (let i = 0; i < log.length; i++) {
    const steps = log.at('step', i) - before;
    if (steps > 0) sum += log.at('loss', i) * steps;
    before = log.at('step', i);
  }
  return sum / before;
}

const trackerKeys: Partial<Record<StepColumn, string>> = {
  epoch: 'train/epoch',
  loss: 'train/loss',
  gradientNorm: 'train/grad_norm',
  learningRate: 'train/learning_rate',
  tokensSeen: 'train/num_tokens',
  tokensPerSecond: 'train/tokens_per_second',
  validationLoss: 'eval/loss',
  validationAccuracy: 'eval/mean_token_accuracy',
};

/** One JSON object a line: `{"step":…,"train/loss":…}`; what a step does not have is left out. */
export function logToJsonLines(log: StepLog): string {
  const lines: string[] = [];
  for (let i = 0; i < log.length; i++) {
    const row: LogRow = { step: log.at('step', i) };
    for (const [column, key] of Object.entries(trackerKeys) as [StepColumn, string][]) {
      const value = log.at(column, i);
      const missing = Number.isNaN(value) && (column !== 'loss' || row['step'] === 0);
      if (!missing) row[key] = jsonNumber(value);
    }
    lines.push(`${JSON.stringify(row)}\n`);
  }
  return lines.join('');
}

/** Runs below each other as CSV: a column with the run's name, then every column of the log. */
export function logsToCsv(runs: readonly { name: string; log: StepLog }[]): string {
  const records = runs.flatMap(({ name, log }) =>
    Array.from({ length: log.length }, (_, i): CellRecord => {
      const cells = stepColumns.map((column): [string, number | undefined] => {
        const value = log.at(column, i);
        return [column, Number.isNaN(value) && column !== 'loss' ? undefined : value];
      });
      return { run: name, ...Object.fromEntries(cells) };
    }),
  );
  return tableToCsv(['run', ...stepColumns], records);
}

/** NaN and infinity are no JSON; null is. */
function jsonNumber(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
