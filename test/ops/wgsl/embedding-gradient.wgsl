// embedding gradient []
struct Uniforms {
  count : i32,
  columns : i32,
  rows : i32,
}

@group(0) @binding(0) var<storage, read_write> dw : array<f32>;
@group(0) @binding(1) var<storage, read> ids : array<i32>;
@group(0) @binding(2) var<storage, read> dy : array<f32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let id = index / uniforms.columns;
  let column = index % uniforms.columns;
  var sum = 0.0;
  for (var row = 0; row < uniforms.rows; row++) {
    if (ids[row] == id) { sum += dy[row * uniforms.columns + column]; }
  }
  dw[index] = sum;
}
