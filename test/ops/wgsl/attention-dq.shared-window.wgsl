// attention dq [["headDim",16],["heads",4],["kvHeads",2],["shared",true],["window",5]]
enable subgroups;
diagnostic(off, subgroup_uniformity);
struct Uniforms {
  count : i32,
  time : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> dqkv : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> deltas : array<f32>;
@group(0) @binding(2) var<storage, read> qkv : array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> out : array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> logSumExp : array<f32>;
@group(0) @binding(5) var<storage, read> dy : array<vec4<f32>>;
@group(0) @binding(6) var<uniform> uniforms : Uniforms;
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
  let q0 = qkv[query + 0] * uniforms.scale; var dq0 = vec4(0.0);
  let q1 = qkv[query + 1] * uniforms.scale; var dq1 = vec4(0.0);
  let q2 = qkv[query + 2] * uniforms.scale; var dq2 = vec4(0.0);
  let q3 = qkv[query + 3] * uniforms.scale; var dq3 = vec4(0.0);
  let g0 = dy[outAt + 0];
  let g1 = dy[outAt + 1];
  let g2 = dy[outAt + 2];
  let g3 = dy[outAt + 3];
  let lse = logSumExp[row * 4 + head];
  let delta = dot(g0, out[outAt + 0])
    + dot(g1, out[outAt + 1])
    + dot(g2, out[outAt + 2])
    + dot(g3, out[outAt + 3]);
  deltas[row * 4 + head] = delta;
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
    let slope = dot(g0, v0)
      + dot(g1, v1)
      + dot(g2, v2)
      + dot(g3, v3);
    let dScore = exp(score - lse) * (slope - delta);
    dq0 += dScore * k0;
    dq1 += dScore * k1;
    dq2 += dScore * k2;
    dq3 += dScore * k3;
  }
  dqkv[query + 0] = uniforms.scale * dq0;
  dqkv[query + 1] = uniforms.scale * dq1;
  dqkv[query + 2] = uniforms.scale * dq2;
  dqkv[query + 3] = uniforms.scale * dq3;
}
