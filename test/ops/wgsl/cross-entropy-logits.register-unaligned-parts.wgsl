// cross-entropy logits [["alignedIn",false],["alignedVocabulary",false],["format","bf16"],["parts",2],["plan","register"]]
struct Uniforms {
  first : i32,
  count : i32,
  vocabulary : i32,
  columns : i32,
  partRows : i32,
}

@group(0) @binding(0) var<storage, read_write> logits : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> rows : array<i32>;
@group(0) @binding(3) var<storage, read> w0 : array<u32>;
@group(0) @binding(4) var<storage, read> w1 : array<u32>;
@group(0) @binding(5) var<uniform> uniforms : Uniforms;
fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return vec4(select(0.0, x[at + 0], column + 0 < uniforms.columns), select(0.0, x[at + 1], column + 1 < uniforms.columns), select(0.0, x[at + 2], column + 2 < uniforms.columns), select(0.0, x[at + 3], column + 3 < uniforms.columns));
}

fn headRowPair(word : u32) -> vec2<f32> { return vec2(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn headRow(row : i32, column : i32) -> vec4<f32> {
  if (row < 1 * uniforms.partRows) {
    let at = row * uniforms.columns + column;
    let low = headRowPair(w0[at / 2]);
    let high = headRowPair(w0[at / 2 + 1]);
    return vec4(low, select(vec2(0.0), high, column + 2 < uniforms.columns));
  }
  let at = (row - 1 * uniforms.partRows) * uniforms.columns + column;
  let low = headRowPair(w1[at / 2]);
  let high = headRowPair(w1[at / 2 + 1]);
  return vec4(low, select(vec2(0.0), high, column + 2 < uniforms.columns));
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(rows[uniforms.first + row], k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return headRow(row, k); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.vocabulary) { return; }
  var value = sum;
  let at = row * uniforms.vocabulary + column;
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.vocabulary) { logits[at + q] = value[q]; }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let z = i32(id.z);
  let row0 = i32(id.y) * 4;
  let column0 = i32(id.x) * 8;
  if (row0 >= uniforms.count || column0 >= uniforms.vocabulary) { return; }
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
  if (row0 + 0 < uniforms.count) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 0 < uniforms.count) { store(z, row0 + 0, column0 + 4, sum0_1); }
  if (row0 + 1 < uniforms.count) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 1 < uniforms.count) { store(z, row0 + 1, column0 + 4, sum1_1); }
  if (row0 + 2 < uniforms.count) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 2 < uniforms.count) { store(z, row0 + 2, column0 + 4, sum2_1); }
  if (row0 + 3 < uniforms.count) { store(z, row0 + 3, column0 + 0, sum3_0); }
  if (row0 + 3 < uniforms.count) { store(z, row0 + 3, column0 + 4, sum3_1); }
}
