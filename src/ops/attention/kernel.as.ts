/**
 * Causal grouped-query attention on the CPU, as matrix products over blocks of queries: scores of
 * one block exist at a time, in the thread's scratch memory. Threads divide sequences and query
 * heads; in the backward pass each head has its own dk and dv, which are added up afterwards in a
 * fixed order.
 */
import { gemmBlock } from '../linear/kernel.as';
import { dot, exp4, share, sumLanes } from '../simd.as';

/** Queries of a block. */
const QUERIES: i32 = 48;
/** Scratch of the matrix product comes first; mirrored in the glue. */
const GEMM_BYTES: usize = 120 * 256 * 4 + 256 * 256 * 4 + 256;

export function attention(
  qkv: usize, out: usize, lse: usize,
  batch: i32, time: i32, heads: i32, kvHeads: i32, headDim: i32, window: i32, scale: f32,
  part: i32, parts: i32, scratch: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const outWidth = heads * headDim;
  const scores = scratch + GEMM_BYTES;
  const end = share(batch * heads, part + 1, parts, 1);
  for (let unit = share(batch * heads, part, parts, 1); unit < end; unit++) {
    const b = unit / heads;
    const head = unit % heads;
    const kvHead = (head * kvHeads) / heads;
    const rows = qkv + <usize>(b * time) * <usize>width * 4;
    const query = rows + <usize>(head * headDim) * 4;
    const key = rows + <usize>((heads + kvHead) * headDim) * 4;
    const value = rows + <usize>((heads + kvHeads + kvHead) * headDim) * 4;
    const target = out + (<usize>(b * time) * <usize>outWidth + <usize>(head * headDim)) * 4;
    for (let t: i32 = 0; t < time; t += QUERIES) {
      const count = min(QUERIES, time - t);
      const seen = t + count;
      scoreBlock(query, key, scores, width, t, count, seen, headDim, scale, scratch);
      for (let i: i32 = 0; i < count; i++) {
        const at = lse + (<usize>(b * time + t + i) * <usize>heads + <usize>head) * 4;
        softmaxRow(scores + <usize>(i * seen) * 4, t + i, seen, window, at);
      }
      gemmBlock(
        scores, seen, 1, value, width, 1, 0,
        target + <usize>t * <usize>outWidth * 4, outWidth, 0, count, 0, headDim, seen, 1, false, scratch,
      );
    }
  }
}

/** scores [count, seen] = scale · q·kᵀ, unmasked. */
function scoreBlock(
  query: usize, key: usize, scores: usize, width: i32, t: i32, count: i32, seen: i32,
  headDim: i32, scale: f32, scratch: usize,
): void {
  gemmBlock(
    query + <usize>t * <usize>width * 4, width, 1, key, 1, width, 0,
    scores, seen, 0, count, 0, seen, headDim, scale, false, scratch,
  );
}

// @ts-ignore: decorator
@inline
function firstSeen(position: i32, window: i32): i32 {
  return window > 0 ? max(0, position - window + 1) : 0;
}

/** Scores → probabilities of one query; what it may not see becomes 0. Stores logsumexp. */
function softmaxRow(row: usize, position: i32, seen: i32, window: i32, lse: usize): void {
  const first = firstSeen(position, window);
  let s = first;
  let largest4 = f32x4.splat(load<f32>(row + <usize>first * 4));
  for (; s + 4 <= position + 1; s += 4) {
    largest4 = f32x4.pmax(largest4, v128.load(row + <usize>s * 4));
  }
  let largest = max(
    max(f32x4.extract_lane(largest4, 0), f32x4.extract_lane(largest4, 1)),
    max(f32x4.extract_lane(largest4, 2), f32x4.extract_lane(largest4, 3)),
  );
  for (; s <= position; s++) largest = max(largest, load<f32>(row + <usize>s * 4));
  let total: f32 = 0;
  const top = f32x4.splat(largest);
  s = first;
  let sums = f32x4.splat(0);
  for (; s + 4 <= position + 1; s += 4) {
    const e = exp4(f32x4.sub(v128.load(row + <usize>s * 4), top));
    v128.store(row + <usize>s * 4, e);
    sums = f32x4.add(sums, e);
  }
  total = sumLanes(sums);
  for (; s <= position; s++) {
    const e = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(row + <usize>s * 4) - largest)), 0);
    store<f32>(row + <usize>s * 4, e);
    total += e;
  }
  const inverse: f32 = 1 / total;
  for (s = 0; s < first; s++) store<f32>(row + <usize>s * 4, 0);
  const inverse4 = f32x4.splat(inverse);
  for (s = first; s + 4 <= position + 1; s += 4) {
    v128.store(row + <usize>s * 4, f32x4.mul(inverse4, v128.load(row + <usize>s * 4)));
  }
  for (; s <= position; s++) {
    store<f32>(row + <usize>s * 4, inverse * load<f32>(row + <usize>s * 4));
  }
  for (s = position + 1; s < seen; s++) store<f32>(row + <usize>s * 4, 0);
  store<f32>(lse, largest + <f32>NativeMath.log(<f64>total));
}

