/** The tokenizer of the embedded models: learned from questions and every way of answering them. */
import { createRandom } from '../../src/random.ts';
import { corpus, dialects } from '../../src/world/corpus.ts';
import { writeAnswer } from '../../src/world/dialect.ts';
import { families } from '../../src/world/families.ts';
import { makeQuestions } from '../../src/world/splits.ts';
import { detailStyle, paraphraseStyle, terseStyle } from '../../src/world/styles.ts';
import { learnVocabulary, tokenizerJson } from './bpe.ts';
import { tokenizerSettings } from './settings.ts';

/** The content of tokenizer.json. */
export function worldTokenizer(): object {
  const { vocabularySize, endOfText } = tokenizerSettings;
  return tokenizerJson(learnVocabulary(sampleTexts(), vocabularySize, endOfText));
}

function* sampleTexts(): Generator<string> {
  const { sampleSize, otherStylesSampleSize, seed } = tokenizerSettings;
  const root = createRandom(seed);
  for (const { id } of dialects) {
    const stream = corpus({ dialect: id, ownShare: 1 }, root.fork(id));
    for (let i = 0; i < sampleSize; i++) {
      const { question, response } = stream.next().value;
      yield `${question.text}\n${response}`;
    }
  }
  const styles = [terseStyle, detailStyle, paraphraseStyle];
  const rng = root.fork('styles');
  const questions = makeQuestions(families, 'train', otherStylesSampleSize, rng);
  for (const style of styles) {
    for (const question of questions) yield writeAnswer(style, question, rng);
  }
}
