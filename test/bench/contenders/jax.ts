/** jax-js: hand-written full and LoRA steps, each one jit-compiled function, Adam included. */
import {
  defaultDevice,
  init,
  jit,
  numpy as np,
  tree,
  valueAndGrad,
  type Array as JaxArray,
} from '@jax-js/jax';
import { CannotRun, type Contender, type Runner } from '../contender.ts';
import * as weights from '../weights.ts';
import type { Workload } from '../workloads.ts';
import { createBase, createLora, jaxLoss, type Arrays } from './jax-llama.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;

export const jaxJs: Contender = {
  async start(engine) {
    if (engine !== 'wasm' && engine !== 'webgpu') throw new CannotRun(`${engine} is not measured`);
    if (!('map' in Object.getPrototypeOf([][Symbol.iterator]()))) {
      throw new CannotRun('it needs the iterator helpers of Node 22 or later');
    }
    if (!(await init(engine)).includes(engine)) throw new CannotRun(`${engine} does not start`);
    defaultDevice(engine);
    const shared = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? true;
    return engine === 'wasm' ? `jax-js wasm, ${shared ? 'threads' : 'one thread'}` : 'jax-js';
  },
  prepare(workload) {
    switch (workload.kind) {
      case 'full':
      case 'lora':
        return Promise.resolve(stepper(workload));
      case 'nll':
        return Promise.resolve(scorer(workload));
      case 'soak':
        throw new CannotRun('a new length is a new compilation, and it cannot tell its memory');
      default:
        throw new CannotRun('no generation is written for it');
    }
  },
};

function stepper({ kind, shape, batch, time }: Workload): Runner {
  const full = kind === 'full';
  const frozen = full ? {} : createBase(shape!);
  let trained = full ? createBase(shape!) : createLora(shape!);
  const zeros = (): Arrays => tree.map((x: JaxArray) => np.zeros(x.shape), trained);
  let momentum = zeros();
  let variance = zeros();
  const ids = idArray(shape!.vocabSize, batch, time);
  const loss = (trained: Arrays, base: Arrays, tokens: JaxArray) =>
    full ? jaxLoss(shape!, trained, {}, tokens) : jaxLoss(shape!, base, trained, tokens);
  const step = jit(
    (
      trained: Arrays,
      m: Arrays,
      v: Arrays,
      base: Arrays,
      tokens: JaxArray,
      corrections: JaxArray,
    ): [JaxArray, Arrays, Arrays, Arrays] => {
      const [value, gradients] = valueAndGrad(loss)(tree.ref(trained), base, tokens) as unknown as [
        JaxArray,
        Arrays,
      ];
      const [first, second] = np.split(corrections, 2) as [JaxArray, JaxArray];
      const next: [Arrays, Arrays, Arrays] = [{}, {}, {}];
      for (const name of Object.keys(trained)) {
        const g = gradients[name]!;
        const mean = m[name]!.mul(BETA1).add(g.ref.mul(1 - BETA1));
        const square = v[name]!.mul(BETA2).add(np.square(g).mul(1 - BETA2));
        const length = np.sqrt(square.ref.mul(second.ref)).add(weights.ADAM_EPSILON);
        const change = mean.ref.mul(first.ref).div(length).mul(weights.LEARNING_RATE);
        next[0][name] = trained[name]!.sub(change);
        next[1][name] = mean;
        next[2][name] = square;
      }
      first.dispose();
      second.dispose();
      return [value, ...next];
    },
  );
  let updates = 0;
  return {
    async run() {
      updates++;
      const corrections = np.array([1 / (1 - BETA1 ** updates), 1 / (1 - BETA2 ** updates)]);
      const base = tree.ref(frozen);
      const [value, ...next] = step(trained, momentum, variance, base, ids.ref, corrections);
      [trained, momentum, variance] = next;
      return readOne(value);
    },
    dispose() {
      tree.dispose([trained, momentum, variance, frozen, ids]);
      step.dispose();
    },
  };
}

function scorer({ shape, batch, time }: Workload): Runner {
  const base = createBase(shape!);
  const ids = idArray(shape!.vocabSize, batch, time);
  const forward = jit((parameters: Arrays, tokens: JaxArray) =>
    jaxLoss(shape!, parameters, {}, tokens),
  );
  return {
    run: () => readOne(forward(tree.ref(base), ids.ref)),
    dispose() {
      tree.dispose([base, ids]);
      forward.dispose();
    },
  };
}

function idArray(vocabSize: number, batch: number, time: number): JaxArray {
  const ids = weights.tokenIds(vocabSize, batch, time) as Int32Array<ArrayBuffer>;
  return np.array(ids, { dtype: np.int32 }).reshape([batch, time]);
}

async function readOne(value: JaxArray): Promise<number> {
  const [number] = (await value.data()) as Float32Array;
  return number!;
}
