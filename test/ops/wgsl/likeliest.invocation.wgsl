// likeliest [["lanes",1]]
struct Uniforms {
  rows : i32,
  width : i32,
}

@group(0) @binding(0) var<storage, read_write> best : array<i32>;
@group(0) @binding(1) var<storage, read> logits : array<f32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
fn largestOf(value : f32, lane : i32) -> f32 { return value; }
fn firstOf(value : i32, lane : i32) -> i32 { return value; }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) invocation : u32) {
  let row = i32((group.y * groups.x + group.x) * 64u + invocation);
  let lane = 0;
  if (row >= uniforms.rows) { return; }
  let start = row * uniforms.width;
  var laneLargest = -3e38;
  for (var v = lane; v < uniforms.width; v += 1) { laneLargest = max(laneLargest, logits[start + v]); }
  let largest = largestOf(laneLargest, lane);
  var laneFirst = uniforms.width;
  for (var v = lane; v < uniforms.width; v += 1) {
    if (logits[start + v] == largest) { laneFirst = min(laneFirst, v); }
  }
  let first = firstOf(laneFirst, lane);
  if (lane == 0) { best[row] = first; }
}
