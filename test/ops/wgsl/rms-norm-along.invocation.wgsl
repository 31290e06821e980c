// rms norm along [["lanes",1]]
struct Uniforms {
  rows : i32,
  width : i32,
  epsilon : f32,
}

@group(0) @binding(0) var<storage, read_write> along : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> dy : array<f32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn sumOf(value : f32, lane : i32) -> f32 { return value; }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) invocation : u32) {
  let row = i32((group.y * groups.x + group.x) * 64u + invocation);
  let lane = 0;
  if (row >= uniforms.rows) { return; }
  let start = row * uniforms.width;
  var squares = 0.0;
  for (var c = lane; c < uniforms.width; c += 1) {
    squares += x[start + c] * x[start + c];
  }
  let rho = inverseSqrt(sumOf(squares, lane) / f32(uniforms.width) + uniforms.epsilon);
  for (var c = lane; c < uniforms.width; c += 1) {
    along[start + c] = dy[start + c] * x[start + c] * rho;
  }
}
