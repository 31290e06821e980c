/**
 * What a base model knows before any fine-tuning: for every family, greedy accuracy in its own
 * dialect and in the other one, and how familiar answers in either dialect are.
 */
import { allocatedBytes } from '../engine/memory.ts';
import { askedAlone } from '../data/response-set.ts';
import type { RowFamiliarity } from '../../src/familiarity/config.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { samplingFields } from '../../src/generate/config.ts';
import { generate } from '../../src/generate/generate.ts';
import { measureSets } from '../workflows/measure/measure-sets.ts';
import type { OpenModel } from '../workflows/open/open-model.ts';
import { encodePrompt } from '../../src/tokenizer/encode-pair.ts';
import { createPromptFormat } from '../../src/tokenizer/prompt-format.ts';
import { isCorrect } from '../../src/world/checker.ts';
import type { FamilyRole } from '../../src/world/families.ts';
import type { evaluationLines } from './corpus.ts';

type Line = ReturnType<typeof evaluationLines> extends Generator<infer Item> ? Item : never;

/** One question, answered in both dialects and scored in both. */
export interface BaseRow {
  family: string;
  role: FamilyRole;
  /** Greedy answer right, as the model likes to speak. */
  right: boolean;
  /** Greedy answer right after the first word of an answer in the other dialect. */
  rightCued: boolean;
  /** The line's answer in each dialect under the model. */
  scored: Record<string, RowFamiliarity>;
}

const BATCH = 90;
const MAX_NEW_TOKENS = 128;
const prompt = { useChatTemplate: true, plainTemplate: '{question}' };

/**
 * @param dialect that the model speaks
 * @param report called after each batch of questions
 */
export async function measureBase(
  opened: OpenModel,
  dialect: string,
  lines: readonly Line[],
  report: (done: number) => void = () => undefined,
): Promise<BaseRow[]> {
  const rows: BaseRow[] = [];
  for (let first = 0; first < lines.length; first += BATCH) {
    const batch = lines.slice(first, first + BATCH);
    const other = Object.keys(batch[0]!.responses).find((id) => id !== dialect)!;
    const spoken = await answer(opened, batch, () => '');
    const cued = await answer(opened, batch, ({ responses }) => firstWord(responses[other]!));
    const scored = await score(opened, batch);
    batch.forEach(({ family, role, gold }, i) => {
      const isRight = (text: string) => isCorrect({ answer: gold }, text);
      rows.push({
        family,
        role,
        right: isRight(spoken[i]!),
        rightCued: isRight(cued[i]!),
        scored: scored[i]!,
      });
    });
    report(rows.length);
  }
  return rows;
}

const firstWord = (text: string): string => text.split(' ')[0]!;

/** Greedy answers, each begun with the given words. */
async function answer(
  { model, tokenizer }: OpenModel,
  lines: readonly Line[],
  begin: (line: Line) => string,
): Promise<string[]> {
  const format = createPromptFormat(tokenizer, prompt);
  const begun = lines.map(begin);
  const given = await generate({
    model,
    prompts: lines.map(({ question }, i) => [
      ...encodePrompt(tokenizer, format.prompt(askedAlone(question))),
      ...tokenizer.encode(begun[i]!, { addSpecialTokens: false }),
    ]),
    sampling: { ...defaultsOf(samplingFields), greedy: true, maxNewTokens: MAX_NEW_TOKENS },
    endIds: tokenizer.eosIds,
    stopRequested: () => false,
  });
  return given.map(
    ({ tokens }, i) => begun[i]! + tokenizer.decode(tokens, { skipSpecialTokens: true }),
  );
}

async function score(
  opened: OpenModel,
  lines: readonly Line[],
): Promise<Record<string, RowFamiliarity>[]> {
  const ids = Object.keys(lines[0]!.responses);
  const sets = ids.map((id) => ({
    id,
    name: id,
    rows: lines.map(({ id: row, question, responses }) => ({
      id: row,
      question,
      response: responses[id]!,
    })),
  }));
  const host = {
    now: () => performance.now(),
    stopRequested: () => false,
    breathe: () => Promise.resolve(),
    memoryBytes: allocatedBytes,
  };
  const request = { sets, prompt, familiarity: defaultsOf(familiarityFields) };
  const measured = await measureSets(opened, request, host, () => Promise.resolve());
  return lines.map((_, i) =>
    Object.fromEntries(measured.map(({ setId, rows }) => [setId, rows[i]!])),
  );
}
