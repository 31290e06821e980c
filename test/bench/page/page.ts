/** The bench's page: one worker with one contender, for the bench to talk to. */
import * as Comlink from 'comlink';
import type { Answer, Question } from '../hosts/messages.ts';
import type { BenchWorker } from './worker.ts';

declare global {
  interface Window {
    answer: (question: Question) => Promise<Answer>;
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const remote = Comlink.wrap<BenchWorker>(worker);
const broken = new Promise<Answer>((resolve) => {
  worker.onerror = ({ message }) => resolve({ reason: `the worker broke: ${message}` });
});
window.answer = (question) => Promise.race([remote.answer(question), broken]);
