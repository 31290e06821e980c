// linear [["adapter",true],["alignedIn",false],["alignedOut",false],["alignedRank",false],["bias",true],["format","f32"],["parts",2],["plan","register"],["residual",true]]
struct Uniforms {
  slots : array<vec4<i32>, 8>,
  count : i32,
  rows : i32,
  columns : i32,
  partRows : i32,
  rank : i32,
  hiddenWidth : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w0 : array<f32>;
@group(0) @binding(3) var<storage, read> w1 : array<f32>;
@group(0) @binding(4) var<storage, read> bias : array<f32>;
@group(0) @binding(5) var<storage, read> residual : array<f32>;
@group(0) @binding(6) var<storage, read> hidden : array<f32>;
@group(0) @binding(7) var<storage, read> b : array<f32>;
@group(0) @binding(8) var<uniform> uniforms : Uniforms;
fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return vec4(select(0.0, x[at + 0], column + 0 < uniforms.columns), select(0.0, x[at + 1], column + 1 < uniforms.columns), select(0.0, x[at + 2], column + 2 < uniforms.columns), select(0.0, x[at + 3], column + 3 < uniforms.columns));
}

fn weightRow(row : i32, column : i32) -> vec4<f32> {
  if (row < 1 * uniforms.partRows) {
    let at = row * uniforms.columns + column;
    return vec4(select(0.0, w0[at + 0], column + 0 < uniforms.columns), select(0.0, w0[at + 1], column + 1 < uniforms.columns), select(0.0, w0[at + 2], column + 2 < uniforms.columns), select(0.0, w0[at + 3], column + 3 < uniforms.columns));
  }
  let at = (row - 1 * uniforms.partRows) * uniforms.columns + column;
  return vec4(select(0.0, w1[at + 0], column + 0 < uniforms.columns), select(0.0, w1[at + 1], column + 1 < uniforms.columns), select(0.0, w1[at + 2], column + 2 < uniforms.columns), select(0.0, w1[at + 3], column + 3 < uniforms.columns));
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(row, k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return weightRow(row, k); }
fn hiddenRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.hiddenWidth + column;
  return vec4(select(0.0, hidden[at + 0], column + 0 < uniforms.hiddenWidth), select(0.0, hidden[at + 1], column + 1 < uniforms.hiddenWidth), select(0.0, hidden[at + 2], column + 2 < uniforms.hiddenWidth), select(0.0, hidden[at + 3], column + 3 < uniforms.hiddenWidth));
}

fn extraLeft(z : i32, row : i32, k : i32) -> vec4<f32> { return hiddenRow(row, k); }
fn update(row : i32, k : i32) -> i32 {
  let slot = uniforms.slots[k / uniforms.rank];
  let inside = row >= slot.x && row < slot.y;
  return select(-1, (slot.z + row - slot.x) * uniforms.rank + k % uniforms.rank, inside);
}

fn extraRight(z : i32, row : i32, k : i32) -> vec4<f32> {
  var value = vec4(0.0);
  for (var q = 0; q < 4; q++) {
    let at = update(row, k + q);
    if (k + q < uniforms.hiddenWidth && at >= 0) { value[q] = uniforms.scale * b[at]; }
  }
  return value;
}

fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rows) { return; }
  var value = sum;
  let at = row * uniforms.rows + column;
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.rows) { value[q] += bias[column + q]; }
  } for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.rows) { value[q] += residual[at + q]; }
  }
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.rows) { y[at + q] = value[q]; }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let z = i32(id.z);
  let row0 = i32(id.y) * 4;
  let column0 = i32(id.x) * 8;
  if (row0 >= uniforms.count || column0 >= uniforms.rows) { return; }
  var sum0_0 = vec4(0.0);
  var sum0_1 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum1_1 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum2_1 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  var sum3_1 = vec4(0.0);
  for (var k = 0; k < uniforms.columns; k += 4) {
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
  for (var k = 0; k < uniforms.hiddenWidth; k += 4) {
    let l0 = extraLeft(z, row0 + 0, k);
    let l1 = extraLeft(z, row0 + 1, k);
    let l2 = extraLeft(z, row0 + 2, k);
    let l3 = extraLeft(z, row0 + 3, k);
    let r0 = extraRight(z, column0 + 0, k);
    let r1 = extraRight(z, column0 + 1, k);
    let r2 = extraRight(z, column0 + 2, k);
    let r3 = extraRight(z, column0 + 3, k);
    let r4 = extraRight(z, column0 + 4, k);
    let r5 = extraRight(z, column0 + 5, k);
    let r6 = extraRight(z, column0 + 6, k);
    let r7 = extraRight(z, column0 + 7, k);
    sum0_0 += vec4(dot(l0, r0), dot(l0, r1), dot(l0, r2), dot(l0, r3));
    sum0_1 += vec4(dot(l0, r4), dot(l0, r5), dot(l0, r6), dot(l0, r7));
    sum1_0 += vec4(dot(l1, r0), dot(l1, r1), dot(l1, r2), dot(l1, r3));
    sum1_1 += vec4(dot(l1, r4), dot(l1, r5), dot(l1, r6), dot(l1, r7));
    sum2_0 += vec4(dot(l2, r0), dot(l2, r1), dot(l2, r2), dot(l2, r3));
    sum2_1 += vec4(dot(l2, r4), dot(l2, r5), dot(l2, r6), dot(l2, r7));
    sum3_0 += vec4(dot(l3, r0), dot(l3, r1), dot(l3, r2), dot(l3, r3));
    sum3_1 += vec4(dot(l3, r4), dot(l3, r5), dot(l3, r6), dot(l3, r7));
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
