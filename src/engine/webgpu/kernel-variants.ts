/**
 * Which variants of the WebGPU kernels run, known in this one place.
 *
 * Matrix products: `workgroup` shares tiles between the invocations of a group: right for graphics
 * processors. `register` keeps a tile per invocation and needs no barrier: right for phones, whose
 * shared memory is ordinary memory. `subgroup` is that for processors that simulate one, four
 * invocations at a time: there reading memory is what costs, so the four read for each other.
 *
 * Sums over a row: by a group that shares its memory, or by one invocation where a barrier costs
 * more than the row.
 */
export type MatmulVariant = 'workgroup' | 'register' | 'subgroup';

/** What a browser tells of an adapter, as far as it matters here. */
export interface AdapterDescription {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  isFallbackAdapter?: boolean;
  subgroupMaxSize?: number;
}

/** Invocations that read for each other in `subgroup`. */
export const SUBGROUP = 4;
const PHONE_VENDORS = ['arm', 'qualcomm', 'img-tec', 'samsung'];

let matmul: MatmulVariant = 'workgroup';
let barriersCostly = false;

export function matmulVariant(): MatmulVariant {
  return matmul;
}

export function setMatmulVariant(variant: MatmulVariant): void {
  matmul = variant;
}

/** Invocations that work on one row: `wanted`, or 1 where they could not share what they found. */
export function rowLanes(wanted: number): number {
  return barriersCostly ? 1 : wanted;
}

export function setBarriersCostly(costly: boolean): void {
  barriersCostly = costly;
}

/**
 * The variant that the adapter's name suggests.
 * @param features of the device
 */
export function matmulVariantFor(
  adapter: AdapterDescription,
  features: ReadonlySet<string>,
): MatmulVariant {
  if (isSoftwareAdapter(adapter)) {
    const four = features.has('subgroups') && adapter.subgroupMaxSize === SUBGROUP;
    return four ? 'subgroup' : 'register';
  }
  return PHONE_VENDORS.includes(adapter.vendor.toLowerCase()) ? 'register' : 'workgroup';
}

/** Whether the adapter computes on the processor. */
export function isSoftwareAdapter(adapter: AdapterDescription): boolean {
  const { architecture, device, description } = adapter;
  return (
    adapter.isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${device} ${description}`)
  );
}
