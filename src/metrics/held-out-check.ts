/** What a model answered to held-out questions at one step of its training. */

/** One question as the model answered it. */
export interface HeldOutAnswer {
  id: string;
  question: string;
  gold: string;
  answer: string;
  /** The final answer agrees, in whatever form it stands. */
  right: boolean;
}

/** The model's answers at one step: to all questions before and after training, else to a few. */
export interface HeldOutCheck {
  step: number;
  whole: boolean;
  answers: HeldOutAnswer[];
}
