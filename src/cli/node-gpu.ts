/** WebGPU in Node: Dawn, from the npm package `webgpu`, which is used where it was installed. */
import { GpuUnavailableError } from '../errors.ts';

/** 130 MB for all platforms: too much to be installed with every copy of this project. */
const PACKAGE = 'webgpu';
const INSTALL = 'npm install --no-save webgpu@0.6.2';

interface Dawn {
  create: (flags: string[]) => GPU;
  globals: object;
}

/**
 * Makes WebGPU global, as in a browser: its classes, and `navigator.gpu`.
 * @param load for tests
 * @throws GpuUnavailableError saying what to do, when the package is missing or finds no driver
 */
export async function provideNodeGpu(
  load: () => Promise<unknown> = () => import(PACKAGE),
): Promise<void> {
  const gpu = await openDawn(load);
  if (!(await gpu.requestAdapter())) {
    throw new GpuUnavailableError(
      'WebGPU finds no driver here: on Linux it needs libvulkan.so.1 (package libvulkan1 on Debian) and the Vulkan driver of the graphics card, which VK_DRIVER_FILES can name.',
    );
  }
  // Node has no navigator up to version 20, and one without `gpu` from 21.
  const present = (globalThis as { navigator?: object }).navigator ?? {};
  Object.defineProperty(present, 'gpu', { value: gpu, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: present, configurable: true });
}

async function openDawn(load: () => Promise<unknown>): Promise<GPU> {
  try {
    const { create, globals } = (await load()) as Dawn;
    Object.assign(globalThis, globals);
    return create([]);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      throw new GpuUnavailableError(
        `WebGPU outside a browser needs the package ${PACKAGE} (130 MB), which "${INSTALL}" installs.`,
        [],
        { cause },
      );
    }
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new GpuUnavailableError(`The package ${PACKAGE} cannot be loaded: ${message}`, [], {
      cause,
    });
  }
}
