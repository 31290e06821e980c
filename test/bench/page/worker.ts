/** A contender in a worker, where the page of this project computes too. */
import * as Comlink from 'comlink';
import { fetchEmbeddedModel } from '../../../src/storage/embedded.ts';
import { openHost } from '../bench-host.ts';
import type { Engine, Host, Place } from '../contender.ts';
import { hookGpu } from '../gpu-counts.ts';
import type { Answer, Question } from '../hosts/messages.ts';

const place: Place = {
  embeddedModel: () => fetchEmbeddedModel('idiolect-a', `${location.origin}/models`),
  packageFile: (path) => `${location.origin}/node_modules/${path}`,
  registerStockGradients: async () => {
    await import('@tensorflow/tfjs-core/dist/register_all_gradients');
  },
};

let host: Host | undefined;

const worker = {
  async answer(question: Question): Promise<Answer> {
    try {
      switch (question.ask) {
        case 'open':
          hookGpu();
          host = await openHost(question.contender, question.engine as Engine, place);
          return { value: null };
        case 'prepare':
          return { value: await host!.prepare(question.workload, question.warmUps) };
        case 'run':
          return { value: await host!.run() };
        case 'soak':
          return { value: await host!.soak(question.steps, question.seconds) };
      }
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    }
  },
};

export type BenchWorker = typeof worker;
Comlink.expose(worker);
