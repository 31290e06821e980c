/**
 * Which of the two matrix products runs, decided in this one place. `workgroup` shares tiles
 * between the invocations of a group: right for graphics processors. `register` keeps a tile per
 * invocation and needs no barrier: right for software adapters, where shared memory is emulated
 * and several times slower, and for phones, whose shared memory is ordinary memory.
 */
export type MatmulVariant = 'workgroup' | 'register';

/** What a browser tells of an adapter, as far as it matters here. */
export interface AdapterDescription {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  isFallbackAdapter?: boolean;
}

const PHONE_VENDORS = ['arm', 'qualcomm', 'img-tec', 'samsung'];

let current: MatmulVariant = 'workgroup';

export function matmulVariant(): MatmulVariant {
  return current;
}

export function setMatmulVariant(variant: MatmulVariant): void {
  current = variant;
}

/** The variant to start with, from the adapter's name alone. */
export function matmulVariantFor(adapter: AdapterDescription): MatmulVariant {
  const phone = PHONE_VENDORS.includes(adapter.vendor.toLowerCase());
  return phone || isSoftwareAdapter(adapter) ? 'register' : 'workgroup';
}

/** Whether the adapter computes on the processor. */
export function isSoftwareAdapter(adapter: AdapterDescription): boolean {
  const { architecture, device, description } = adapter;
  return (
    adapter.isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${device} ${description}`)
  );
}

/**
 * Tries both variants on the work given and keeps the faster one.
 * @param work runs the work once and resolves when its result can be read
 * @param now a clock, milliseconds
 */
export async function chooseMatmulVariantByTrial(
  work: () => Promise<void>,
  now: () => number,
): Promise<MatmulVariant> {
  const times = new Map<MatmulVariant, number>();
  for (const variant of ['workgroup', 'register'] as const) {
    current = variant;
    // The first run compiles.
    await work();
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 3; run++) {
      const start = now();
      await work();
      best = Math.min(best, now() - start);
    }
    times.set(variant, best);
  }
  current = times.get('register')! < times.get('workgroup')! ? 'register' : 'workgroup';
  return current;
}
