/** The six steps of the page, in order. */
export const STEPS = [
  { id: 'model', title: 'Model' },
  { id: 'answers', title: 'Answers' },
  { id: 'familiarity', title: 'Familiarity' },
  { id: 'train', title: 'Train' },
  { id: 'compare', title: 'Compare' },
  { id: 'try', title: 'Try' },
] as const;

export type StepId = (typeof STEPS)[number]['id'];

export interface PageStep {
  id: StepId;
  number: number;
  title: string;
  done: boolean;
  /** What it needs before it can be used, after the word "waits for"; undefined: nothing. */
  waitsFor: string | undefined;
}
