// likeliest [["lanes",256]]
struct Uniforms {
  rows : i32,
  width : i32,
}

@group(0) @binding(0) var<storage, read_write> best : array<i32>;
@group(0) @binding(1) var<storage, read> logits : array<f32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
var<workgroup> largestOfSlots : array<f32, 256>;
fn largestOf(value : f32, lane : i32) -> f32 {
  largestOfSlots[lane] = value;
  workgroupBarrier();
  for (var step = 128; step > 0; step /= 2) {
    if (lane < step) {
      largestOfSlots[lane] = max(largestOfSlots[lane], largestOfSlots[lane + step]);
    }
    workgroupBarrier();
  }
  let combined = largestOfSlots[0];
  workgroupBarrier();
  return combined;
}

var<workgroup> firstOfSlots : array<i32, 256>;
fn firstOf(value : i32, lane : i32) -> i32 {
  firstOfSlots[lane] = value;
  workgroupBarrier();
  for (var step = 128; step > 0; step /= 2) {
    if (lane < step) {
      firstOfSlots[lane] = min(firstOfSlots[lane], firstOfSlots[lane + step]);
    }
    workgroupBarrier();
  }
  let combined = firstOfSlots[0];
  workgroupBarrier();
  return combined;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) invocation : u32) {
  let row = i32((group.y * groups.x + group.x));
  let lane = i32(invocation);
  if (row >= uniforms.rows) { return; }
  let start = row * uniforms.width;
  var laneLargest = -3e38;
  for (var v = lane; v < uniforms.width; v += 256) { laneLargest = max(laneLargest, logits[start + v]); }
  let largest = largestOf(laneLargest, lane);
  var laneFirst = uniforms.width;
  for (var v = lane; v < uniforms.width; v += 256) {
    if (logits[start + v] == largest) { laneFirst = min(laneFirst, v); }
  }
  let first = firstOf(laneFirst, lane);
  if (lane == 0) { best[row] = first; }
}
