// cross-entropy losses [["gradient","scaled"],["lanes",1]]
struct Uniforms {
  first : i32,
  rows : i32,
  vocabulary : i32,
}

@group(0) @binding(0) var<storage, read_write> logits : array<f32>;
@group(0) @binding(1) var<storage, read_write> nll : array<f32>;
@group(0) @binding(2) var<storage, read_write> correct : array<f32>;
@group(0) @binding(3) var<storage, read> targets : array<i32>;
@group(0) @binding(4) var<storage, read> dy : array<f32>;
@group(0) @binding(5) var<uniform> uniforms : Uniforms;
fn sumOf(value : f32, lane : i32) -> f32 { return value; }
fn largestOf(value : f32, lane : i32) -> f32 { return value; }
fn firstOf(value : i32, lane : i32) -> i32 { return value; }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) invocation : u32) {
  let row = i32((group.y * groups.x + group.x) * 64u + invocation);
  let lane = 0;
  if (row >= uniforms.rows) { return; }
  let start = row * uniforms.vocabulary;
  let chosen = targets[uniforms.first + row];
  var laneLargest = -3e38;
  for (var v = lane; v < uniforms.vocabulary; v += 1) { laneLargest = max(laneLargest, logits[start + v]); }
  let largest = largestOf(laneLargest, lane);
  var laneSum = 0.0;
  var laneFirst = uniforms.vocabulary;
  for (var v = lane; v < uniforms.vocabulary; v += 1) {
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
  for (var v = lane; v < uniforms.vocabulary; v += 1) {
    let d = exp(logits[start + v] - lse) - select(0.0, 1.0, v == chosen);
    logits[start + v] = d * dy[uniforms.first + row];
  }
}
