// attention [["headDim",3],["heads",3],["kvHeads",3],["shared",false],["window",5]]
struct Uniforms {
  count : i32,
  time : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read_write> logSumExp : array<f32>;
@group(0) @binding(2) var<storage, read> qkv : array<f32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let t = index % uniforms.time;
  let head = (index / uniforms.time) % 3;
  let first_row = (index / (uniforms.time * 3)) * uniforms.time;
  let row = first_row + t;
  let query = row * 27 + head * 3;
  let keys = first_row * 27 + (3 + head * 3 / 3) * 3;
  let values = keys + 9;
  let outAt = (row * 3 + head) * 3;
  let first = max(0, t - 4);
  let q0 = qkv[query + 0] * uniforms.scale; var o0 = 0.0;
  let q1 = qkv[query + 1] * uniforms.scale; var o1 = 0.0;
  let q2 = qkv[query + 2] * uniforms.scale; var o2 = 0.0;
  var largest = -1e30;
  var total = 0.0;
  for (var s = first; s <= t; s++) {
    let key = keys + s * 27;
    let value = values + s * 27;
    let score = q0 * qkv[key + 0]
      + q1 * qkv[key + 1]
      + q2 * qkv[key + 2];
    let larger = max(largest, score);
    let shrink = exp(largest - larger);
    let share = exp(score - larger);
    largest = larger;
    total = total * shrink + share;
    o0 = o0 * shrink + share * qkv[value + 0];
    o1 = o1 * shrink + share * qkv[value + 1];
    o2 = o2 * shrink + share * qkv[value + 2];
  }
  out[outAt + 0] = o0 / total;
  out[outAt + 1] = o1 / total;
  out[outAt + 2] = o2 / total;
  logSumExp[row * 3 + head] = largest + log(total);
}
