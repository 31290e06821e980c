// linear input gradient [["adapter",true],["alignedHidden",true],["alignedIn",true],["alignedOut",true],["format","f32"],["parts",1],["plan","register"]]
struct Uniforms {
  count : i32,
  rows : i32,
  columns : i32,
  partRows : i32,
  hiddenWidth : i32,
}

@group(0) @binding(0) var<storage, read_write> dx : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w0 : array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> g : array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> a : array<vec4<f32>>;
@group(0) @binding(5) var<uniform> uniforms : Uniforms;
fn dyRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rows + column;
  return dy[at / 4];
}

fn weightRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return w0[at / 4];
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return dyRow(row, k); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return weightRow(k, column); }
fn gRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.hiddenWidth + column;
  return g[at / 4];
}

fn aRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return a[at / 4];
}

fn extraLeft(z : i32, row : i32, k : i32) -> vec4<f32> { return gRow(row, k); }
fn extraRight(z : i32, k : i32, column : i32) -> vec4<f32> { return aRow(k, column); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = row * uniforms.columns + column;
  dx[at / 4] = value;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let z = i32(id.z);
  let row0 = i32(id.y) * 4;
  let column0 = i32(id.x) * 8;
  if (row0 >= uniforms.count || column0 >= uniforms.columns) { return; }
  var sum0_0 = vec4(0.0);
  var sum0_1 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum1_1 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum2_1 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  var sum3_1 = vec4(0.0);
  for (var k = 0; k < uniforms.rows; k += 4) {
    let l0 = leftTerm(z, row0 + 0, k);
    let l1 = leftTerm(z, row0 + 1, k);
    let l2 = leftTerm(z, row0 + 2, k);
    let l3 = leftTerm(z, row0 + 3, k);
    let r0x = rightTerm(z, k + 0, column0 + 0);
    let r1x = rightTerm(z, k + 0, column0 + 4);
    sum0_0 += l0.x * r0x;
    sum0_1 += l0.x * r1x;
    sum1_0 += l1.x * r0x;
    sum1_1 += l1.x * r1x;
    sum2_0 += l2.x * r0x;
    sum2_1 += l2.x * r1x;
    sum3_0 += l3.x * r0x;
    sum3_1 += l3.x * r1x;
    let r0y = rightTerm(z, k + 1, column0 + 0);
    let r1y = rightTerm(z, k + 1, column0 + 4);
    sum0_0 += l0.y * r0y;
    sum0_1 += l0.y * r1y;
    sum1_0 += l1.y * r0y;
    sum1_1 += l1.y * r1y;
    sum2_0 += l2.y * r0y;
    sum2_1 += l2.y * r1y;
    sum3_0 += l3.y * r0y;
    sum3_1 += l3.y * r1y;
    let r0z = rightTerm(z, k + 2, column0 + 0);
    let r1z = rightTerm(z, k + 2, column0 + 4);
    sum0_0 += l0.z * r0z;
    sum0_1 += l0.z * r1z;
    sum1_0 += l1.z * r0z;
    sum1_1 += l1.z * r1z;
    sum2_0 += l2.z * r0z;
    sum2_1 += l2.z * r1z;
    sum3_0 += l3.z * r0z;
    sum3_1 += l3.z * r1z;
    let r0w = rightTerm(z, k + 3, column0 + 0);
    let r1w = rightTerm(z, k + 3, column0 + 4);
    sum0_0 += l0.w * r0w;
    sum0_1 += l0.w * r1w;
    sum1_0 += l1.w * r0w;
    sum1_1 += l1.w * r1w;
    sum2_0 += l2.w * r0w;
    sum2_1 += l2.w * r1w;
    sum3_0 += l3.w * r0w;
    sum3_1 += l3.w * r1w;
  }
  for (var k = 0; k < uniforms.hiddenWidth; k += 4) {
    let l0 = extraLeft(z, row0 + 0, k);
    let l1 = extraLeft(z, row0 + 1, k);
    let l2 = extraLeft(z, row0 + 2, k);
    let l3 = extraLeft(z, row0 + 3, k);
    let r0x = extraRight(z, k + 0, column0 + 0);
    let r1x = extraRight(z, k + 0, column0 + 4);
    sum0_0 += l0.x * r0x;
    sum0_1 += l0.x * r1x;
    sum1_0 += l1.x * r0x;
    sum1_1 += l1.x * r1x;
    sum2_0 += l2.x * r0x;
    sum2_1 += l2.x * r1x;
    sum3_0 += l3.x * r0x;
    sum3_1 += l3.x * r1x;
    let r0y = extraRight(z, k + 1, column0 + 0);
    let r1y = extraRight(z, k + 1, column0 + 4);
    sum0_0 += l0.y * r0y;
    sum0_1 += l0.y * r1y;
    sum1_0 += l1.y * r0y;
    sum1_1 += l1.y * r1y;
    sum2_0 += l2.y * r0y;
    sum2_1 += l2.y * r1y;
    sum3_0 += l3.y * r0y;
    sum3_1 += l3.y * r1y;
    let r0z = extraRight(z, k + 2, column0 + 0);
    let r1z = extraRight(z, k + 2, column0 + 4);
    sum0_0 += l0.z * r0z;
    sum0_1 += l0.z * r1z;
    sum1_0 += l1.z * r0z;
    sum1_1 += l1.z * r1z;
    sum2_0 += l2.z * r0z;
    sum2_1 += l2.z * r1z;
    sum3_0 += l3.z * r0z;
    sum3_1 += l3.z * r1z;
    let r0w = extraRight(z, k + 3, column0 + 0);
    let r1w = extraRight(z, k + 3, column0 + 4);
    sum0_0 += l0.w * r0w;
    sum0_1 += l0.w * r1w;
    sum1_0 += l1.w * r0w;
    sum1_1 += l1.w * r1w;
    sum2_0 += l2.w * r0w;
    sum2_1 += l2.w * r1w;
    sum3_0 += l3.w * r0w;
    sum3_1 += l3.w * r1w;
  }
  if (row0 + 0 < uniforms.count) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 0 < uniforms.count) { store(z, row0 + 0, column0 + 4, sum0_1); }
  if (row0 + 1 < uniforms.count) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 1 < uniforms.count) { store(z, row0 + 1, column0 + 4, sum1_1); }
  if (row0 + 2 < uniforms.count) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 2 < uniforms.count) { store(z, row0 + 2, column0 + 4, sum2_1); }
  if (row0 + 3 < uniforms.count) { store(z, row0 + 3, column0 + 0, sum3_0); }
  if (row0 + 3 < uniforms.count) { store(z, row0 + 3, column0 + 4, sum3_1); }
}
