/**
 * Which matrix product runs on an adapter: the one that a short trial finds faster, kept for the
 * next start; without a trial the one its name suggests. Software adapters are not tried: shared
 * memory is emulated there, and a trial would take seconds to find out.
 */
import {
  isSoftwareAdapter,
  matmulVariantFor,
  setMatmulVariant,
  type AdapterDescription,
  type MatmulVariant,
} from './kernel-variants.ts';

/** Keeps what a trial found; short texts by key. A store may refuse: then every start tries anew. */
export interface VariantStore {
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string): Promise<void>;
}

export interface MatmulTrial {
  /** Computes so many square products of this side and resolves when the last can be read. */
  work: (side: number, products: number) => Promise<void>;
  store: VariantStore;
  /** A clock, milliseconds. */
  now: () => number;
}

export interface MatmulChoice {
  variant: MatmulVariant;
  /** A plain sentence. */
  reason: string;
}

/** The variants that are tried; the third is for software adapters alone. */
type TriedVariant = Exclude<MatmulVariant, 'subgroup'>;

export interface MatmulDevice {
  limits: SharingLimits;
  features: ReadonlySet<string>;
}

export type SharingLimits = Pick<
  GPUSupportedLimits,
  'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupStorageSize'
>;

/** Goes up when a product's text changes: what was found before is then tried again. */
const TRIAL_VERSION = 1;
/** Of one product: enough tiles for a graphics processor. */
const SIDE = 768;
/** One timed run, milliseconds: long beside the way to the device and back. */
const RUN_MS = 8;
const MOST_PRODUCTS = 16;
const RUNS = 3;
/** The variant not suggested by the adapter's name must win by this much, so that noise decides nothing. */
const CLEARLY = 0.9;
/** Invocations of a group of the workgroup variant, and the bytes they share. */
const GROUP = { invocations: 256, bytes: 8192 };

/** Makes the choice and sets it. Errors of the store end in another trial, never in an error. */
export async function chooseMatmul(
  adapter: AdapterDescription,
  device: MatmulDevice,
  trial?: MatmulTrial,
): Promise<MatmulChoice> {
  const choice = await choose(adapter, device, trial);
  setMatmulVariant(choice.variant);
  return choice;
}

async function choose(
  adapter: AdapterDescription,
  { limits, features }: MatmulDevice,
  trial: MatmulTrial | undefined,
): Promise<MatmulChoice> {
  const suggested = matmulVariantFor(adapter, features);
  if (suggested === 'subgroup' || isSoftwareAdapter(adapter)) {
    return sentence(suggested, 'the adapter computes on the processor');
  }
  if (
    limits.maxComputeInvocationsPerWorkgroup < GROUP.invocations ||
    limits.maxComputeWorkgroupStorageSize < GROUP.bytes
  ) {
    return sentence('register', 'the adapter’s groups are too small for the other kind');
  }
  if (!trial) return sentence(suggested, 'by the kind of adapter');
  const key = keyOf(adapter);
  const kept = await trial.store.read(key).catch(() => undefined);
  if (kept === 'register' || kept === 'workgroup') {
    return sentence(kept, 'faster in an earlier trial on this adapter');
  }
  const { register, workgroup, products } = await timesOf(suggested, trial);
  const [suggestedTime, other] =
    suggested === 'register' ? [register, workgroup] : [workgroup, register];
  const unsuggested = suggested === 'register' ? 'workgroup' : 'register';
  const variant = other < CLEARLY * suggestedTime ? unsuggested : suggested;
  const [taken, left] = variant === suggested ? [suggestedTime, other] : [other, suggestedTime];
  const figures = `${perProduct(taken, products)} ms a product in a trial against ${perProduct(left, products)} ms`;
  try {
    await trial.store.write(key, variant);
    return sentence(variant, figures);
  } catch {
    return sentence(variant, `${figures}; to be tried again at the next start`);
  }
}

/** Best times of one run of each variant, milliseconds; by turns, since machines speed up and slow down. */
async function timesOf(
  suggested: TriedVariant,
  { work, now }: MatmulTrial,
): Promise<Record<TriedVariant, number> & { products: number }> {
  const run = async (variant: TriedVariant, products: number) => {
    setMatmulVariant(variant);
    const start = now();
    await work(SIDE, products);
    return now() - start;
  };
  // The first run of each compiles; the third tells how many products fill a run.
  await run('register', 1);
  await run('workgroup', 1);
  const one = await run(suggested, 1);
  const products = Math.max(1, Math.min(MOST_PRODUCTS, Math.round(RUN_MS / Math.max(one, 0.1))));
  const best = { register: Infinity, workgroup: Infinity };
  for (let turn = 0; turn < RUNS; turn++) {
    for (const variant of ['register', 'workgroup'] as const) {
      best[variant] = Math.min(best[variant], await run(variant, products));
    }
  }
  return { ...best, products };
}

function keyOf({ vendor, architecture, device, description }: AdapterDescription): string {
  return [`matmul-${TRIAL_VERSION}`, vendor, architecture, device, description].join('|');
}

function perProduct(milliseconds: number, products: number): string {
  return (milliseconds / products).toPrecision(2);
}

function sentence(variant: MatmulVariant, why: string): MatmulChoice {
  const kind = {
    register: 'in registers',
    subgroup: 'in registers, read by four invocations together',
    workgroup: 'in shared memory',
  }[variant];
  return { variant, reason: `Matrix products keep their tiles ${kind}: ${why}.` };
}
