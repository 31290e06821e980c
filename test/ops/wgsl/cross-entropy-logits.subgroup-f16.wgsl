// cross-entropy logits [["alignedIn",true],["alignedVocabulary",true],["format","f16"],["parts",1],["plan","subgroup"]]
enable subgroups;
diagnostic(off, subgroup_uniformity);
struct Uniforms {
  first : i32,
  count : i32,
  vocabulary : i32,
  columns : i32,
  partRows : i32,
}

@group(0) @binding(0) var<storage, read_write> logits : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> rows : array<i32>;
@group(0) @binding(3) var<storage, read> w0 : array<vec2<u32>>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return x[at / 4];
}

fn headRowPair(word : u32) -> vec2<f32> { return unpack2x16float(word); }
fn headRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  let words = w0[at / 4];
  return vec4(headRowPair(words.x), headRowPair(words.y));
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(rows[uniforms.first + row], k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return headRow(row, k); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.vocabulary) { return; }
  var value = sum;
  let at = row * uniforms.vocabulary + column;
  logits[at / 4] = value;
}

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let z = i32(group.z);
  let lane = i32(local);
  let row0 = i32(group.y) * 16;
  let column0 = (i32(group.x) * 4 + lane) * 8;
  var sum0_0 = vec4(0.0);
  var sum0_1 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum1_1 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum2_1 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  var sum3_1 = vec4(0.0);
  var sum4_0 = vec4(0.0);
  var sum4_1 = vec4(0.0);
  var sum5_0 = vec4(0.0);
  var sum5_1 = vec4(0.0);
  var sum6_0 = vec4(0.0);
  var sum6_1 = vec4(0.0);
  var sum7_0 = vec4(0.0);
  var sum7_1 = vec4(0.0);
  var sum8_0 = vec4(0.0);
  var sum8_1 = vec4(0.0);
  var sum9_0 = vec4(0.0);
  var sum9_1 = vec4(0.0);
  var sum10_0 = vec4(0.0);
  var sum10_1 = vec4(0.0);
  var sum11_0 = vec4(0.0);
  var sum11_1 = vec4(0.0);
  var sum12_0 = vec4(0.0);
  var sum12_1 = vec4(0.0);
  var sum13_0 = vec4(0.0);
  var sum13_1 = vec4(0.0);
  var sum14_0 = vec4(0.0);
  var sum14_1 = vec4(0.0);
  var sum15_0 = vec4(0.0);
  var sum15_1 = vec4(0.0);
  {
    let depth = uniforms.columns;
    for (var k = 0; k < depth; k += 4) {
      let quarter0 = leftTerm(z, row0 + 0 + lane, k);
      let quarter1 = leftTerm(z, row0 + 4 + lane, k);
      let quarter2 = leftTerm(z, row0 + 8 + lane, k);
      let quarter3 = leftTerm(z, row0 + 12 + lane, k);
      let l0 = subgroupBroadcast(quarter0, 0u);
      let l1 = subgroupBroadcast(quarter0, 1u);
      let l2 = subgroupBroadcast(quarter0, 2u);
      let l3 = subgroupBroadcast(quarter0, 3u);
      let l4 = subgroupBroadcast(quarter1, 0u);
      let l5 = subgroupBroadcast(quarter1, 1u);
      let l6 = subgroupBroadcast(quarter1, 2u);
      let l7 = subgroupBroadcast(quarter1, 3u);
      let l8 = subgroupBroadcast(quarter2, 0u);
      let l9 = subgroupBroadcast(quarter2, 1u);
      let l10 = subgroupBroadcast(quarter2, 2u);
      let l11 = subgroupBroadcast(quarter2, 3u);
      let l12 = subgroupBroadcast(quarter3, 0u);
      let l13 = subgroupBroadcast(quarter3, 1u);
      let l14 = subgroupBroadcast(quarter3, 2u);
      let l15 = subgroupBroadcast(quarter3, 3u);
      let t0 = rightTerm(z, column0 + 0, k);
      let t1 = rightTerm(z, column0 + 1, k);
      let t2 = rightTerm(z, column0 + 2, k);
      let t3 = rightTerm(z, column0 + 3, k);
      let t4 = rightTerm(z, column0 + 4, k);
      let t5 = rightTerm(z, column0 + 5, k);
      let t6 = rightTerm(z, column0 + 6, k);
      let t7 = rightTerm(z, column0 + 7, k);
      let r0x = vec4(t0.x, t1.x, t2.x, t3.x);
      let r1x = vec4(t4.x, t5.x, t6.x, t7.x);
      sum0_0 += l0.x * r0x;
      sum0_1 += l0.x * r1x;
      sum1_0 += l1.x * r0x;
      sum1_1 += l1.x * r1x;
      sum2_0 += l2.x * r0x;
      sum2_1 += l2.x * r1x;
      sum3_0 += l3.x * r0x;
      sum3_1 += l3.x * r1x;
      sum4_0 += l4.x * r0x;
      sum4_1 += l4.x * r1x;
      sum5_0 += l5.x * r0x;
      sum5_1 += l5.x * r1x;
      sum6_0 += l6.x * r0x;
      sum6_1 += l6.x * r1x;
      sum7_0 += l7.x * r0x;
      sum7_1 += l7.x * r1x;
      sum8_0 += l8.x * r0x;
      sum8_1 += l8.x * r1x;
      sum9_0 += l9.x * r0x;
      sum9_1 += l9.x * r1x;
      sum10_0 += l10.x * r0x;
      sum10_1 += l10.x * r1x;
      sum11_0 += l11.x * r0x;
      sum11_1 += l11.x * r1x;
      sum12_0 += l12.x * r0x;
      sum12_1 += l12.x * r1x;
      sum13_0 += l13.x * r0x;
      sum13_1 += l13.x * r1x;
      sum14_0 += l14.x * r0x;
      sum14_1 += l14.x * r1x;
      sum15_0 += l15.x * r0x;
      sum15_1 += l15.x * r1x;
      let r0y = vec4(t0.y, t1.y, t2.y, t3.y);
      let r1y = vec4(t4.y, t5.y, t6.y, t7.y);
      sum0_0 += l0.y * r0y;
      sum0_1 += l0.y * r1y;
      sum1_0 += l1.y * r0y;
      sum1_1 += l1.y * r1y;
      sum2_0 += l2.y * r0y;
      sum2_1 += l2.y * r1y;
      sum3_0 += l3.y * r0y;
      sum3_1 += l3.y * r1y;
      sum4_0 += l4.y * r0y;
      sum4_1 += l4.y * r1y;
      sum5_0 += l5.y * r0y;
      sum5_1 += l5.y * r1y;
      sum6_0 += l6.y * r0y;
      sum6_1 += l6.y * r1y;
      sum7_0 += l7.y * r0y;
      sum7_1 += l7.y * r1y;
      sum8_0 += l8.y * r0y;
      sum8_1 += l8.y * r1y;
      sum9_0 += l9.y * r0y;
      sum9_1 += l9.y * r1y;
      sum10_0 += l10.y * r0y;
      sum10_1 += l10.y * r1y;
      sum11_0 += l11.y * r0y;
      sum11_1 += l11.y * r1y;
      sum12_0 += l12.y * r0y;
      sum12_1 += l12.y * r1y;
      sum13_0 += l13.y * r0y;
      sum13_1 += l13.y * r1y;
      sum14_0 += l14.y * r0y;
      sum14_1 += l14.y * r1y;
      sum15_0 += l15.y * r0y;
      sum15_1 += l15.y * r1y;
      let r0z = vec4(t0.z, t1.z, t2.z, t3.z);
      let r1z = vec4(t4.z, t5.z, t6.z, t7.z);
      sum0_0 += l0.z * r0z;
      sum0_1 += l0.z * r1z;
      sum1_0 += l1.z * r0z;
      sum1_1 += l1.z * r1z;
      sum2_0 += l2.z * r0z;
      sum2_1 += l2.z * r1z;
      sum3_0 += l3.z * r0z;
      sum3_1 += l3.z * r1z;
      sum4_0 += l4.z * r0z;
      sum4_1 += l4.z * r1z;
      sum5_0 += l5.z * r0z;
      sum5_1 += l5.z * r1z;
      sum6_0 += l6.z * r0z;
      sum6_1 += l6.z * r1z;
      sum7_0 += l7.z * r0z;
      sum7_1 += l7.z * r1z;
      sum8_0 += l8.z * r0z;
      sum8_1 += l8.z * r1z;
      sum9_0 += l9.z * r0z;
      sum9_1 += l9.z * r1z;
      sum10_0 += l10.z * r0z;
      sum10_1 += l10.z * r1z;
      sum11_0 += l11.z * r0z;
      sum11_1 += l11.z * r1z;
      sum12_0 += l12.z * r0z;
      sum12_1 += l12.z * r1z;
      sum13_0 += l13.z * r0z;
      sum13_1 += l13.z * r1z;
      sum14_0 += l14.z * r0z;
      sum14_1 += l14.z * r1z;
      sum15_0 += l15.z * r0z;
      sum15_1 += l15.z * r1z;
      let r0w = vec4(t0.w, t1.w, t2.w, t3.w);
      let r1w = vec4(t4.w, t5.w, t6.w, t7.w);
      sum0_0 += l0.w * r0w;
      sum0_1 += l0.w * r1w;
      sum1_0 += l1.w * r0w;
      sum1_1 += l1.w * r1w;
      sum2_0 += l2.w * r0w;
      sum2_1 += l2.w * r1w;
      sum3_0 += l3.w * r0w;
      sum3_1 += l3.w * r1w;
      sum4_0 += l4.w * r0w;
      sum4_1 += l4.w * r1w;
      sum5_0 += l5.w * r0w;
      sum5_1 += l5.w * r1w;
      sum6_0 += l6.w * r0w;
      sum6_1 += l6.w * r1w;
      sum7_0 += l7.w * r0w;
      sum7_1 += l7.w * r1w;
      sum8_0 += l8.w * r0w;
      sum8_1 += l8.w * r1w;
      sum9_0 += l9.w * r0w;
      sum9_1 += l9.w * r1w;
      sum10_0 += l10.w * r0w;
      sum10_1 += l10.w * r1w;
      sum11_0 += l11.w * r0w;
      sum11_1 += l11.w * r1w;
      sum12_0 += l12.w * r0w;
      sum12_1 += l12.w * r1w;
      sum13_0 += l13.w * r0w;
      sum13_1 += l13.w * r1w;
      sum14_0 += l14.w * r0w;
      sum14_1 += l14.w * r1w;
      sum15_0 += l15.w * r0w;
      sum15_1 += l15.w * r1w;
    }
  }
  if (row0 + 0 < uniforms.count) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 0 < uniforms.count) { store(z, row0 + 0, column0 + 4, sum0_1); }
  if (row0 + 1 < uniforms.count) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 1 < uniforms.count) { store(z, row0 + 1, column0 + 4, sum1_1); }
  if (row0 + 2 < uniforms.count) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 2 < uniforms.count) { store(z, row0 + 2, column0 + 4, sum2_1); }
  if (row0 + 3 < uniforms.count) { store(z, row0 + 3, column0 + 0, sum3_0); }
  if (row0 + 3 < uniforms.count) { store(z, row0 + 3, column0 + 4, sum3_1); }
  if (row0 + 4 < uniforms.count) { store(z, row0 + 4, column0 + 0, sum4_0); }
  if (row0 + 4 < uniforms.count) { store(z, row0 + 4, column0 + 4, sum4_1); }
  if (row0 + 5 < uniforms.count) { store(z, row0 + 5, column0 + 0, sum5_0); }
  if (row0 + 5 < uniforms.count) { store(z, row0 + 5, column0 + 4, sum5_1); }
  if (row0 + 6 < uniforms.count) { store(z, row0 + 6, column0 + 0, sum6_0); }
  if (row0 + 6 < uniforms.count) { store(z, row0 + 6, column0 + 4, sum6_1); }
  if (row0 + 7 < uniforms.count) { store(z, row0 + 7, column0 + 0, sum7_0); }
  if (row0 + 7 < uniforms.count) { store(z, row0 + 7, column0 + 4, sum7_1); }
  if (row0 + 8 < uniforms.count) { store(z, row0 + 8, column0 + 0, sum8_0); }
  if (row0 + 8 < uniforms.count) { store(z, row0 + 8, column0 + 4, sum8_1); }
  if (row0 + 9 < uniforms.count) { store(z, row0 + 9, column0 + 0, sum9_0); }
  if (row0 + 9 < uniforms.count) { store(z, row0 + 9, column0 + 4, sum9_1); }
  if (row0 + 10 < uniforms.count) { store(z, row0 + 10, column0 + 0, sum10_0); }
  if (row0 + 10 < uniforms.count) { store(z, row0 + 10, column0 + 4, sum10_1); }
  if (row0 + 11 < uniforms.count) { store(z, row0 + 11, column0 + 0, sum11_0); }
  if (row0 + 11 < uniforms.count) { store(z, row0 + 11, column0 + 4, sum11_1); }
  if (row0 + 12 < uniforms.count) { store(z, row0 + 12, column0 + 0, sum12_0); }
  if (row0 + 12 < uniforms.count) { store(z, row0 + 12, column0 + 4, sum12_1); }
  if (row0 + 13 < uniforms.count) { store(z, row0 + 13, column0 + 0, sum13_0); }
  if (row0 + 13 < uniforms.count) { store(z, row0 + 13, column0 + 4, sum13_1); }
  if (row0 + 14 < uniforms.count) { store(z, row0 + 14, column0 + 0, sum14_0); }
  if (row0 + 14 < uniforms.count) { store(z, row0 + 14, column0 + 4, sum14_1); }
  if (row0 + 15 < uniforms.count) { store(z, row0 + 15, column0 + 0, sum15_0); }
  if (row0 + 15 < uniforms.count) { store(z, row0 + 15, column0 + 4, sum15_1); }
}
