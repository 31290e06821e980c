/** The page's state with the fake trainer and two small example sets, without a page. */
import { AppState } from '../../src/state/app-state.svelte.ts';
import type { SessionOptions } from '../../src/state/session/session.svelte.ts';
import type { Connection } from '../../src/state/trainer-client.ts';
import { RunArchive } from '../../src/state/run-archive.ts';
import type { RunsOptions } from '../../src/state/runs.svelte.ts';
import { soleOwners, type Owners } from '../../src/storage/owner.ts';
import { connectFake } from './fake-trainer.ts';
import { tablesHere } from './tables-here.ts';

const QUESTIONS = ['What is 2 + 3?', 'What is 4 + 4?', 'What is 9 - 1?', 'What is 6 / 2?'];

const jsonl = (answer: (i: number) => string): string =>
  QUESTIONS.map((question, i) =>
    JSON.stringify({ id: `q${i}`, question, response: answer(i), gold: String(i) }),
  ).join('\n');

/** path → text of the files that come with the page */
export const exampleFiles: Readonly<Record<string, string>> = {
  'data/index.json': JSON.stringify({
    sets: [
      { file: 'plain.jsonl', name: 'Plain', description: 'One short sentence.', n: 4 },
      { file: 'wordy.jsonl', name: 'Wordy', description: 'Many words.', n: 4 },
    ],
  }),
  'data/plain.jsonl': jsonl((i) => `The answer is ${i}.`),
  'data/wordy.jsonl': jsonl((i) => `After some thought, and ${i} doubts, one arrives at ${i}.`),
};

export interface TinyLabOptions {
  connect?: () => Connection;
  files?: Readonly<Record<string, string>>;
  settings?: string;
  /** Tabs of one browser share a lock manager; a tab by itself owns everything. */
  owners?: Owners;
  runs?: RunsOptions;
  ownAddress?: boolean;
  session?: SessionOptions;
}

export function tinyApp({
  connect = () => connectFake(),
  files = exampleFiles,
  settings = '',
  owners = soleOwners(),
  runs = {},
  ...others
}: TinyLabOptions = {}): AppState {
  return new AppState({
    connect,
    fetchFile: (path) => {
      const text = files[path];
      const response = text === undefined ? new Response('', { status: 404 }) : new Response(text);
      return Promise.resolve(response);
    },
    embeddedUrl: 'models/',
    settings: new URLSearchParams(settings),
    runs: {
      nextFrame: queueMicrotask,
      archive: () => Promise.resolve(new RunArchive()),
      ...runs,
    },
    owners,
    openTable: tablesHere,
    ...others,
  });
}
