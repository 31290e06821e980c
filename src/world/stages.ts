/**
 * What can happen in a story: each stage adds a sentence and a step to the plan, and the last one
 * asks. Stages know nothing of dialects; any sequence that makes sense is a family (families.ts).
 */
import {
  addStep,
  draw,
  focus,
  introduce,
  largestQuantity,
  person,
  replaceFocus,
  smallestQuantity,
  Unfit,
  type Story,
} from './story.ts';
import { containers, fractions, goods, partsOfWholes } from './vocabulary.ts';

export interface StoryStage {
  /** Adds sentences and a step; throws `Unfit` when the numbers drawn do not work out. */
  readonly tell: (story: Story) => void;
  /** The question about what `tell` computed. */
  readonly ask: (story: Story) => string;
  /** True when the stage begins a story by itself. */
  readonly opens?: boolean;
}

const askHolder = (story: Story): string => {
  const { name } = focus(story);
  return `How many ${story.unit} ${name === 'They' ? 'do they' : `does ${name}`} have`;
};

/** "Zoe finds 4 more apples." or "Zoe loses 4 apples." */
const change: StoryStage = {
  tell(story) {
    const { name, value } = focus(story);
    const more = story.rng.uniform() < 0.5;
    const amount = draw(story, 2, more ? 15 : Math.min(15, value - smallestQuantity));
    const many = name === 'They';
    const verb = story.rng.pick(more ? ['find', 'buy'] : ['lose', 'sell']) + (many ? '' : 's');
    const rest = more ? ' more' : '';
    story.numbers.push(more ? '+' : '-');
    story.sentences.push(`${name} ${verb} ${amount}${rest} ${story.unit}.`);
    const result = more ? value + amount : value - amount;
    addStep(
      story,
      more ? 'add' : 'subtract',
      story.pooled ? 'pooled' : 'after',
      many ? '' : name,
      value,
      amount,
      result,
    );
    replaceFocus(story, result);
  },
  ask: (story) => `${askHolder(story)} now?`,
};

/** "Rob has 8 more apples than Zoe." */
const compare: StoryStage = {
  tell(story) {
    const { name: other, value } = focus(story);
    const name = person(story);
    const more = story.rng.uniform() < 0.5;
    const amount = draw(story, 2, more ? 15 : Math.min(15, value - smallestQuantity));
    story.numbers.push(more ? '+' : '-');
    story.sentences.push(
      `${name} has ${amount} ${more ? 'more' : 'fewer'} ${story.unit} than ${other}.`,
    );
    const result = more ? value + amount : value - amount;
    addStep(story, more ? 'add' : 'subtract', 'owner', name, value, amount, result);
    story.holders.push({ name, value: result });
  },
  ask: (story) => `${askHolder(story)}?`,
};

/** "Mia has twice as many apples as Zoe." */
const twice: StoryStage = {
  tell(story) {
    const { name: other, value } = focus(story);
    const name = person(story);
    story.sentences.push(`${name} has twice as many ${story.unit} as ${other}.`);
    addStep(story, 'double', 'owner', name, value, 2, value * 2);
    story.holders.push({ name, value: value * 2 });
  },
  ask: compare.ask,
};

/** "Mia has half as many apples as Zoe." */
const half: StoryStage = {
  tell(story) {
    const { name: other, value } = focus(story);
    const name = person(story);
    story.sentences.push(`${name} has half as many ${story.unit} as ${other}.`);
    addStep(story, 'halve', 'owner', name, value, 2, value / 2);
    story.holders.push({ name, value: value / 2 });
  },
  ask: compare.ask,
};

/** What the first and the last person have together; brings in a second person if there is one. */
const total: StoryStage = {
  tell(story) {
    if (story.holders.length === 1) introduce(story, draw(story, 3, 30));
    const [first, second] = [story.holders[0]!, focus(story)];
    addStep(story, 'add', 'together', '', first.value, second.value, first.value + second.value);
    story.holders.push({ name: 'They', value: first.value + second.value });
    story.pooled = true;
  },
  ask: (story) =>
    story.rng.pick([
      `How many ${story.unit} do they have together?`,
      `How many ${story.unit} is that in total?`,
    ]),
};

/** "How many more apples does Zoe have than Rob?" */
const difference: StoryStage = {
  tell(story) {
    const first = focus(story);
    introduce(story, draw(story, 2, Math.min(30, first.value - smallestQuantity)));
    const second = focus(story);
    addStep(story, 'subtract', 'gap', '', first.value, second.value, first.value - second.value);
  },
  ask(story) {
    const [first, second] = story.holders.slice(-2);
    return `How many more ${story.unit} does ${first!.name} have than ${second!.name}?`;
  },
};