/**
 * @param partial dk, then dv of every query head, in rows `partialWidth` apart: where they belong in
 *   dqkv when each has a key/value head of its own, else to be added up by `addHeadGroups`
 */
export function attentionBackward(
  qkv: usize, out: usize, lse: usize, dy: usize, dqkv: usize, partial: usize,
  partialWidth: i32,
  batch: i32, time: i32, heads: i32, kvHeads: i32, headDim: i32, window: i32, scale: f32,
  part: i32, parts: i32, scratch: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const outWidth = heads * headDim;
  const probabilities = scratch + GEMM_BYTES;
  const gradients = probabilities + <usize>(QUERIES * time) * 4;
  const end = share(batch * heads, part + 1, parts, 1);
  for (let unit = share(batch * heads, part, parts, 1); unit < end; unit++) {
    const b = unit / heads;
    const head = unit % heads;
    const kvHead = (head * kvHeads) / heads;
    const rows = <usize>(b * time) * <usize>width * 4;
    const keyAt = rows + <usize>((heads + kvHead) * headDim) * 4;
    const valueAt = rows + <usize>((heads + kvHeads + kvHead) * headDim) * 4;
    const dKey =
      partial + (<usize>(b * time) * <usize>partialWidth + <usize>(head * headDim)) * 4;
    const dValue = dKey + <usize>outWidth * 4;
    for (let t: i32 = 0; t < time; t++) {
      const row = <usize>t * <usize>partialWidth * 4;
      memory.fill(dKey + row, 0, <usize>headDim * 4);
      memory.fill(dValue + row, 0, <usize>headDim * 4);
    }
    const queryAt = rows + <usize>(head * headDim) * 4;
    const outAt = (<usize>(b * time) * <usize>outWidth + <usize>(head * headDim)) * 4;
    for (let t: i32 = 0; t < time; t += QUERIES) {
      const count = min(QUERIES, time - t);
      const seen = t + count;
      const dOut = dy + outAt + <usize>t * <usize>outWidth * 4;
      const queryRow = <usize>t * <usize>width * 4;
      scoreBlock(qkv + queryAt, qkv + keyAt, probabilities, width, t, count, seen, headDim, scale, scratch);
      gemmBlock(
        dOut, outWidth, 1, qkv + valueAt, 1, width, 0,
        gradients, seen, 0, count, 0, seen, headDim, 1, false, scratch,
      );
      for (let i: i32 = 0; i < count; i++) {
        const offset = <usize>(i * seen) * 4;
        const sum = load<f32>(lse + (<usize>(b * time + t + i) * <usize>heads + <usize>head) * 4);
        const o = out + outAt + <usize>(t + i) * <usize>outWidth * 4;
        const delta = dot(o, dOut + <usize>(i * outWidth) * 4, headDim);
        gradientRow(probabilities + offset, gradients + offset, t + i, seen, window, sum, delta);
      }
      gemmBlock(
        gradients, seen, 1, qkv + keyAt, width, 1, 0,
        dqkv + queryAt + queryRow, width, 0, count, 0, headDim, seen, scale, false, scratch,
      );
      gemmBlock(
        gradients, 1, seen, qkv + queryAt + queryRow, width, 1, 0,
        dKey, partialWidth, 0, seen, 0, headDim, count, scale, true, scratch,
      );
      gemmBlock(
        probabilities, 1, seen, dOut, outWidth, 1, 0,
        dValue, partialWidth, 0, seen, 0, headDim, count, 1, true, scratch,
      );
    }
  }
}

/** dk and dv of every key/value head: the sum over its query heads, in their order. */
export function addHeadGroups(
  partial: usize, dqkv: usize, rows: i32, heads: i32, kvHeads: i32, headDim: i32,
  part: i32, parts: i32,
): void {
  const group = heads / kvHeads;
  const width = <usize>((heads + 2 * kvHeads) * headDim) * 4;
  const bytes = <usize>headDim * 4;
  const end = share(rows, part + 1, parts, 1);
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const source = partial + <usize>row * <usize>(2 * heads) * bytes;
    const target = dqkv + <usize>row * width + <usize>heads * bytes;
    // dk and dv lie one after another in both, so they are one run of 2·Hkv sums.
    for (let kvHead: i32 = 0; kvHead < 2 * kvHeads; kvHead++) {
      const from = source + <usize>(kvHead * group) * bytes;
      const to = target + <usize>kvHead * bytes;
      for (let at: usize = 0; at < bytes; at += 4) {
        let sum = load<f32>(from + at);
        for (let member: i32 = 1; member < group; member++) {
          sum += load<f32>(from + <usize>member * bytes + at);
        }
        store<f32>(to + at, sum);
      }
    }
  }
}

