/**
 * Proof by faults: the same sequence of operations again and again, each time with another call of the
 * file system failing in another way, or the process ending there; then a fresh look at what is left.
 */
import { IdiolectError } from '../../src/errors.ts';
import { Plan, type Fault } from './plan.ts';
import { afterCrash, FolderNode, WRECKS } from './tree.ts';

/** What a sequence did. Operations are named by the person who writes it. */
export interface Trace {
  /** In their order, whether they succeeded or not. */
  readonly tried: string[];
  /** Those that returned: what they did must be there. */
  readonly done: string[];
  /**
   * Does one operation. An error that a person may meet is noted and the sequence goes on; any other
   * is a failure of the trial.
   */
  step(name: string, work: () => Promise<void>): Promise<void>;
}

export interface Campaign {
  faults: readonly Fault[];
  /** Operations on an empty tree, or on what `prepare` made. */
  sequence(root: FolderNode, plan: Plan, trace: Trace): Promise<void>;
  /** Opens what is left with a file system without faults and throws for what is not as it must be. */
  check(root: FolderNode, trace: Trace): Promise<void>;
  /** Whether an error is one that a person may meet; errors of ours without it. */
  plain?(error: unknown): boolean;
  /** What is there before, durably. */
  prepare?(root: FolderNode): Promise<void>;
}

export interface Tally {
  /** Calls of the sequence without a fault: places where it can fail. */
  points: number;
  /** Trials in which a call failed. */
  failures: number;
  /** Trials in which the process ended, each with one way for the disk to be left. */
  crashes: number;
}

/** @throws with the fault, the call and the wreck in the message when a check fails */
export async function everyFault(campaign: Campaign): Promise<Tally> {
  const tally: Tally = { points: 0, failures: 0, crashes: 0 };
  const smooth = await trial(campaign, new Plan());
  await within('without a fault', () => campaign.check(smooth.root, smooth.trace));
  if (smooth.trace.done.length < smooth.trace.tried.length) {
    throw new Error(`without a fault: only ${smooth.trace.done.join(', ')} were done`);
  }
  tally.points = smooth.plan.calls;
  for (const fault of campaign.faults) {
    for (let at = 1; await everyWreck(campaign, fault, at, tally); at++);
  }
  return tally;
}

/** @returns false when the sequence ends before that call */
async function everyWreck(
  campaign: Campaign,
  fault: Fault,
  at: number,
  tally: Tally,
): Promise<boolean> {
  for (const wreck of fault === 'crash' ? WRECKS : [undefined]) {
    const where = `${fault} at call ${at}${wreck ? `, then ${JSON.stringify(wreck)}` : ''}`;
    const hit = await within(where, async () => {
      const { root, plan, trace } = await trial(campaign, new Plan(at, fault));
      if (plan.hit) await campaign.check(wreck ? afterCrash(root, wreck) : root, trace);
      return plan.hit;
    });
    if (!hit) return false;
    if (wreck) tally.crashes++;
    else tally.failures++;
  }
  return true;
}

async function trial(
  campaign: Campaign,
  plan: Plan,
): Promise<{ root: FolderNode; plan: Plan; trace: Trace }> {
  const root = new FolderNode();
  await campaign.prepare?.(root);
  const trace: Trace = {
    tried: [],
    done: [],
    async step(name, work) {
      // Nothing is begun after the end of the process.
      if (ended(plan)) return;
      trace.tried.push(name);
      try {
        await work();
        if (!ended(plan)) trace.done.push(name);
      } catch (error) {
        const plain = campaign.plain?.(error) ?? error instanceof IdiolectError;
        if (!ended(plan) && !plain) throw error;
      }
    },
  };
  try {
    await campaign.sequence(root, plan, trace);
  } catch (error) {
    if (!ended(plan)) throw new Error(`a raw error: ${String(error)}`, { cause: error });
  }
  return { root, plan, trace };
}

async function within<Value>(where: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

const ended = ({ crashed }: Plan): boolean => crashed;

/** For sequences that write one thing again and again: the last that was done, or one tried after it. */
export function assertLastOrLater(found: string | undefined, { tried, done }: Trace): void {
  const least = done.length === 0 ? -1 : tried.lastIndexOf(done.at(-1)!);
  const at = found === undefined ? -1 : tried.lastIndexOf(found);
  if (found !== undefined && at < 0) throw new Error(`"${found}" was never written`);
  if (at < least)
    throw new Error(`"${done.at(-1)}" was acknowledged, and ${found ?? 'nothing'} is there`);
}
