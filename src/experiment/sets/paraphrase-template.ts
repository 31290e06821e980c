/** What a model is asked when it rewords an answer, unless told otherwise. */
export const PARAPHRASE_TEMPLATE =
  'Here is a question with its answer.\n\nQuestion: {question}\n\nAnswer: {answer}\n\nWrite the answer anew in your own words. Keep every step, and the final answer in its form.';
