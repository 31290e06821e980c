import { describe, expect, it } from 'vitest';
import type { EngineName, EngineReport } from '../../src/engine/config.ts';
import { chooseEngine, type EngineProbe } from '../../src/engine/ladder.ts';
import { GpuUnavailableError } from '../../src/errors.ts';

const report = (name: EngineName): EngineReport => ({
  name,
  device: name,
  reasons: [],
  maxTensorBytes: 1,
  memoryBytes: 1,
  threads: 1,
  features: [],
});
const works = (name: EngineName): EngineProbe => ({ start: () => Promise.resolve(report(name)) });
const fails = (message: string): EngineProbe => ({
  start: () => Promise.reject(new GpuUnavailableError(message)),
});
/** As WebGPU on a software adapter: only when a person asked for it. */
const software: EngineProbe = {
  start: (named) =>
    named ? Promise.resolve(report('webgpu')) : fails('Only simulated.').start(named),
};
const all = { webgpu: works('webgpu'), wasm: works('wasm'), cpu: works('cpu') };

describe('the ladder', () => {
  it('takes the best engine and has nothing to explain', async () => {
    expect(await chooseEngine({ probes: all })).toEqual(report('webgpu'));
  });

  it('says in order why each better engine was not taken', async () => {
    const probes = { ...all, webgpu: fails('No adapter.'), wasm: fails('No SIMD.') };
    const chosen = await chooseEngine({ preferred: 'auto', probes });
    expect(chosen.name).toBe('cpu');
    expect(chosen.reasons).toEqual(['No adapter.', 'No SIMD.']);
  });

  it('takes a software adapter only when asked', async () => {
    const probes = { ...all, webgpu: software };
    expect((await chooseEngine({ probes })).name).toBe('wasm');
    const chosen = await chooseEngine({ preferred: 'webgpu', probes });
    expect(chosen.name).toBe('webgpu');
    expect(chosen.reasons).toEqual(['You chose this engine.']);
  });

  it('goes on when an engine starts but computes wrong numbers', async () => {
    const broken = {
      ...works('webgpu'),
      check: () => Promise.reject(new GpuUnavailableError('Wrong numbers.')),
    };
    const chosen = await chooseEngine({ probes: { ...all, webgpu: broken } });
    expect(chosen.name).toBe('wasm');
    expect(chosen.reasons).toEqual(['Wrong numbers.']);
  });

  it('puts an unexpected error into words', async () => {
    const webgpu = { start: () => Promise.reject(new TypeError('x is undefined')) };
    const chosen = await chooseEngine({ probes: { ...all, webgpu } });
    expect(chosen.reasons).toEqual(['WebGPU failed: x is undefined']);
  });

  it('does not replace the engine a person named', async () => {
    const probes = { ...all, webgpu: fails('No adapter.') };
    await expect(chooseEngine({ preferred: 'webgpu', probes })).rejects.toThrow(
      'No adapter. Choose another engine',
    );
  });

  it('passes over a rung that was lost, and says so', async () => {
    const avoid = { webgpu: 'The graphics processor was lost.' };
    const chosen = await chooseEngine({ probes: all, avoid });
    expect(chosen.name).toBe('wasm');
    expect(chosen.reasons).toEqual(['The graphics processor was lost.']);
  });

  it('lists every reason when nothing starts', async () => {
    const probes = { webgpu: fails('a.'), wasm: fails('b.'), cpu: fails('c.') };
    await expect(chooseEngine({ probes })).rejects.toMatchObject({ problems: ['a.', 'b.', 'c.'] });
  });
});
