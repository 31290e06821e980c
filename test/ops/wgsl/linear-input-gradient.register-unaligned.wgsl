// linear input gradient [["adapter",true],["alignedHidden",false],["alignedIn",false],["alignedOut",false],["format","bf16"],["parts",2],["plan","register"]]
struct Uniforms {
  count : i32,
  rows : i32,
  columns : i32,
  partRows : i32,
  hiddenWidth : i32,
}

@group(0) @binding(0) var<storage, read_write> dx : array<f32>;
@group(0) @binding(1) var<storage, read> dy : array<f32>;
@group(0) @binding(2) var<storage, read> w0 : array<u32>;
@group(0) @binding(3) var<storage, read> w1 : array<u32>;
@group(0) @binding(4) var<storage, read> g : array<f32>;
@group(0) @binding(5) var<storage, read> a : array<f32>;
@group(0) @binding(6) var<uniform> uniforms : Uniforms;
fn dyRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rows + column;
  return vec4(select(0.0, dy[at + 0], column + 0 < uniforms.rows), select(0.0, dy[at + 1], column + 1 < uniforms.rows), select(0.0, dy[at + 2], column + 2 < uniforms.rows), select(0.0, dy[at + 3], column + 3 < uniforms.rows));
}

fn weightRowPair(word : u32) -> vec2<f32> { return vec2(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn weightRow(row : i32, column : i32) -> vec4<f32> {
  if (row < 1 * uniforms.partRows) {
    let at = row * uniforms.columns + column;
    let low = weightRowPair(w0[at / 2]);
    let high = weightRowPair(w0[at / 2 + 1]);
    return vec4(low, select(vec2(0.0), high, column + 2 < uniforms.columns));
  }
  let at = (row - 1 * uniforms.partRows) * uniforms.columns + column;
  let low = weightRowPair(w1[at / 2]);
  let high = weightRowPair(w1[at / 2 + 1]);
  return vec4(low, select(vec2(0.0), high, column + 2 < uniforms.columns));
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return dyRow(row, k); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return weightRow(k, column); }
fn gRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.hiddenWidth + column;
  return vec4(select(0.0, g[at + 0], column + 0 < uniforms.hiddenWidth), select(0.0, g[at + 1], column + 1 < uniforms.hiddenWidth), select(0.0, g[at + 2], column + 2 < uniforms.hiddenWidth), select(0.0, g[at + 3], column + 3 < uniforms.hiddenWidth));
}

fn aRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return vec4(select(0.0, a[at + 0], column + 0 < uniforms.columns), select(0.0, a[at + 1], column + 1 < uniforms.columns), select(0.0, a[at + 2], column + 2 < uniforms.columns), select(0.0, a[at + 3], column + 3 < uniforms.columns));
}

fn extraLeft(z : i32, row : i32, k : i32) -> vec4<f32> { return gRow(row, k); }
fn extraRight(z : i32, k : i32, column : i32) -> vec4<f32> { return aRow(k, column); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = row * uniforms.columns + column;
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.columns) { dx[at + q] = value[q]; }
  }
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
