import { afterEach, describe, expect, it } from 'vitest';
import {
  chooseMatmul,
  type MatmulTrial,
  type VariantStore,
} from '../../../src/engine/webgpu/choose-matmul.ts';
import { matmulVariant, setMatmulVariant } from '../../../src/engine/webgpu/kernel-variants.ts';

const graphics = { vendor: 'nvidia', architecture: 'ampere', device: '', description: 'RTX' };
const phone = { ...graphics, vendor: 'qualcomm', architecture: 'adreno-7xx' };
const software = {
  ...graphics,
  vendor: 'google',
  architecture: 'swiftshader',
  subgroupMaxSize: 4,
};
const limits = { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16_384 };
const device = { limits, features: new Set(['subgroups']) };

function memoryStore(): VariantStore & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    read: (key) => Promise.resolve(kept.get(key)),
    write: (key, text) => Promise.resolve(void kept.set(key, text)),
  };
}

type Tried = 'register' | 'workgroup';

/** A device on which a product takes so many milliseconds; `runs` lists what was asked of it. */
function trialOf(times: Record<Tried, number>, store: VariantStore = memoryStore()) {
  let clock = 0;
  const runs: { variant: Tried; side: number; products: number }[] = [];
  const trial: MatmulTrial = {
    work(side, products) {
      const variant = matmulVariant() as Tried;
      runs.push({ variant, side, products });
      clock += products * times[variant];
      return Promise.resolve();
    },
    store,
    now: () => clock,
  };
  return { trial, runs };
}

const refusing: VariantStore = {
  read: () => Promise.reject(new Error('private window')),
  write: () => Promise.reject(new Error('private window')),
};

afterEach(() => setMatmulVariant('workgroup'));

describe('the choice of the matrix product', () => {
  it.each(['register', 'workgroup'] as const)('is %s when that was faster', async (faster) => {
    const { trial } = trialOf({ register: 2, workgroup: 2, [faster]: 1 });
    for (const adapter of [graphics, phone]) {
      const { variant, reason } = await chooseMatmul(adapter, device, trial);
      expect(variant).toBe(faster);
      expect(matmulVariant()).toBe(faster);
      expect(reason).toContain('1.0 ms a product in a trial against 2.0 ms');
    }
  });

  it('is what the name suggests when the difference is small', async () => {
    const close = { register: 0.95, workgroup: 1 };
    const [one, other] = [trialOf(close).trial, trialOf(close).trial];
    expect((await chooseMatmul(graphics, device, one)).variant).toBe('workgroup');
    expect((await chooseMatmul(phone, device, other)).variant).toBe('register');
  });

  it('is kept for each adapter and not tried again', async () => {
    const store = memoryStore();
    const first = trialOf({ register: 1, workgroup: 3 }, store);
    await chooseMatmul(graphics, device, first.trial);
    expect([...store.kept]).toEqual([['matmul-1|nvidia|ampere||RTX', 'register']]);

    const second = trialOf({ register: 3, workgroup: 1 }, store);
    const { variant, reason } = await chooseMatmul(graphics, device, second.trial);
    expect(variant).toBe('register');
    expect(matmulVariant()).toBe('register');
    expect(reason).toContain('earlier trial');
    expect(second.runs).toEqual([]);

    const other = { ...graphics, architecture: 'turing' };
    expect((await chooseMatmul(other, device, second.trial)).variant).toBe('workgroup');
  });

  it('is tried again when what was kept means nothing', async () => {
    const store = memoryStore();
    store.kept.set('matmul-1|nvidia|ampere||RTX', 'fastest');
    const { trial, runs } = trialOf({ register: 1, workgroup: 3 }, store);
    expect((await chooseMatmul(graphics, device, trial)).variant).toBe('register');
    expect(runs.length).toBeGreaterThan(0);
  });

  it('is made without a store that works, and says so', async () => {
    const { trial } = trialOf({ register: 1, workgroup: 3 }, refusing);
    const { variant, reason } = await chooseMatmul(graphics, device, trial);
    expect(variant).toBe('register');
    expect(reason).toContain('tried again at the next start');
  });

  it('needs no trial where groups are too small for shared tiles', async () => {
    const { trial, runs } = trialOf({ register: 3, workgroup: 1 });
    const small = { ...limits, maxComputeInvocationsPerWorkgroup: 128 };
    expect((await chooseMatmul(graphics, { ...device, limits: small }, trial)).variant).toBe(
      'register',
    );
    expect(runs).toEqual([]);
  });

  it('follows the name when there is no trial', async () => {
    expect((await chooseMatmul(phone, device)).variant).toBe('register');
    expect((await chooseMatmul(graphics, device)).variant).toBe('workgroup');
  });

  it('needs no trial on a software adapter; which one depends on its subgroups', async () => {
    const { trial, runs } = trialOf({ register: 3, workgroup: 1 });
    const without = { limits, features: new Set<string>() };
    const wide = { ...software, subgroupMaxSize: 8 };
    expect((await chooseMatmul(software, device, trial)).variant).toBe('subgroup');
    expect((await chooseMatmul(software, without, trial)).variant).toBe('register');
    expect((await chooseMatmul(wide, device, trial)).variant).toBe('register');
    expect(runs).toEqual([]);
  });
});

describe('the trial', () => {
  it('gives a fast device more products, by turns', async () => {
    const fast = trialOf({ register: 0.5, workgroup: 0.5 });
    await chooseMatmul(graphics, device, fast.trial);
    expect(fast.runs.map(({ products }) => products)).toEqual([1, 1, 1, 16, 16, 16, 16, 16, 16]);
    expect(fast.runs.slice(3, 5).map(({ variant }) => variant)).toEqual(['register', 'workgroup']);
    const slow = trialOf({ register: 20, workgroup: 80 });
    await chooseMatmul(graphics, device, slow.trial);
    expect(slow.runs.map(({ products }) => products)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });
});
