// attention [["headDim",8],["heads",4],["kvHeads",2],["shared",false],["window",0]]
struct Uniforms {
  count : i32,
  time : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> out : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> logSumExp : array<f32>;
@group(0) @binding(2) var<storage, read> qkv : array<vec4<f32>>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let t = index % uniforms.time;
  let head = (index / uniforms.time) % 4;
  let first_row = (index / (uniforms.time * 4)) * uniforms.time;
  let row = first_row + t;
  let query = row * 16 + head * 2;
  let keys = first_row * 16 + (4 + head * 2 / 4) * 2;
  let values = keys + 4;
  let outAt = (row * 4 + head) * 2;
  let first = 0;
  let q0 = qkv[query + 0] * uniforms.scale; var o0 = vec4(0.0);
  let q1 = qkv[query + 1] * uniforms.scale; var o1 = vec4(0.0);
  var largest = -1e30;
  var total = 0.0;
  for (var s = first; s <= t; s++) {
    let key = keys + s * 16;
    let value = values + s * 16;
    let score = dot(q0, qkv[key + 0])
      + dot(q1, qkv[key + 1]);
    let larger = max(largest, score);
    let shrink = exp(largest - larger);
    let share = exp(score - larger);
    largest = larger;
    total = total * shrink + share;
    o0 = o0 * shrink + share * qkv[value + 0];
    o1 = o1 * shrink + share * qkv[value + 1];
  }
  out[outAt + 0] = o0 / total;
  out[outAt + 1] = o1 / total;
  logSumExp[row * 4 + head] = largest + log(total);
}
