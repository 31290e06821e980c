/**
 * Which of the two matrix products runs, known in this one place. `workgroup` shares tiles
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

/** The variant that the adapter's name suggests; `chooseMatmul` measures. */
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
