/** Stock TensorFlow.js: its own backends, ops, gradients and Adam, nothing of ours. */
import * as tf from '@tensorflow/tfjs-core';
import { CannotRun, type Contender, type Runner } from '../contender.ts';
import * as weights from '../weights.ts';
import type { Workload } from '../workloads.ts';
import { createConstants, createStockModel, stockLoss, type Constants } from './stock-llama.ts';

export const stockTfjs: Contender = {
  async start(engine, place) {
    await place.registerStockGradients();
    if (engine === 'wasm') {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(place.packageFile('@tensorflow/tfjs-backend-wasm/dist/'));
    } else if (engine === 'webgpu') {
      await import('@tensorflow/tfjs-backend-webgpu');
    } else if (engine === 'cpu') {
      await import('@tensorflow/tfjs-backend-cpu');
    } else throw new CannotRun(`no backend ${engine} is measured`);
    if (!(await tf.setBackend(engine))) throw new CannotRun(`its backend ${engine} does not start`);
    await tf.ready();
    return engine === 'wasm' ? `tfjs ${tf.version_core}, SIMD` : `tfjs ${tf.version_core}`;
  },
  prepare(workload) {
    switch (workload.kind) {
      case 'full':
      case 'lora':
        return Promise.resolve(stepper(workload, [workload.time]));
      case 'soak':
        return Promise.resolve(stepper(workload, [20, 33, 48, 57, 64, 70, 83, 96]));
      case 'nll':
        return Promise.resolve(scorer(workload));
      default:
        throw new CannotRun('no generation is written for it');
    }
  },
};

function stepper({ kind, shape, batch }: Workload, lengths: readonly number[]): Runner {
  const model = createStockModel(shape!, kind === 'lora' ? 'lora' : 'base');
  // The gradient of gather needs UnsortedSegmentSum, which tfjs-wasm lacks.
  const gatherGrows = kind === 'lora' || tf.getBackend() !== 'wasm';
  const variables = [
    ...(kind === 'lora' ? [...model.lora.values()].flatMap(({ a, b }) => [a, b]) : []),
    ...(kind === 'lora' ? [] : [...model.base.values()]),
  ] as tf.Variable[];
  const optimizer = tf.train.adam(weights.LEARNING_RATE, 0.9, 0.999, weights.ADAM_EPSILON);
  const batches = lengths.map((time) => ({
    ids: weights.tokenIds(shape!.vocabSize, batch, time),
    constants: createConstants(shape!, time),
  }));
  let step = 0;
  return {
    async run() {
      const { ids, constants } = batches[step++ % batches.length]!;
      const cost = optimizer.minimize(
        () => stockLoss(model, ids, batch, constants, gatherGrows),
        true,
        variables,
      )!;
      return readAndDispose(cost);
    },
    memory: memoryOf,
    dispose() {
      optimizer.dispose();
      for (const { constants } of batches) disposeAll(constants);
      for (const weight of model.base.values()) weight.dispose();
      for (const { a, b } of model.lora.values()) tf.dispose([a, b]);
    },
  };
}

function scorer({ shape, batch, time }: Workload): Runner {
  const model = createStockModel(shape!, 'nothing');
  const ids = weights.tokenIds(shape!.vocabSize, batch, time);
  const constants = createConstants(shape!, time);
  return {
    run: () => readAndDispose(tf.tidy(() => stockLoss(model, ids, batch, constants, true))),
    memory: memoryOf,
    dispose() {
      disposeAll(constants);
      for (const weight of model.base.values()) weight.dispose();
    },
  };
}

async function readAndDispose(value: tf.Tensor): Promise<number> {
  const [number] = await value.data();
  value.dispose();
  return number!;
}

function disposeAll({ mask, cos, sin }: Constants): void {
  tf.dispose([mask, cos, sin]);
}

function memoryOf() {
  const { numTensors, numBytes, numBytesAllocatedInGPU } = tf.memory() as tf.MemoryInfo & {
    numBytesAllocatedInGPU?: number;
  };
  return { tensors: numTensors, bytes: numBytesAllocatedInGPU ?? numBytes };
}
