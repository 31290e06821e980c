// widen [["format","int8"]]
struct Uniforms {
  count : i32,
}

@group(0) @binding(0) var<storage, read_write> wide : array<f32>;
@group(0) @binding(1) var<storage, read> words : array<u32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
fn wordsRowAt(block : i32, place : i32) -> vec4<f32> {
  let start = block * 17;
  let word = bitcast<i32>(words[start + 1 + place / 4]);
  let bytes = (vec4(word) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u);
  return bitcast<f32>(words[start]) * vec4<f32>(bytes);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  wide[index] = wordsRowAt(index >> 6u, index & 60)[index & 3];
}
