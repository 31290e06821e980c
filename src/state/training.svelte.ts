/** The training form, the plan it leads to, and runs one after another. */
import type { TrainEvent, TrainingPlan, TrainRequest } from '../../workers/protocol.ts';
import { defaultsOf, problemsOf } from '../fields.ts';
import { loraFields, type LoraSettings } from '../lora/config.ts';
import { trainingFields, type TrainingSettings } from '../train/config.ts';
import { asError, Job } from './job.svelte.ts';
import type { Lab } from './lab.svelte.ts';
import type { Run } from './runs.svelte.ts';

export class TrainingState {
  lora = $state<LoraSettings>(defaultsOf(loraFields));
  training = $state<TrainingSettings>(defaultsOf(trainingFields));
  /** Sets to train on, one run each; undefined until chosen by hand. */
  chosen = $state.raw<readonly string[] | undefined>();
  plan = $state.raw<TrainingPlan | undefined>();
  notices = $state.raw<readonly string[]>([]);
  readonly job: Job;
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.job = new Job(lab.activity, lab.client, { name: 'Training', guarded: true });
  }

  /** The chosen sets; by default the first two, so that there is something to compare. */
  readonly setIds = $derived.by((): readonly string[] => {
    const there = this.#lab.answers.included.map(({ id }) => id);
    return (this.chosen ?? there.slice(0, 2)).filter((id) => there.includes(id));
  });

  readonly problems = $derived([
    ...problemsOf(loraFields, this.lora),
    ...problemsOf(trainingFields, this.training),
  ]);

  /** The values in force, as the fold says them. */
  readonly inForce = $derived(
    `rank ${this.lora.rank} · lr ${this.training.learningRate} · ${this.training.steps} steps of ${this.training.batchSize}`,
  );

  readonly toggleSet = (id: string): void => {
    const next = new Set(this.setIds);
    if (!next.delete(id)) next.add(id);
    this.chosen = [...next];
  };

  /** Trains on every chosen set in turn. */
  readonly start = async (): Promise<void> => {
    const sets = this.#lab.answers.included.filter(({ id }) => this.setIds.includes(id));
    await this.job.run(this.#first(0), async () => {
      for (const [index, set] of sets.entries()) {
        const slot = this.#lab.answers.sets.find((entry) => entry.set.id === set.id)?.slot ?? 0;
        const id = `${new Date().toISOString().replace(/[:.]/g, '-')}-${index}`;
        const request = this.#request(id, set.id, false);
        this.plan = await this.#lab.client.api.planTraining(request);
        // A stop asked while planning would otherwise be forgotten by the next call.
        if (this.job.status.kind === 'stopping') return;
        await this.#lab.runs.begin({
          id,
          name: set.name,
          setId: set.id,
          setName: set.name,
          slot,
          modelId: this.#lab.model.summary?.id ?? '',
          lora: request.lora,
          training: request.training,
          startedAt: new Date().toISOString(),
          status: 'running',
        });
        if ((await this.#run(request, index, sets.length)) === 'stopped') return;
      }
    });
  };

  /** Goes on from a run's last checkpoint. */
  readonly resume = async (run: Run): Promise<void> => {
    this.lora = { ...run.lora };
    this.training = { ...run.training };
    await this.job.run(this.#first(0), async () => {
      const found = await this.#lab.client.api.resumableRuns();
      const step = found.find(({ runId }) => runId === run.id)?.step ?? 0;
      this.#lab.runs.goOn(run.id, step);
      await this.#run(this.#request(run.id, run.setId, step > 0), 0, 1);
    });
  };

  #first(done: number) {
    return { done, total: this.training.steps, unit: 'steps' };
  }

  #request(runId: string, setId: string, resume: boolean): TrainRequest {
    const { answers } = this.#lab;
    const set = answers.included.find(({ id }) => id === setId)!;
    return $state.snapshot({
      runId,
      set,
      ...(answers.heldOut && { validation: answers.heldOut }),
      prompt: answers.prompt,
      encoding: answers.encoding,
      lora: this.lora,
      training: this.training,
      resume,
    });
  }

  async #run(request: TrainRequest, index: number, count: number): Promise<'finished' | 'stopped'> {
    const { runs, client } = this.#lab;
    const { runId, training } = request;
    this.notices = [];
    const report = async (event: TrainEvent): Promise<void> => {
      if (event.kind === 'notice') this.notices = [...this.notices, event.text];
      if (event.kind !== 'step') return;
      const { step, tokensPerSecond, secondsLeft } = event.report;
      this.job.tell({
        done: index * training.steps + step,
        total: count * training.steps,
        unit: 'steps',
        rate: tokensPerSecond,
        rateUnit: 'tokens',
        ...(Number.isFinite(secondsLeft) && {
          secondsLeft:
            secondsLeft *
            (1 + (count - index - 1) * (training.steps / Math.max(1, training.steps - step))),
        }),
      });
      await runs.append(runId, event.report);
    };
    try {
      const summary = await client.api.train(request, report);
      await runs.end(runId, { status: summary.outcome, manifest: summary.manifest });
      return summary.outcome;
    } catch (error) {
      await runs.end(runId, { status: 'failed', failure: asError(error).message });
      throw error;
    }
  }
}
