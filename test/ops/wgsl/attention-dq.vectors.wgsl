// attention dq [["headDim",8],["heads",4],["kvHeads",2],["shared",false],["window",0]]
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
  let query = row * 16 + head * 2;
  let keys = first_row * 16 + (4 + head * 2 / 4) * 2;
  let values = keys + 4;
  let outAt = (row * 4 + head) * 2;
  let first = 0;
  let q0 = qkv[query + 0] * uniforms.scale; var dq0 = vec4(0.0);
  let q1 = qkv[query + 1] * uniforms.scale; var dq1 = vec4(0.0);
  let g0 = dy[outAt + 0];
  let g1 = dy[outAt + 1];
  let lse = logSumExp[row * 4 + head];
  let delta = dot(g0, out[outAt + 0])
    + dot(g1, out[outAt + 1]);
  deltas[row * 4 + head] = delta;
  for (var s = first; s <= t; s++) {
    let key = keys + s * 16;
    let value = values + s * 16;
    let score = dot(q0, qkv[key + 0])
      + dot(q1, qkv[key + 1]);
    let slope = dot(g0, qkv[value + 0])
      + dot(g1, qkv[value + 1]);
    let dScore = exp(score - lse) * (slope - delta);
    dq0 += dScore * qkv[key + 0];
    dq1 += dScore * qkv[key + 1];
  }
  dqkv[query + 0] = uniforms.scale * dq0;
  dqkv[query + 1] = uniforms.scale * dq1;
}
