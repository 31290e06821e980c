/** One training run on the open model: checkpoints kept as it goes, reports awaited by the page. */
import type { EngineReport } from '../src/engine/config.ts';
import { noticesOf } from '../src/data/response-set.ts';
import type { Host } from '../src/host.ts';
import type { LoraAdapter } from '../src/lora/adapter.ts';
import type { OpenModel } from '../src/workflows/open/open-model.ts';
import { runManifest } from '../src/workflows/train/run-manifest.ts';
import { checkedRun } from '../src/workflows/train/checked-run.ts';
import { prepareRun, type RunPlan } from '../src/workflows/train/training-run.ts';
import type { RunStore } from '../src/storage/run-store.ts';
import type { Checkpoint } from '../src/train/checkpoint.ts';
import {
  CHECKPOINT_FILE,
  CHECKPOINT_SECONDS,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../src/train/checkpoint-file.ts';
import type { Checkpoints } from '../src/train/train.ts';
import type { TrainEvent, TrainRequest, TrainSummary } from './protocol.ts';
import { notice, type Notice } from '../src/notices.ts';

const NO_CHECKPOINT =
  'The run was interrupted before its first checkpoint, so that it begins at its first step.';

export interface RunPlace {
  opened: OpenModel;
  engine: EngineReport;
  plan: RunPlan;
  store: RunStore;
  host: Host;
  /** Takes the trained adapter over. */
  keep: (adapter: LoraAdapter) => void;
}

export async function trainRun(
  { opened, engine, plan, store, host, keep }: RunPlace,
  request: TrainRequest,
  report: (event: TrainEvent) => Promise<void>,
): Promise<TrainSummary> {
  const notices = [...noticesOf(request.set), ...plan.notices];
  if (store.refused !== undefined) notices.push(notice('info', store.refused));
  const tell = async (one: Notice) => report({ kind: 'notice', notice: one });
  const tellAll = async (all: readonly Notice[]) => {
    for (const one of all) await tell(one);
  };
  await tellAll(notices);
  const { runId, training } = request;
  const from = request.resume ? await readCheckpoint(store, runId) : undefined;
  await tellAll(store.takeNotices());
  if (request.resume && !from) await tell(notice('info', NO_CHECKPOINT));
  const { job, adapter } = await prepareRun(opened, request, plan);
  const checkpoints: Checkpoints<Checkpoint> = {
    everySeconds: CHECKPOINT_SECONDS,
    save: async (checkpoint) => {
      const began = host.now();
      await store.write(runId, CHECKPOINT_FILE, await encodeCheckpoint(checkpoint));
      // Also when the browser refuses files: the store keeps them in memory and says so.
      await tellAll(store.takeNotices());
      const seconds = (host.now() - began) / 1000;
      await report({ kind: 'checkpoint', step: checkpoint.progress.step, seconds });
    },
  };
  let kept = false;
  // The page draws one report while the next step is computed.
  let drawn = Promise.resolve();
  try {
    const run = { opened, prompt: request.prompt, job, questions: plan.questions };
    const result = await checkedRun(run, {
      host,
      checkpoints,
      resumeFrom: from,
      notice: tell,
      begun: (history) => report({ kind: 'begun', step: from?.progress.step ?? 0, history }),
      report: async (step) => {
        await drawn;
        drawn = report({ kind: 'step', report: step });
        // Awaited with the next step; until then nobody looks.
        drawn.catch(() => undefined);
      },
      checked: async (check) => {
        await drawn;
        await report({ kind: 'check', check });
      },
    });
    await drawn;
    if (adapter) {
      keep(adapter);
      kept = true;
    }
    return {
      runId,
      outcome: result.outcome,
      step: result.progress.step,
      steps: training.steps,
      seconds: result.progress.elapsedSeconds,
      trainableParameters: plan.trainableParameters,
      validationBefore: result.progress.validationBefore,
      validationAfter: result.progress.validationAfter,
      engine: engine.name,
      adapterId: adapter && runId,
      manifest: await runManifest(opened, engine, request, plan, job.facts, result),
    };
  } finally {
    if (!kept) adapter?.dispose();
    await drawn;
  }
}

/**
 * The run's last checkpoint; undefined when it was interrupted before the first.
 * @throws DataError, StorageError for one that is damaged
 */
export async function readCheckpoint(
  store: RunStore,
  runId: string,
): Promise<Checkpoint | undefined> {
  const saved = await store.read(runId, CHECKPOINT_FILE);
  return saved && decodeCheckpoint(CHECKPOINT_FILE, saved);
}
