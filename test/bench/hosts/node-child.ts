/** The other end of hosts/node.ts: a contender in a Node process of its own. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { nodeModelFiles } from '../../../src/storage/node-file.ts';
import { openHost } from '../bench-host.ts';
import type { Engine, Host, Place } from '../contender.ts';
import type { Answer, Question } from './messages.ts';

const require = createRequire(import.meta.url);
const root = new URL('../../../', import.meta.url);

const place: Place = {
  embeddedModel: () => nodeModelFiles(fileURLToPath(new URL('public/models/idiolect-a', root))),
  packageFile: (path) => fileURLToPath(new URL(`node_modules/${path}`, root)),
  registerStockGradients: () => {
    // Its files import folders, which only require() finds.
    require('@tensorflow/tfjs-core/dist/register_all_gradients.js');
    return Promise.resolve();
  },
};

let host: Host | undefined;

process.on('message', (question: Question) => {
  void answer(question).then((reply) => process.send!(reply));
});

async function answer(question: Question): Promise<Answer> {
  try {
    switch (question.ask) {
      case 'open':
        host = await openHost(question.contender, question.engine as Engine, place);
        return { value: null };
      case 'prepare':
        return { value: await host!.prepare(question.workload, question.warmUps) };
      case 'run': {
        const run = await host!.run();
        // In kilobytes, of the whole process since it started.
        run.counts['rss_peak'] = 1024 * process.resourceUsage().maxRSS;
        return { value: run };
      }
      case 'soak':
        return { value: await host!.soak(question.steps, question.seconds) };
    }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
