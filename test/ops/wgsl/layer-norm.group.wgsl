// layer norm [["lanes",64]]
struct Uniforms {
  rows : i32,
  width : i32,
  epsilon : f32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> gamma : array<f32>;
@group(0) @binding(3) var<storage, read> beta : array<f32>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
var<workgroup> sumOfSlots : array<f32, 64>;
fn sumOf(value : f32, lane : i32) -> f32 {
  sumOfSlots[lane] = value;
  workgroupBarrier();
  for (var step = 32; step > 0; step /= 2) {
    if (lane < step) {
      sumOfSlots[lane] = sumOfSlots[lane] + sumOfSlots[lane + step];
    }
    workgroupBarrier();
  }
  let combined = sumOfSlots[0];
  workgroupBarrier();
  return combined;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) invocation : u32) {
  let row = i32((group.y * groups.x + group.x));
  let lane = i32(invocation);
  if (row >= uniforms.rows) { return; }
  let start = row * uniforms.width;
  let width = f32(uniforms.width);
  var total = 0.0;
  for (var c = lane; c < uniforms.width; c += 64) { total += x[start + c]; }
  let mean = sumOf(total, lane) / width;
  var squares = 0.0;
  for (var c = lane; c < uniforms.width; c += 64) {
    let centered = x[start + c] - mean;
    squares += centered * centered;
  }
  let rho = inverseSqrt(sumOf(squares, lane) / width + uniforms.epsilon);
  for (var c = lane; c < uniforms.width; c += 64) {
    y[start + c] = gamma[c] * (x[start + c] - mean) * rho + beta[c];
  }
}
