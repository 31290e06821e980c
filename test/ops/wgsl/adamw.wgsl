// adamw []
struct Uniforms {
  count : i32,
  gradientScale : f32,
  beta1 : f32,
  beta2 : f32,
  rest1 : f32,
  rest2 : f32,
  decayed : i32,
  decay : f32,
  step : f32,
  correction2 : f32,
  epsilon : f32,
}

@group(0) @binding(0) var<storage, read_write> parameter : array<f32>;
@group(0) @binding(1) var<storage, read_write> momentum : array<f32>;
@group(0) @binding(2) var<storage, read_write> variance : array<f32>;
@group(0) @binding(3) var<storage, read> gradient : array<f32>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let g = gradient[index] * uniforms.gradientScale;
  let m = uniforms.beta1 * momentum[index] + uniforms.rest1 * g;
  let v = uniforms.beta2 * variance[index] + uniforms.rest2 * g * g;
  momentum[index] = m;
  variance[index] = v;
  let kept = select(1.0, uniforms.decay, index < uniforms.decayed);
  parameter[index] = parameter[index] * kept
    - uniforms.step * m / (sqrt(v / uniforms.correction2) + uniforms.epsilon);
}
