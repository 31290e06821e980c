// rms norm backward [["lanes",64],["soFar",true]]
struct Uniforms {
  rows : i32,
  width : i32,
  epsilon : f32,
}

@group(0) @binding(0) var<storage, read_write> dx : array<f32>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;
@group(0) @binding(2) var<storage, read> x : array<f32>;
@group(0) @binding(3) var<storage, read> gamma : array<f32>;
@group(0) @binding(4) var<storage, read> dy : array<f32>;
@group(0) @binding(5) var<storage, read> soFar : array<f32>;
@group(0) @binding(6) var<uniform> uniforms : Uniforms;
var<workgroup> sumOfSlots : array<vec2<f32>, 64>;
fn sumOf(value : vec2<f32>, lane : i32) -> vec2<f32> {
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
  var sums = vec2(0.0);
  for (var c = lane; c < uniforms.width; c += 64) {
    let value = x[start + c];
    sums += value * vec2(value, gamma[c] * dy[start + c]);
  }
  let means = sumOf(sums, lane) / f32(uniforms.width);
  let rho = inverseSqrt(means.x + uniforms.epsilon);
  let along = rho * rho * means.y;
  for (var c = lane; c < uniforms.width; c += 64) {
    dx[start + c] = soFar[start + c] + rho * (gamma[c] * dy[start + c] - x[start + c] * along);
    y[start + c] = gamma[c] * x[start + c] * rho;
  }
}
