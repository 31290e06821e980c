/** What can be said of the programs without a GPU: their keys and their text. */
import { describe, expect, it } from 'vitest';
import { matmulText, type Matmul } from '../../src/ops/wgsl-matmul.ts';
import { programKey } from '../../src/ops/wgsl-program.ts';
import { programText } from '../../src/ops/wgsl-text.ts';

describe('program keys', () => {
  it('differ whenever a baked value differs, in name, value or type', () => {
    const bakedValues = [{}, { a: 1 }, { a: 2 }, { b: 1 }, { a: '1' }, { a: true }, { a: 1, b: 1 }];
    expect(new Set(bakedValues.map((baked) => programKey('x', baked))).size).toBe(
      bakedValues.length,
    );
    expect(programKey('x', { a: 1 })).not.toBe(programKey('y', { a: 1 }));
  });

  it('do not depend on the order in which values were written', () => {
    expect(programKey('x', { a: 1, b: 2 })).toBe(programKey('x', { b: 2, a: 1 }));
  });
});

describe('program text', () => {
  it('binds outputs, inputs, then uniforms, lists first among them', () => {
    const text = programText({
      outputs: { y: 'f32' },
      inputs: { x: 'vec4<f32>' },
      uniforms: { scale: 'f32', slots: 'array<vec4<i32>, 8>' },
      code: '// code',
    });
    expect(text).toContain('@binding(0) var<storage, read_write> y : array<f32>;');
    expect(text).toContain('@binding(1) var<storage, read> x : array<vec4<f32>>;');
    expect(text).toContain('@binding(2) var<uniform> uniforms : Uniforms;');
    expect(text.indexOf('slots :')).toBeLessThan(text.indexOf('scale :'));
  });

  it('uses no atomics in any matrix product', () => {
    const product: Omit<Matmul, 'form' | 'plan'> = {
      rows: 'r',
      columns: 'c',
      terms: { left: 'l', right: 'r', depth: 'd' },
      extra: { left: 'l2', right: 'r2', depth: 'd2' },
    };
    for (const form of ['NT', 'NN', 'TN'] as const) {
      for (const plan of ['register', 'subgroup', 'tile64', 'tile32', 'split'] as const) {
        const text = matmulText({ ...product, form, plan });
        expect(text).not.toContain('atomic');
        expect(text).toContain('l2(z');
      }
    }
  });
});
