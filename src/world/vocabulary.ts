/** The words that all families of the micro-world share: people, things, containers, goods, facts. */

export const people = [
  'Zoe',
  'Rob',
  'Mia',
  'Leo',
  'Ann',
  'Tom',
  'Eva',
  'Sam',
  'Ida',
  'Max',
  'Lin',
  'Jon',
  'Amy',
  'Ben',
  'Kim',
  'Dan',
] as const;

export const things = [
  'apples',
  'cards',
  'shells',
  'stones',
  'books',
  'stamps',
  'marbles',
  'eggs',
  'plums',
  'nuts',
  'pears',
  'beads',
  'buttons',
  'flowers',
] as const;

export const containers = ['boxes', 'bags', 'jars', 'baskets'] as const;

/** What a shop sells: one, and several. */
export const goods = [
  ['pen', 'pens'],
  ['cup', 'cups'],
  ['ball', 'balls'],
  ['cake', 'cakes'],
  ['lamp', 'lamps'],
  ['kite', 'kites'],
] as const;

/** Facts a person knows by heart: so many parts belong to each whole. */
export const partsOfWholes = [
  { whole: 'weeks', part: 'days', count: 7 },
  { whole: 'cars', part: 'wheels', count: 4 },
  { whole: 'ants', part: 'legs', count: 6 },
  { whole: 'spiders', part: 'legs', count: 8 },
  { whole: 'hands', part: 'fingers', count: 5 },
  { whole: 'birds', part: 'wings', count: 2 },
] as const;

export const fractions = [
  { word: 'half', parts: 2 },
  { word: 'one third', parts: 3 },
  { word: 'one quarter', parts: 4 },
  { word: 'one fifth', parts: 5 },
] as const;

export const days = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;
