// linear [["adapter",true],["alignedIn",true],["alignedOut",true],["alignedRank",true],["bias",true],["format","f32"],["parts",1],["plan","register"],["residual",true]]
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

@group(0) @binding(0) var<storage, read_write> y : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w0 : array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias : array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> residual : array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> hidden : array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> b : array<vec4<f32>>;
@group(0) @binding(7) var<uniform> uniforms : Uniforms;
fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return x[at / 4];
}

fn weightRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return w0[at / 4];
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(row, k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return weightRow(row, k); }
fn hiddenRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.hiddenWidth + column;
  return hidden[at / 4];
}

fn extraLeft(z : i32, row : i32, k : i32) -> vec4<f32> { return hiddenRow(row, k); }
fn update(row : i32, k : i32) -> i32 {
  let slot = uniforms.slots[k / uniforms.rank];
  let inside = row >= slot.x && row < slot.y;
  return select(-1, (slot.z + row - slot.x) * uniforms.rank + k % uniforms.rank, inside);
}

fn extraRight(z : i32, row : i32, k : i32) -> vec4<f32> {
  let at = update(row, k);
  return select(vec4(0.0), uniforms.scale * b[max(at, 0) / 4], at >= 0);
}

fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rows) { return; }
  var value = sum;
  let at = row * uniforms.rows + column;
  value += bias[(column) / 4]; value += residual[(at) / 4];
  y[at / 4] = value;
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
