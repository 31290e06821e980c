/** Plans of runs, kept from asking what a run will cost until it is started: a set is encoded once. */
import { sha256Of } from '../src/storage/sha256.ts';
import type { OpenModel } from '../src/workflows/open/open-model.ts';
import { planRun, type RunPlan, type RunRequest } from '../src/workflows/train/training-run.ts';

/** As many as a click starts, mostly. */
const KEPT = 8;

export class PlannedRuns {
  readonly #plans = new Map<string, RunPlan>();

  async plan(opened: OpenModel, request: RunRequest, memoryBytes: number): Promise<RunPlan> {
    const { set, validation, prompt, encoding, lora, training, checks } = request;
    const run = [set, validation, prompt, encoding, lora, training, checks];
    const place = [opened.id, opened.filesHash, opened.model.parameters.length, memoryBytes];
    const key = await sha256Of(JSON.stringify([place, run]));
    const plan = this.#plans.get(key) ?? planRun(opened, request, memoryBytes);
    // The latest last: the first one goes.
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    for (const oldest of [...this.#plans.keys()].slice(0, -KEPT)) this.#plans.delete(oldest);
    return plan;
  }
}
