// product [["alignedLeft",false],["alignedResult",false],["alignedRight",false],["form","TN"],["plan","register"]]
struct Uniforms {
  rows : i32,
  columns : i32,
  depth : i32,
  leftWidth : i32,
  rightWidth : i32,
}

@group(0) @binding(0) var<storage, read_write> result : array<f32>;
@group(0) @binding(1) var<storage, read> left : array<f32>;
@group(0) @binding(2) var<storage, read> right : array<f32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn leftRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.leftWidth + column;
  return vec4(select(0.0, left[at + 0], column + 0 < uniforms.leftWidth), select(0.0, left[at + 1], column + 1 < uniforms.leftWidth), select(0.0, left[at + 2], column + 2 < uniforms.leftWidth), select(0.0, left[at + 3], column + 3 < uniforms.leftWidth));
}

fn rightRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rightWidth + column;
  return vec4(select(0.0, right[at + 0], column + 0 < uniforms.rightWidth), select(0.0, right[at + 1], column + 1 < uniforms.rightWidth), select(0.0, right[at + 2], column + 2 < uniforms.rightWidth), select(0.0, right[at + 3], column + 3 < uniforms.rightWidth));
}

fn leftTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return leftRow(a, b); }
fn rightTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return rightRow(a, b); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = row * uniforms.columns + column;
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.columns) { result[at + q] = value[q]; }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let z = i32(id.z);
  let row0 = i32(id.y) * 4;
  let column0 = i32(id.x) * 8;
  if (row0 >= uniforms.rows || column0 >= uniforms.columns) { return; }
  var sum0_0 = vec4(0.0);
  var sum0_1 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum1_1 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum2_1 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  var sum3_1 = vec4(0.0);
  for (var k = 0; k < uniforms.depth; k += 1) {
    let l0 = leftTerm(z, k, row0 + 0);
    let r0 = rightTerm(z, k, column0 + 0);
    let r1 = rightTerm(z, k, column0 + 4);
    sum0_0 += l0.x * r0;
    sum0_1 += l0.x * r1;
    sum1_0 += l0.y * r0;
    sum1_1 += l0.y * r1;
    sum2_0 += l0.z * r0;
    sum2_1 += l0.z * r1;
    sum3_0 += l0.w * r0;
    sum3_1 += l0.w * r1;
  }
  if (row0 + 0 < uniforms.rows) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 0 < uniforms.rows) { store(z, row0 + 0, column0 + 4, sum0_1); }
  if (row0 + 1 < uniforms.rows) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 1 < uniforms.rows) { store(z, row0 + 1, column0 + 4, sum1_1); }
  if (row0 + 2 < uniforms.rows) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 2 < uniforms.rows) { store(z, row0 + 2, column0 + 4, sum2_1); }
  if (row0 + 3 < uniforms.rows) { store(z, row0 + 3, column0 + 0, sum3_0); }
  if (row0 + 3 < uniforms.rows) { store(z, row0 + 3, column0 + 4, sum3_1); }
}
