// cross-entropy losses [["gradient","none"],["lanes",64]]
struct Uniforms {
  first : i32,
  rows : i32,
  vocabulary : i32,
}

@group(0) @binding(0) var<storage, read_write> logits : array<f32>;
@group(0) @binding(1) var<storage, read_write> nll : array<f32>;
@group(0) @binding(2) var<storage, read_write> correct : array<f32>;
@group(0) @binding(3) var<storage, read> targets : array<i32>;
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

var<workgroup> firstOfSlots : array<i32, 64>;
fn firstOf(value : i32, lane : i32) -> i32 {
  firstOfSlots[lane] = value;
  workgroupBarrier();
  for (var step = 32; step > 0; step /= 2) {
    if (lane < step) {
      firstOfSlots[lane] = min(firstOfSlots[lane], firstOfSlots[lane + step]);
    }
    workgroupBarrier();
  }
  let combined = firstOfSlots[0];
  workgroupBarrier();
  return combined;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) invocation : u32) {
  let row = i32((group.y * groups.x + group.x));
  let lane = i32(invocation);
  if (row >= uniforms.rows) { return; }
  let start = row * uniforms.vocabulary;
  let chosen = targets[uniforms.first + row];
  var laneLargest = -3e38;
  for (var v = lane; v < uniforms.vocabulary; v += 64) { laneLargest = max(laneLargest, logits[start + v]); }
  let largest = largestOf(laneLargest, lane);
  var laneSum = 0.0;
  var laneFirst = uniforms.vocabulary;
  for (var v = lane; v < uniforms.vocabulary; v += 64) {
    let logit = logits[start + v];
    laneSum += exp(logit - largest);
    if (logit == largest) { laneFirst = min(laneFirst, v); }
  }
  let lse = largest + log(sumOf(laneSum, lane));
  let likeliest = firstOf(laneFirst, lane);
  if (lane == 0) {
    nll[uniforms.first + row] = lse - logits[start + chosen];
    correct[uniforms.first + row] = select(0.0, 1.0, likeliest == chosen);
  }
}
