// sum [["squared",true]]
struct Uniforms {
  rows : i32,
  count : i32,
  span : i32,
}

@group(0) @binding(0) var<storage, read_write> sums : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<uniform> uniforms : Uniforms;
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
  var laneSum = 0.0;
  let end = min(uniforms.count, (row + 1) * uniforms.span);
  for (var i = row * uniforms.span + lane; i < end; i += 64) {
    laneSum += x[i] * x[i];
  }
  let total = sumOf(laneSum, lane);
  if (lane == 0) { sums[row] = total; }
}
