// gelu [["form","erf"]]
struct Uniforms {
  count : i32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
fn inner(v : f32) -> f32 {
  let u = abs(v) * 0.7071067811865476;
  let t = 1.0 / (1.0 + 0.3275911 * u);
  let sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741
          + t * (-1.453152027 + t * 1.061405429))));
  return sign(v) * (1.0 - sum * exp(-u * u));
}

fn slope(v : f32) -> f32 {
  return 0.5 * (1.0 + inner(v)) + v * exp(-0.5 * v * v) * 0.3989422804014327;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  y[index] = 0.5 * x[index] * (1.0 + inner(x[index]));
}
