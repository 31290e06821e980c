// swiglu []
struct Uniforms {
  count : i32,
  width : i32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let at = (index / uniforms.width) * 2 * uniforms.width + index % uniforms.width;
  let gate = x[at];
  let up = x[at + uniforms.width];
  let sigmoid = 1.0 / (1.0 + exp(-gate));
  y[index] = gate * sigmoid * up;
}
