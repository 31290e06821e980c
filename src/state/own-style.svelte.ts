/**
 * Examples of the open model's own style, for perplexity in style (SPPL): what it answered by itself,
 * kept as long as the model and how it is asked stay the same.
 */
import { questionKey, type ResponseRow, type ResponseSet } from '../data/response-set.ts';
import { inStyle, neededAnswers, tooFewAnswers, type OwnAnswer } from '../evaluate/own-style.ts';
import { styleFields } from '../familiarity/config.ts';
import { defaultsOf } from '../fields.ts';
import type { PromptSettings } from '../../workers/protocol.ts';
import type { TrainerClient } from './trainer-client.ts';

/** Sets with examples before every question, or why there are none (yet). */
export type StyledSets =
  | { kind: 'off' }
  /** Some questions must be put to the model first; sets of about the right length until then. */
  | { kind: 'unasked'; alike: ResponseSet[] }
  | { kind: 'too-few'; reason: (model: string) => string }
  | { kind: 'ready'; sets: ResponseSet[] };

const { styleExamples } = styleFields;
const ownFields = { styleExamples };

export class OwnStyle {
  /** Whether answers are measured in style as well. */
  on = $state(false);
  readonly settings = $state(defaultsOf(ownFields));

  /** By question and right final answer. */
  #answers = $state.raw<ReadonlyMap<string, OwnAnswer>>(new Map());
  #setUp = '';
  readonly #client: TrainerClient;

  constructor(client: TrainerClient) {
    this.#client = client;
  }

  /** @param sets joined: line i answers the same question in each */
  prepare(sets: readonly ResponseSet[]): StyledSets {
    const { styleExamples: examples } = this.settings;
    const [first] = sets;
    if (!this.on || first === undefined) return { kind: 'off' };
    const { answered, open } = this.#known(first.rows, examples);
    const put = (answers: readonly OwnAnswer[]) =>
      sets.map((set) => inStyle(set, answers, examples)).filter((set) => set !== undefined);
    const styled = put(answered);
    if (styled.length > 0) return { kind: 'ready', sets: styled };
    if (open.length > 0) return { kind: 'unasked', alike: put(first.rows.map(asIfOwn)) };
    return { kind: 'too-few', reason: (model) => tooFewAnswers(model, answered, examples) };
  }

  /** Puts questions to the model until enough answers are right or none is left. */
  async ask(
    rows: readonly ResponseRow[],
    { setUp, prompt }: { setUp: string; prompt: PromptSettings },
    report: (right: number, questions: number) => Promise<void>,
  ): Promise<void> {
    if (setUp !== this.#setUp) this.#answers = new Map();
    this.#setUp = setUp;
    const { answered, open } = this.#known(rows, this.settings.styleExamples);
    const right = answered.filter((one) => one.right).length;
    const wanted = neededAnswers(this.settings.styleExamples) - right;
    if (wanted <= 0 || open.length === 0) return;
    const request = { rows: [...open], wanted, prompt };
    const found = await this.#client.api.ownAnswers(request, report);
    const keys = new Map(open.map((row) => [row.id, keyOf(row)]));
    this.#answers = new Map([
      ...this.#answers,
      ...found.map((one): [string, OwnAnswer] => [keys.get(one.id)!, one]),
    ]);
  }

  /** Takes over the answers that a record holds; null: it was measured without them. */
  restore(
    style: { examples: number; own_answers: readonly OwnAnswer[] } | null,
    rows: readonly ResponseRow[],
    setUp: string,
  ): void {
    this.on = style !== null;
    if (style === null) return;
    this.settings.styleExamples = style.examples;
    const byId = new Map(rows.map((row) => [row.id, row]));
    const known = style.own_answers.flatMap((one): [string, OwnAnswer][] => {
      const row = byId.get(one.id);
      return row === undefined ? [] : [[keyOf(row), one]];
    });
    this.#answers = new Map(known);
    this.#setUp = setUp;
  }

  /** What a model that is asked in this way has answered, by question and right answer. */
  answersOf(setUp: string): ReadonlyMap<string, OwnAnswer> {
    return setUp === this.#setUp ? this.#answers : new Map<string, OwnAnswer>();
  }

  /** Takes back answers that were asked for before. */
  bringBack(setUp: string, answers: readonly (readonly [string, OwnAnswer])[]): void {
    if (answers.length === 0) return;
    this.#answers = new Map(answers);
    this.#setUp = setUp;
  }

  /** The answers whose right ones stand before the questions of these sets. */
  known(rows: readonly ResponseRow[]): OwnAnswer[] {
    return this.#known(rows, this.settings.styleExamples).answered;
  }

  /** In the order of the rows: answers up to the first question that was not asked, and those not asked. */
  #known(
    rows: readonly ResponseRow[],
    examples: number,
  ): { answered: OwnAnswer[]; open: ResponseRow[] } {
    const judged = rows.filter(({ gold }) => gold !== undefined);
    const answered: OwnAnswer[] = [];
    let right = 0;
    for (const row of judged) {
      const answer = this.#answers.get(keyOf(row));
      if (answer === undefined || right >= neededAnswers(examples)) break;
      answered.push({ ...answer, id: row.id });
      if (answer.right) right++;
    }
    return { answered, open: judged.filter((row) => !this.#answers.has(keyOf(row))) };
  }
}

const asIfOwn = ({ id, question, response }: ResponseRow): OwnAnswer => ({
  id,
  question,
  answer: response,
  right: true,
});

function keyOf(row: ResponseRow): string {
  return `${questionKey(row)}\u0000${row.gold ?? ''}`;
}
