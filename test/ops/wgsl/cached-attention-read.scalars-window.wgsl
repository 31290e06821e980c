// cached attention read [["headDim",3],["heads",3],["kvHeads",3],["window",5]]
struct Uniforms {
  rows : i32,
  time : i32,
  capacity : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> qkv : array<f32>;
@group(0) @binding(2) var<storage, read> cache : array<f32>;
@group(0) @binding(3) var<storage, read> lengths : array<i32>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
var<workgroup> sumOfSlots : array<f32, 64>;
fn sumOf(value : f32, lane : i32) -> f32 {
  sumOfSlots[lane] = value;
  workgroupBarrier();
  for (var step = 32; step > 0; step /= 2) {
    if (lane < step) {
      sumOfSlots[lane] = sumOfSlots[lane] + sumOfSlots[lane + step];
    }
    workgroupBarrier();
  }
  let combined = sumOfSlots[0];
  workgroupBarrier();
  return combined;
}

var<workgroup> largestOfSlots : array<f32, 64>;
fn largestOf(value : f32, lane : i32) -> f32 {
  largestOfSlots[lane] = value;
  workgroupBarrier();
  for (var step = 32; step > 0; step /= 2) {
    if (lane < step) {
      largestOfSlots[lane] = max(largestOfSlots[lane], largestOfSlots[lane + step]);
    }
    workgroupBarrier();
  }
  let combined = largestOfSlots[0];
  workgroupBarrier();
  return combined;
}

var<workgroup> shares : array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) invocation : u32) {
  let row = i32((group.y * groups.x + group.x));
  let lane = i32(invocation);
  if (row >= uniforms.rows) { return; }
  let head = row % 3;
  let query = row / 3;
  let sequence = query / uniforms.time;
  let position = lengths[sequence] + query % uniforms.time;
  let from_query = query * 27 + head * 3;
  let keys = sequence * uniforms.capacity * 18 + (head * 3 / 3) * 3;
  let values = keys + 9;
  // Past the capacity nothing was written, so nothing is read.
  let last = select(position, -1, position >= uniforms.capacity);
  let first = max(0, position - 4);
  var largest = -1e30;
  var total = 0.0;
  var o0 = 0.0;
  for (var chunk = 0; chunk * 64 <= last - first; chunk++) {
    let s = first + chunk * 64 + lane;
    var score = -1e30;
    if (s <= last) {
      var sum = 0.0;
      for (var i = 0; i < 3; i++) {
        sum += qkv[from_query + i] * cache[keys + s * 18 + i];
      }
      score = sum * uniforms.scale;
    }
    let larger = max(largest, largestOf(score, lane));
    let shrink = exp(largest - larger);
    let share = select(0.0, exp(score - larger), s <= last);
    largest = larger;
    shares[lane] = share;
    total = total * shrink + sumOf(share, lane);
    o0 *= shrink;
    let here = min(64, last + 1 - first - chunk * 64);
    for (var i = 0; i < here; i++) {
      let value = values + (first + chunk * 64 + i) * 18;
      if (lane + 0 < 3) { o0 += shares[i] * cache[value + lane + 0]; }
    }
    workgroupBarrier();
  }
  if (lane + 0 < 3) { out[row * 3 + lane + 0] = o0 / max(total, 1e-30); }
}
