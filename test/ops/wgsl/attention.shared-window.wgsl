// attention [["headDim",16],["heads",4],["kvHeads",2],["shared",true],["window",5]]
enable subgroups;
diagnostic(off, subgroup_uniformity);
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
  let query = row * 32 + head * 4;
  let keys = first_row * 32 + (4 + head * 2 / 4) * 4;
  let values = keys + 8;
  let outAt = (row * 4 + head) * 4;
  let first = max(0, t - 4);
  let q0 = qkv[query + 0] * uniforms.scale; var o0 = vec4(0.0);
  let q1 = qkv[query + 1] * uniforms.scale; var o1 = vec4(0.0);
  let q2 = qkv[query + 2] * uniforms.scale; var o2 = vec4(0.0);
  let q3 = qkv[query + 3] * uniforms.scale; var o3 = vec4(0.0);
  var largest = -1e30;
  var total = 0.0;
  let base = t & ~3;
  for (var s = max(0, base - 4); s <= base + 3; s++) {
    let key = keys + s * 32;
    let value = values + s * 32;
    let kQuarter0 = qkv[key + (index & 3) * 1 + 0];
    let k0 = subgroupBroadcast(kQuarter0, 0u);
    let k1 = subgroupBroadcast(kQuarter0, 1u);
    let k2 = subgroupBroadcast(kQuarter0, 2u);
    let k3 = subgroupBroadcast(kQuarter0, 3u);
    let vQuarter0 = qkv[value + (index & 3) * 1 + 0];
    let v0 = subgroupBroadcast(vQuarter0, 0u);
    let v1 = subgroupBroadcast(vQuarter0, 1u);
    let v2 = subgroupBroadcast(vQuarter0, 2u);
    let v3 = subgroupBroadcast(vQuarter0, 3u);
    if (s < first || s > t) { continue; }
    let score = dot(q0, k0)
      + dot(q1, k1)
      + dot(q2, k2)
      + dot(q3, k3);
    let larger = max(largest, score);
    let shrink = exp(largest - larger);
    let share = exp(score - larger);
    largest = larger;
    total = total * shrink + share;
    o0 = o0 * shrink + share * v0;
    o1 = o1 * shrink + share * v1;
    o2 = o2 * shrink + share * v2;
    o3 = o3 * shrink + share * v3;
  }
  out[outAt + 0] = o0 / total;
  out[outAt + 1] = o1 / total;
  out[outAt + 2] = o2 / total;
  out[outAt + 3] = o3 / total;
  logSumExp[row * 4 + head] = largest + log(total);
}
