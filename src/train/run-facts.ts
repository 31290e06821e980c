/** What decides a run's numbers, and whether a checkpoint may be gone on from with the facts of now. */
import { loraFields } from '../lora/config.ts';
import type { Field } from '../fields.ts';
import { trainingFields } from './config.ts';
import { notice, type Notice } from '../notices.ts';

/** One plain fact a name. */
export type RunFacts = Readonly<Record<string, string | number | boolean>>;

export interface ComparedFacts {
  /** One sentence for each fact that makes it another run. */
  problems: string[];
  /** What is different and allowed, and what it does to the numbers; empty beside problems. */
  notices: Notice[];
}

/** The engine, and how a step is cut to fit it: sums in another order, the same mathematics. */
const ROUNDING = ['engine', 'recomputes_activations', 'tokens_per_micro_batch'];
const ENGINES: Record<string, string> = {
  webgpu: 'WebGPU',
  wasm: 'the CPU engine',
  cpu: 'plain JavaScript',
};

export function compareFacts(saved: RunFacts, now: RunFacts): ComparedFacts {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(now)])].filter(
    (name) => saved[name] !== now[name] && !isSameWeights(name, saved, now),
  );
  const problems = names
    .filter((name) => !ROUNDING.includes(name) && !isLaterDefault(name, saved, now))
    .map(
      (name) =>
        `${name}: ${shownValue(saved[name])} in the checkpoint, ${shownValue(now[name])} now.`,
    );
  const engines = [saved['engine'], now['engine']];
  const moved = engines.every((name) => name !== undefined) && engines[0] !== engines[1];
  const cut = names.some((name) => name !== 'engine' && ROUNDING.includes(name));
  if (problems.length > 0 || (!moved && !cut)) return { problems, notices: [] };
  const what = moved
    ? `The run was begun on ${engineWords(engines[0])} and goes on on ${engineWords(engines[1])}`
    : 'The run goes on with other batches in memory than it was begun with';
  // Each micro-batch draws its own.
  const dropped = Number(now['dropout'] ?? 0) > 0 ? ', and dropout may fall elsewhere' : '';
  return {
    problems,
    notices: [
      notice(
        'info',
        `${what}: from here on its numbers may differ in the last digits from a run that was not moved${dropped}.`,
      ),
    ],
  };
}

/** A setting that the checkpoint's version did not have yet: its default means "as before". */
function isLaterDefault(name: string, saved: RunFacts, now: RunFacts): boolean {
  const fields: Record<string, Field | undefined> = { ...trainingFields, ...loraFields };
  return saved[name] === undefined && now[name] === fields[name]?.default;
}

/** 16-bit weights are widened without rounding, so that an engine may hold either. */
function isSameWeights(name: string, saved: RunFacts, now: RunFacts): boolean {
  const exact = [saved[name], now[name]].every((format) =>
    ['f32', 'f16', 'bf16'].includes(String(format)),
  );
  return name === 'weight_format' && exact;
}

function shownValue(value: RunFacts[string] | undefined): string {
  return value === undefined ? 'nothing' : String(value).slice(0, 80);
}

function engineWords(name: RunFacts[string] | undefined): string {
  return ENGINES[String(name)] ?? String(name);
}
