// gelu backward [["form","tanh"]]
struct Uniforms {
  count : i32,
}

@group(0) @binding(0) var<storage, read_write> dx : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> dy : array<f32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn inner(v : f32) -> f32 {
  let u = 0.7978845608028654 * v * (1.0 + 0.044715 * v * v);
  let e = exp(-2.0 * abs(u));
  return sign(u) * (1.0 - e) / (1.0 + e);
}

fn slope(v : f32) -> f32 {
  let t = inner(v);
  let u = 0.7978845608028654 * (1.0 + 0.134145 * v * v);
  return 0.5 * (1.0 + t) + 0.5 * v * (1.0 - t * t) * u;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  dx[index] = dy[index] * slope(x[index]);
}
