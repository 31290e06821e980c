/**
 * A response set made from the open model's own answers, by the code that makes an experiment's sets:
 * the same choice gives the same answers on the page and in a command.
 */
import type { ResponseSet } from '../src/data/response-set.ts';
import { evaluateAnswers } from '../src/evaluate/accuracy.ts';
import { isRight } from '../src/evaluate/is-right.ts';
import { knownQuestions, WORLD_SEED } from '../src/experiment/sets/known-questions.ts';
import { makeSet } from '../src/experiment/sets/make-sets.ts';
import type { SetMaking } from '../src/experiment/sets/set-making.ts';
import type { BaseResult, SetResult } from '../src/experiment/run/results.ts';
import type { Host } from '../src/host.ts';
import type { OpenModel } from '../src/workflows/open/open-model.ts';
import { experimentBackend } from '../src/workflows/experiment/experiment-backend.ts';
import type { MadeSet, MakeSetRequest } from './protocol.ts';

const BATCH_SIZE = 32;

/**
 * @throws DataError when nothing remains of the set, StoppedError when asked to stop between two
 *   tokens or batches
 */
export async function makeAnswerSet(
  opened: OpenModel,
  request: MakeSetRequest,
  host: Host,
  report: (done: number, total: number) => Promise<void>,
): Promise<MadeSet> {
  const { spec, sets, answers, prompt, maxNewTokens } = request;
  const model = await experimentBackend(host, {
    prompt,
    // Nothing is trained here.
    memoryLimitBytes: 0,
    openModel: () => Promise.resolve(opened),
  }).openModel(request.model);
  const rows = sets[0]!.rows;
  const train = rows.map(({ id, question, gold = '' }) => ({ id, text: question, gold }));
  const known = knownQuestions(rows);
  const rule = known === undefined ? answers : ({ kind: 'world' } as const);
  const settings = { maxNewTokens, temperature: undefined, seed: 0 };
  const evaluated =
    spec.kind === 'own' || spec.kind === 'minimum-change'
      ? await evaluateAnswers(train, {
          rule,
          answer: model.answer(settings),
          lengthOf: (question) => model.promptLength(question),
          batchSize: BATCH_SIZE,
          report,
        })
      : [];
  const { set, made, correct } = await makeSet(spec, {
    experiment: {
      models: [request.model],
      task: taskOf(known !== undefined, answers),
      evaluation: { maxNewTokens, batchSize: BATCH_SIZE },
    },
    task: { train, worldQuestions: known ?? new Map() },
    files: new Map(),
    base: () => ({ own: evaluated.map(given) }) as BaseResult,
    made: (id) =>
      existing(
        sets.find((one) => one.id === id)!,
        rule,
      ),
    openModel: () => Promise.resolve(model),
    report,
  });
  return { set, made, correct };

  function given({ response: text, tokens, ended }: (typeof evaluated)[number]) {
    return { text, tokens, ended };
  }
}

/** What making a set asks of a task; the files themselves were read by the page. */
function taskOf(
  known: boolean,
  answers: MakeSetRequest['answers'],
): SetMaking['experiment']['task'] {
  return known ? { kind: 'world', seed: WORLD_SEED } : { kind: 'files', answers };
}

function existing(set: ResponseSet, rule: MakeSetRequest['answers']): SetResult {
  return {
    kind: 'set',
    id: `set.${set.id}`,
    set,
    made: {},
    correct: set.rows.map((row) => isRight(rule, row, row.response) === true),
    sha256: '',
    seconds: 0,
  };
}
