/**
 * The families of questions and what each is for. A family is a sequence of stages, or a list task.
 * Target families are pairs of known stages that never meet in pre-training; retention families
 * are pre-training families that are measured again after fine-tuning.
 */
import { DataError } from '../errors.ts';
import type { Random } from '../random.ts';
import { dayAfter, largest, reverse, smallest, type Draft } from './lists.ts';
import { hashText, type Question } from './question.ts';
import { stages, type StageName } from './stages.ts';
import { openStory, startStory, Unfit } from './story.ts';

/**
 * `pretraining`: seen while the base models learn. `retention`: seen as well, and measured after
 * fine-tuning. `target`: never seen, learned in the experiment. `reserve`: never seen, not used.
 */
export type FamilyRole = 'pretraining' | 'retention' | 'target' | 'reserve';

export interface Family {
  readonly id: string;
  readonly role: FamilyRole;
  /** Relative frequency in the pre-training stream; 0 for what is never seen. */
  readonly weight: number;
  readonly draft: (rng: Random) => Draft;
}

/** A sequence of stages as a family; a stage that cannot open a story is given an opening. */
function story(role: FamilyRole, weight: number, ...names: StageName[]): Family {
  return {
    id: names.join('-'),
    role,
    weight,
    draft: (rng) => {
      // Numbers that do not work out (a third of 7) are drawn again.
      for (;;) {
        try {
          return tellStory(rng, names);
        } catch (error) {
          if (!(error instanceof Unfit)) throw error;
        }
      }
    },
  };
}

function tellStory(rng: Random, names: readonly StageName[]): Draft {
  const story = startStory(rng);
  const sequence = names.map((name) => stages[name]);
  if (!('opens' in sequence[0]!)) openStory(story);
  for (const [i, stage] of sequence.entries()) {
    stage.tell(story);
    if (names[i] === 'total' && i < names.length - 1) {
      story.sentences.push(`They put all their ${story.unit} together.`);
    }
  }
  return {
    text: [...story.sentences, sequence.at(-1)!.ask(story)].join(' '),
    answer: story.steps.at(-1)!.result,
    plan: story.steps,
    numbers: story.numbers,
  };
}

export const families: readonly Family[] = [
  // One stage.
  story('pretraining', 1, 'change'),
  story('pretraining', 1.2, 'compare'),
  story('pretraining', 0.8, 'twice'),
  story('pretraining', 0.6, 'half'),
  story('pretraining', 1, 'total'),
  story('retention', 1, 'difference'),
  story('pretraining', 0.8, 'share'),
  story('pretraining', 0.8, 'fraction'),
  story('pretraining', 1, 'groups'),
  story('pretraining', 0.8, 'cost'),
  story('pretraining', 0.6, 'prices'),
  story('pretraining', 0.8, 'back'),
  story('retention', 0.6, 'parts'),
  { id: 'largest', role: 'retention', weight: 0.8, draft: largest },
  { id: 'smallest', role: 'retention', weight: 0.8, draft: smallest },
  { id: 'reverse', role: 'retention', weight: 0.8, draft: reverse },
  { id: 'day-after', role: 'retention', weight: 0.8, draft: dayAfter },
  // Two stages.
  story('retention', 1, 'change', 'change'),
  story('pretraining', 1, 'compare', 'change'),
  story('pretraining', 1, 'total', 'change'),
  story('pretraining', 1, 'groups', 'total'),
  story('pretraining', 1.2, 'twice', 'total'),
  story('pretraining', 0.8, 'prices', 'back'),
  story('pretraining', 0.8, 'prices', 'extra'),
  story('pretraining', 0.8, 'cost', 'extra'),
  story('pretraining', 0.8, 'twice', 'change'),
  story('pretraining', 0.6, 'half', 'change'),
  story('pretraining', 0.8, 'compare', 'twice'),
  story('pretraining', 0.8, 'groups', 'twice'),
  story('pretraining', 0.8, 'groups', 'compare'),
  story('pretraining', 1, 'change', 'total'),
  story('pretraining', 0.8, 'change', 'share'),
  story('pretraining', 0.8, 'total', 'share'),
  story('pretraining', 0.8, 'change', 'difference'),
  // Three stages, made of pairs that are seen.
  story('pretraining', 0.5, 'change', 'change', 'change'),
  story('pretraining', 0.5, 'groups', 'compare', 'change'),
  story('pretraining', 0.5, 'compare', 'twice', 'change'),
  story('pretraining', 0.5, 'total', 'change', 'change'),
  // Pairs that pre-training never shows.
  story('target', 0, 'compare', 'total'),
  story('target', 0, 'twice', 'compare'),
  story('reserve', 0, 'change', 'twice'),
  story('target', 0, 'compare', 'compare'),
  story('target', 0, 'cost', 'back'),
  story('reserve', 0, 'compare', 'share'),
  story('reserve', 0, 'half', 'total'),
  story('reserve', 0, 'change', 'compare'),
  story('target', 0, 'change', 'fraction'),
  story('reserve', 0, 'groups', 'difference'),
];

/** The families of the given roles, in the table's order. */
export function familiesOf(...roles: readonly FamilyRole[]): Family[] {
  return families.filter((family) => roles.includes(family.role));
}

/** Throws a DataError that lists the known families when there is none of this id. */
export function familyById(id: string): Family {
  const found = families.find((family) => family.id === id);
  if (found) return found;
  throw new DataError(`The micro-world has no family "${id}".`, [
    `Known families: ${families.map((family) => family.id).join(', ')}.`,
  ]);
}

/** One question of a family; the same generator state gives the same question. */
export function makeQuestion(family: Family, rng: Random): Question {
  const draft = family.draft(rng);
  const hash = hashText(draft.text).toString(16).padStart(8, '0');
  return { id: `${family.id}-${hash}`, family: family.id, ...draft };
}