/** Scores → P = exp(S − L), and dP → dS = P∘(dP − δ), of one query. */
function gradientRow(
  p: usize, g: usize, position: i32, seen: i32, window: i32, lse: f32, delta: f32,
): void {
  const first = firstSeen(position, window);
  for (let s: i32 = 0; s < seen; s += 4) {
    // Rows lie one after another, so a vector may only be used when it stays inside the row.
    if (s >= first && s + 3 <= position) {
      const at = <usize>s * 4;
      const probability = exp4(f32x4.sub(v128.load(p + at), f32x4.splat(lse)));
      v128.store(p + at, probability);
      v128.store(g + at, f32x4.mul(probability, f32x4.sub(v128.load(g + at), f32x4.splat(delta))));
      continue;
    }
    const last = min(seen, s + 4);
    for (let x = s; x < last; x++) {
      const at = <usize>x * 4;
      if (x < first || x > position) {
        store<f32>(p + at, 0);
        store<f32>(g + at, 0);
      } else {
        const probability = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(p + at) - lse)), 0);
        store<f32>(p + at, probability);
        store<f32>(g + at, probability * (load<f32>(g + at) - delta));
      }
    }
  }
}

/** New keys and values go into the cache; each sequence and head attends by itself. */
export function cachedAttention(
  qkv: usize, cache: usize, lengths: usize, out: usize,
  batch: i32, time: i32, capacity: i32, heads: i32, kvHeads: i32, headDim: i32, window: i32,
  scale: f32, part: i32, parts: i32, scratch: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const cached = 2 * kvHeads * headDim;
  const group = heads / kvHeads;
  const scores = scratch + GEMM_BYTES;
  const end = share(batch * kvHeads, part + 1, parts, 1);
  for (let unit = share(batch * kvHeads, part, parts, 1); unit < end; unit++) {
    const b = unit / kvHeads;
    const kvHead = unit % kvHeads;
    const store0 = cache + <usize>(b * capacity) * <usize>cached * 4;
    const keys = store0 + <usize>(kvHead * headDim) * 4;
    const values = store0 + <usize>((kvHeads + kvHead) * headDim) * 4;
    const length = load<i32>(lengths + <usize>b * 4);
    for (let t: i32 = 0; t < time; t++) {
      const position = length + t;
      const row = qkv + <usize>(b * time + t) * <usize>width * 4;
      const to = <usize>position * <usize>cached * 4;
      if (position >= capacity) continue;
      memory.copy(keys + to, row + <usize>((heads + kvHead) * headDim) * 4, <usize>headDim * 4);
      memory.copy(values + to, row + <usize>((heads + kvHeads + kvHead) * headDim) * 4, <usize>headDim * 4);
    }
    for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
      for (let t: i32 = 0; t < time; t++) {
        const position = length + t;
        const target = out + <usize>((b * time + t) * heads * headDim + head * headDim) * 4;
        memory.fill(target, 0, <usize>headDim * 4);
        if (position >= capacity) continue;
        const query = qkv + (<usize>(b * time + t) * <usize>width + <usize>(head * headDim)) * 4;
        attendOne(query, keys, values, target, scores, cached, headDim, position, window, scale);
      }
    }
  }
}

function attendOne(
  query: usize, keys: usize, values: usize, target: usize, scores: usize,
  stride: i32, headDim: i32, position: i32, window: i32, scale: f32,
): void {
  const first = firstSeen(position, window);
  for (let s = first; s <= position; s++) {
    const key = keys + <usize>s * <usize>stride * 4;
    store<f32>(scores + <usize>s * 4, dot(query, key, headDim) * scale);
  }
  softmaxRow(scores, position, position + 1, window, scores + <usize>(position + 8) * 4);
  for (let s = first; s <= position; s++) {
    const value = values + <usize>s * <usize>stride * 4;
    const weight = load<f32>(scores + <usize>s * 4);
    const weight4 = f32x4.splat(weight);
    let d: i32 = 0;
    for (; d + 4 <= headDim; d += 4) {
      const at = <usize>d * 4;
      v128.store(target + at, f32x4.add(v128.load(target + at), f32x4.mul(weight4, v128.load(value + at))));
    }
    for (; d < headDim; d++) {
      const at = <usize>d * 4;
      store<f32>(target + at, load<f32>(target + at) + weight * load<f32>(value + at));
    }
  }
}
