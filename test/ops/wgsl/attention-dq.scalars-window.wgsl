// attention dq [["headDim",3],["heads",3],["kvHeads",3],["shared",false],["window",5]]
struct Uniforms {
  count : i32,
  time : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> dqkv : array<f32>;
@group(0) @binding(1) var<storage, read_write> deltas : array<f32>;
@group(0) @binding(2) var<storage, read> qkv : array<f32>;
@group(0) @binding(3) var<storage, read> out : array<f32>;
@group(0) @binding(4) var<storage, read> logSumExp : array<f32>;
@group(0) @binding(5) var<storage, read> dy : array<f32>;
@group(0) @binding(6) var<uniform> uniforms : Uniforms;
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
  let q0 = qkv[query + 0] * uniforms.scale; var dq0 = 0.0;
  let q1 = qkv[query + 1] * uniforms.scale; var dq1 = 0.0;
  let q2 = qkv[query + 2] * uniforms.scale; var dq2 = 0.0;
  let g0 = dy[outAt + 0];
  let g1 = dy[outAt + 1];
  let g2 = dy[outAt + 2];
  let lse = logSumExp[row * 3 + head];
  let delta = g0 * out[outAt + 0]
    + g1 * out[outAt + 1]
    + g2 * out[outAt + 2];
  deltas[row * 3 + head] = delta;
  for (var s = first; s <= t; s++) {
    let key = keys + s * 27;
    let value = values + s * 27;
    let score = q0 * qkv[key + 0]
      + q1 * qkv[key + 1]
      + q2 * qkv[key + 2];
    let slope = g0 * qkv[value + 0]
      + g1 * qkv[value + 1]
      + g2 * qkv[value + 2];
    let dScore = exp(score - lse) * (slope - delta);
    dq0 += dScore * qkv[key + 0];
    dq1 += dScore * qkv[key + 1];
    dq2 += dScore * qkv[key + 2];
  }
  dqkv[query + 0] = uniforms.scale * dq0;
  dqkv[query + 1] = uniforms.scale * dq1;
  dqkv[query + 2] = uniforms.scale * dq2;
}
