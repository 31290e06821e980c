// dropout []
struct Uniforms {
  count : i32,
  seed : u32,
  threshold : u32,
  kept : f32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  var hash = (u32(index) * 0x9e3779b1u) ^ uniforms.seed;
  hash = (hash ^ (hash >> 16u)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13u)) * 0xc2b2ae35u;
  hash = hash ^ (hash >> 16u);
  y[index] = select(x[index] * uniforms.kept, 0.0, hash < uniforms.threshold);
}
