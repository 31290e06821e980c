// product [["alignedLeft",true],["alignedResult",true],["alignedRight",true],["form","NT"],["plan","register"]]
struct Uniforms {
  rows : i32,
  columns : i32,
  depth : i32,
  leftWidth : i32,
  rightWidth : i32,
}

@group(0) @binding(0) var<storage, read_write> result : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> left : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> right : array<vec4<f32>>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn leftRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.leftWidth + column;
  return left[at / 4];
}

fn rightRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rightWidth + column;
  return right[at / 4];
}

fn leftTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return leftRow(a, b); }
fn rightTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return rightRow(a, b); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = row * uniforms.columns + column;
  result[at / 4] = value;
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
  for (var k = 0; k < uniforms.depth; k += 4) {
    let l0 = leftTerm(z, row0 + 0, k);
    let l1 = leftTerm(z, row0 + 1, k);
    let l2 = leftTerm(z, row0 + 2, k);
    let l3 = leftTerm(z, row0 + 3, k);
    let r0 = rightTerm(z, column0 + 0, k);
    let r1 = rightTerm(z, column0 + 1, k);
    let r2 = rightTerm(z, column0 + 2, k);
    let r3 = rightTerm(z, column0 + 3, k);
    let r4 = rightTerm(z, column0 + 4, k);
    let r5 = rightTerm(z, column0 + 5, k);
    let r6 = rightTerm(z, column0 + 6, k);
    let r7 = rightTerm(z, column0 + 7, k);
    sum0_0 += vec4(dot(l0, r0), dot(l0, r1), dot(l0, r2), dot(l0, r3));
    sum0_1 += vec4(dot(l0, r4), dot(l0, r5), dot(l0, r6), dot(l0, r7));
    sum1_0 += vec4(dot(l1, r0), dot(l1, r1), dot(l1, r2), dot(l1, r3));
    sum1_1 += vec4(dot(l1, r4), dot(l1, r5), dot(l1, r6), dot(l1, r7));
    sum2_0 += vec4(dot(l2, r0), dot(l2, r1), dot(l2, r2), dot(l2, r3));
    sum2_1 += vec4(dot(l2, r4), dot(l2, r5), dot(l2, r6), dot(l2, r7));
    sum3_0 += vec4(dot(l3, r0), dot(l3, r1), dot(l3, r2), dot(l3, r3));
    sum3_1 += vec4(dot(l3, r4), dot(l3, r5), dot(l3, r6), dot(l3, r7));
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
