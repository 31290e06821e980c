/** Sees what changes on the page and hands it over to be kept, each thing by itself. */
import type { AnswerSet } from '../answer-set.ts';
import type { AppState } from '../app-state.svelte.ts';
import { askedPart, type KeptMeasurement } from '../measured-with.ts';
import type { Part, PartName } from './records.ts';

export interface Keep {
  sets: (entries: readonly AnswerSet[]) => void;
  /** @param kept how many of its answers came from where they are kept */
  measured: (measurement: KeptMeasurement, kept: number) => void;
  part: (part: Part) => void;
  /** There is nothing of that name any more. */
  noPart: (name: PartName) => void;
}

/** @returns how to stop */
export function watchParts(app: AppState, keep: Keep): () => void {
  const { model, answers, familiarity, handEdits, playground, setMaker } = app;
  return $effect.root(() => {
    $effect(() => keep.sets(answers.sets));
    $effect(() => {
      const { measuredWith: made, measurements, style } = familiarity;
      const { arrived, promptNotices, kept } = measurements;
      if (made === undefined) return;
      const ownAnswers = [...style.answersOf(askedPart(made.setup))];
      keep.measured({ made, answers: arrived, promptNotices, ownAnswers }, kept);
    });
    $effect(() => {
      // Until then, what the address says of a model that is not open yet is missing.
      if (app.restored) keep.part({ name: 'settings', text: app.address.slice(1) });
    });
    $effect(() => keep.part({ name: 'excluded', ids: [...answers.excluded] }));
    $effect(() => keep.part({ name: 'edits', sets: handEdits.all }));
    $effect(() => keep.part({ name: 'maker', form: setMaker.form }));
    $effect(() => {
      const onScreen = answers.questions[answers.cursor]?.id;
      const { typed, withEarlier } = playground;
      keep.part({
        name: 'question',
        ...(onScreen !== undefined && { onScreen }),
        ...typed,
        withEarlier,
      });
    });
    $effect(() => {
      const { opened } = model;
      if (opened === undefined) return;
      if (opened.kind === 'files') {
        const paths = opened.files.map(({ path }) => path);
        keep.part({ name: 'model-files', files: { name: opened.name, paths } });
      } else {
        keep.noPart('model-files');
      }
    });
    $effect(() => {
      if (app.experiments === undefined) return;
      const files = Object.entries(app.experiments.draft.files);
      const contents = files.map(([path, { content }]) => [path, content] as const);
      if (contents.length > 0) keep.part({ name: 'experiment-files', files: contents });
      else keep.noPart('experiment-files');
    });
  });
}