/** "Zoe shares them equally among 4 friends." */
const share: StoryStage = {
  tell(story) {
    const { name, value } = focus(story);
    const friends = draw(story, 2, 9);
    const verb = name === 'They' ? 'share' : 'shares';
    story.sentences.push(`${name} ${verb} all of them equally among ${friends} friends.`);
    if (value % friends !== 0 || value / friends > 12) throw new Unfit();
    addStep(story, 'divide', 'each', '', value, friends, value / friends);
  },
  ask: (story) => `How many ${story.unit} does each friend get?`,
};

/** "One quarter of the apples are red." */
const fraction: StoryStage = {
  tell(story) {
    const { value } = focus(story);
    const { word, parts } = story.rng.pick(fractions);
    story.numbers.push(parts);
    const phrase = `${word} of these ${story.unit} are red.`;
    story.sentences.push(phrase[0]!.toUpperCase() + phrase.slice(1));
    if (value % parts !== 0 || value / parts > 12) throw new Unfit();
    addStep(story, 'divide', 'part', '', value, parts, value / parts);
  },
  ask: (story) => `How many red ${story.unit} are there?`,
};

/** "Zoe has 4 boxes with 6 apples each." */
const groups: StoryStage = {
  opens: true,
  tell(story) {
    const name = person(story);
    const count = draw(story, 2, 9);
    const size = draw(story, 2, 9);
    const container = story.rng.pick(containers);
    story.sentences.push(`${name} has ${count} ${container} with ${size} ${story.unit} each.`);
    addStep(story, 'multiply', 'owner', name, count, size, count * size);
    story.holders.push({ name, value: count * size });
  },
  ask: compare.ask,
};

/** "One pen costs 3 coins. Zoe buys 4 pens." */
const cost: StoryStage = {
  opens: true,
  tell(story) {
    const name = person(story);
    const [one, several] = story.rng.pick(goods);
    const price = draw(story, 2, 9);
    const count = draw(story, 2, 9);
    story.unit = 'coins';
    story.sentences.push(`One ${one} costs ${price} coins.`, `${name} buys ${count} ${several}.`);
    addStep(story, 'multiply', 'price', '', count, price, count * price);
    story.holders.push({ name, value: count * price });
  },
  ask: (story) => `How many coins does ${focus(story).name} pay?`,
};

/** "A pen costs 3 coins and a cup costs 5 coins. Zoe buys both." */
const prices: StoryStage = {
  opens: true,
  tell(story) {
    const name = person(story);
    const [first, second] = story.rng.shuffle(goods);
    const [left, right] = [draw(story, 2, 20), draw(story, 2, 20)];
    story.unit = 'coins';
    story.sentences.push(
      `One ${first![0]} costs ${left} coins and one ${second![0]} costs ${right} coins.`,
      `${name} buys both.`,
    );
    addStep(story, 'add', 'price', '', left, right, left + right);
    story.holders.push({ name, value: left + right });
  },
  ask: cost.ask,
};

/** "Zoe also buys a hat for 5 coins." */
const extra: StoryStage = {
  tell(story) {
    const { name, value } = focus(story);
    const amount = draw(story, 2, 15);
    story.sentences.push(`${name} also buys one hat for ${amount} coins.`);
    addStep(story, 'add', 'bill', '', value, amount, value + amount);
    replaceFocus(story, value + amount);
  },
  ask: cost.ask,
};

/** "Zoe hands over 20 coins." One hat is bought when nothing was bought before. */
const back: StoryStage = {
  opens: true,
  tell(story) {
    if (story.holders.length === 0) {
      const name = person(story);
      const price = draw(story, 2, 40);
      story.unit = 'coins';
      story.sentences.push(`${name} buys one hat for ${price} coins.`);
      story.holders.push({ name, value: price });
    }
    const { name, value } = focus(story);
    const paid = draw(story, value + smallestQuantity, Math.min(largestQuantity, value + 20));
    story.sentences.push(`${name} hands over ${paid} coins.`);
    addStep(story, 'subtract', 'back', '', paid, value, paid - value);
  },
  ask: (story) => `How many coins does ${focus(story).name} get back?`,
};

/** "Zoe draws 4 ants. How many legs is that in all?" */
const parts: StoryStage = {
  opens: true,
  tell(story) {
    const fact = story.rng.pick(partsOfWholes);
    const count = draw(story, 2, 9);
    const name = person(story);
    story.numbers.push(fact.whole);
    story.sentences.push(
      `${name} ${story.rng.pick(['draws', 'counts', 'names', 'lists'])} ${count} ${fact.whole}.`,
    );
    story.unit = fact.part;
    story.holders.push({ name, value: count * fact.count });
    addStep(story, 'multiply', 'tally', '', count, fact.count, count * fact.count);
  },
  ask: (story) => `How many ${story.unit} is that in all?`,
};

export const stages = {
  change,
  compare,
  twice,
  half,
  total,
  difference,
  share,
  fraction,
  groups,
  cost,
  prices,
  extra,
  back,
  parts,
} as const satisfies Record<string, StoryStage>;
export type StageName = keyof typeof stages;
