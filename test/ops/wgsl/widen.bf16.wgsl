// widen [["format","bf16"]]
struct Uniforms {
  count : i32,
}

@group(0) @binding(0) var<storage, read_write> wide : array<f32>;
@group(0) @binding(1) var<storage, read> words : array<u32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let word = words[index / 2] >> (16u * u32(index % 2)); wide[index] = bitcast<f32>(word << 16u);
}
