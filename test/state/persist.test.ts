import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

async function fresh() {
  vi.resetModules();
  return (await import('../../src/state/persist.ts')).askToPersist;
}

it('asks the browser once, however often something is kept', async () => {
  const persist = vi.fn(() => Promise.resolve(true));
  vi.stubGlobal('navigator', { storage: { persist } });
  const askToPersist = await fresh();
  expect(await Promise.all([askToPersist(), askToPersist()])).toEqual([true, true]);
  expect(await askToPersist()).toBe(true);
  expect(persist).toHaveBeenCalledOnce();
});

it.each([
  ['that refuses', { storage: { persist: () => Promise.reject(new Error('no')) } }],
  ['without the call', { storage: {} }],
  ['without storage', {}],
])('is false in a browser %s', async (_, navigator) => {
  vi.stubGlobal('navigator', navigator);
  expect(await (await fresh())()).toBe(false);
});
