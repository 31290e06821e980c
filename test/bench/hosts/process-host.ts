/** A host behind a function that asks one question at a time. */
import {
  CannotRun,
  type Engine,
  type Host,
  type Prepared,
  type Run,
  type Soaked,
} from '../contender.ts';
import type { Answer, Question } from './messages.ts';

export interface ProcessHost extends Host {
  open(contender: string, engine: Engine): Promise<void>;
}

export function hostOf(
  ask: (question: Question) => Promise<Answer>,
  close: () => Promise<void>,
): ProcessHost {
  const value = async <Value>(question: Question): Promise<Value> => {
    const { value: answer, reason } = await ask(question);
    if (reason !== undefined) throw new CannotRun(reason);
    return answer as Value;
  };
  return {
    open: async (contender, engine) => {
      await value({ ask: 'open', contender, engine });
    },
    prepare: (workload, warmUps) => value<Prepared>({ ask: 'prepare', workload, warmUps }),
    run: () => value<Run>({ ask: 'run' }),
    soak: (steps, seconds) => value<Soaked>({ ask: 'soak', steps, seconds }),
    close,
  };
}
