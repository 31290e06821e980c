// cached attention write []
struct Uniforms {
  count : i32,
  time : i32,
  capacity : i32,
  width : i32,
  cached : i32,
}

@group(0) @binding(0) var<storage, read_write> cache : array<f32>;
@group(0) @binding(1) var<storage, read> qkv : array<f32>;
@group(0) @binding(2) var<storage, read> lengths : array<i32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let row = index / uniforms.cached;
  let column = index % uniforms.cached;
  let sequence = row / uniforms.time;
  let position = lengths[sequence] + row % uniforms.time;
  if (position < uniforms.capacity) {
    cache[(sequence * uniforms.capacity + position) * uniforms.cached + column] =
    qkv[row * uniforms.width + uniforms.width - uniforms.cached + column];
  }
}
