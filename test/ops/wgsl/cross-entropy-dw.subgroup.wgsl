// cross-entropy dw [["alignedIn",true],["alignedVocabulary",true],["plan","subgroup"]]
enable subgroups;
diagnostic(off, subgroup_uniformity);
struct Uniforms {
  first : i32,
  count : i32,
  vocabulary : i32,
  columns : i32,
  partRows : i32,
}

@group(0) @binding(0) var<storage, read_write> dw : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> rows : array<i32>;
@group(0) @binding(3) var<storage, read> logits : array<vec4<f32>>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
fn logitsRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.vocabulary + column;
  return logits[at / 4];
}

fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return x[at / 4];
}

fn leftTerm(z : i32, k : i32, row : i32) -> vec4<f32> { return logitsRow(k, row); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> {
  return xRow(rows[uniforms.first + k], column);
}

fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = row * uniforms.columns + column;
  if (uniforms.first > 0) { value += dw[at / 4]; }
  dw[at / 4] = value;
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
    let depth = uniforms.count;
    for (var k = 0; k < depth; k += 4) {
      let quarter0 = select(vec4(0.0), leftTerm(z, min(k + lane, depth - 1), row0 + 0), k + lane < depth);
      let quarter1 = select(vec4(0.0), leftTerm(z, min(k + lane, depth - 1), row0 + 4), k + lane < depth);
      let quarter2 = select(vec4(0.0), leftTerm(z, min(k + lane, depth - 1), row0 + 8), k + lane < depth);
      let quarter3 = select(vec4(0.0), leftTerm(z, min(k + lane, depth - 1), row0 + 12), k + lane < depth);
      let l0x = subgroupBroadcast(quarter0, 0u);
      let l1x = subgroupBroadcast(quarter1, 0u);
      let l2x = subgroupBroadcast(quarter2, 0u);
      let l3x = subgroupBroadcast(quarter3, 0u);
      let r0x = rightTerm(z, min(k + 0, depth - 1), column0 + 0);
      let r1x = rightTerm(z, min(k + 0, depth - 1), column0 + 4);
      sum0_0 += l0x.x * r0x;
      sum0_1 += l0x.x * r1x;
      sum1_0 += l0x.y * r0x;
      sum1_1 += l0x.y * r1x;
      sum2_0 += l0x.z * r0x;
      sum2_1 += l0x.z * r1x;
      sum3_0 += l0x.w * r0x;
      sum3_1 += l0x.w * r1x;
      sum4_0 += l1x.x * r0x;
      sum4_1 += l1x.x * r1x;
      sum5_0 += l1x.y * r0x;
      sum5_1 += l1x.y * r1x;
      sum6_0 += l1x.z * r0x;
      sum6_1 += l1x.z * r1x;
      sum7_0 += l1x.w * r0x;
      sum7_1 += l1x.w * r1x;
      sum8_0 += l2x.x * r0x;
      sum8_1 += l2x.x * r1x;
      sum9_0 += l2x.y * r0x;
      sum9_1 += l2x.y * r1x;
      sum10_0 += l2x.z * r0x;
      sum10_1 += l2x.z * r1x;
      sum11_0 += l2x.w * r0x;
      sum11_1 += l2x.w * r1x;
      sum12_0 += l3x.x * r0x;
      sum12_1 += l3x.x * r1x;
      sum13_0 += l3x.y * r0x;
      sum13_1 += l3x.y * r1x;
      sum14_0 += l3x.z * r0x;
      sum14_1 += l3x.z * r1x;
      sum15_0 += l3x.w * r0x;
      sum15_1 += l3x.w * r1x;
      let l0y = subgroupBroadcast(quarter0, 1u);
      let l1y = subgroupBroadcast(quarter1, 1u);
      let l2y = subgroupBroadcast(quarter2, 1u);
      let l3y = subgroupBroadcast(quarter3, 1u);
      let r0y = rightTerm(z, min(k + 1, depth - 1), column0 + 0);
      let r1y = rightTerm(z, min(k + 1, depth - 1), column0 + 4);
      sum0_0 += l0y.x * r0y;
      sum0_1 += l0y.x * r1y;
      sum1_0 += l0y.y * r0y;
      sum1_1 += l0y.y * r1y;
      sum2_0 += l0y.z * r0y;
      sum2_1 += l0y.z * r1y;
      sum3_0 += l0y.w * r0y;
      sum3_1 += l0y.w * r1y;
      sum4_0 += l1y.x * r0y;
      sum4_1 += l1y.x * r1y;
      sum5_0 += l1y.y * r0y;
      sum5_1 += l1y.y * r1y;
      sum6_0 += l1y.z * r0y;
      sum6_1 += l1y.z * r1y;
      sum7_0 += l1y.w * r0y;
      sum7_1 += l1y.w * r1y;
      sum8_0 += l2y.x * r0y;
      sum8_1 += l2y.x * r1y;
      sum9_0 += l2y.y * r0y;
      sum9_1 += l2y.y * r1y;
      sum10_0 += l2y.z * r0y;
      sum10_1 += l2y.z * r1y;
      sum11_0 += l2y.w * r0y;
      sum11_1 += l2y.w * r1y;
      sum12_0 += l3y.x * r0y;
      sum12_1 += l3y.x * r1y;
      sum13_0 += l3y.y * r0y;
      sum13_1 += l3y.y * r1y;
      sum14_0 += l3y.z * r0y;
      sum14_1 += l3y.z * r1y;
      sum15_0 += l3y.w * r0y;
      sum15_1 += l3y.w * r1y;
      let l0z = subgroupBroadcast(quarter0, 2u);
      let l1z = subgroupBroadcast(quarter1, 2u);
      let l2z = subgroupBroadcast(quarter2, 2u);
      let l3z = subgroupBroadcast(quarter3, 2u);
      let r0z = rightTerm(z, min(k + 2, depth - 1), column0 + 0);
      let r1z = rightTerm(z, min(k + 2, depth - 1), column0 + 4);
      sum0_0 += l0z.x * r0z;
      sum0_1 += l0z.x * r1z;
      sum1_0 += l0z.y * r0z;
      sum1_1 += l0z.y * r1z;
      sum2_0 += l0z.z * r0z;
      sum2_1 += l0z.z * r1z;
      sum3_0 += l0z.w * r0z;
      sum3_1 += l0z.w * r1z;
      sum4_0 += l1z.x * r0z;
      sum4_1 += l1z.x * r1z;
      sum5_0 += l1z.y * r0z;
      sum5_1 += l1z.y * r1z;
      sum6_0 += l1z.z * r0z;
      sum6_1 += l1z.z * r1z;
      sum7_0 += l1z.w * r0z;
      sum7_1 += l1z.w * r1z;
      sum8_0 += l2z.x * r0z;
      sum8_1 += l2z.x * r1z;
      sum9_0 += l2z.y * r0z;
      sum9_1 += l2z.y * r1z;
      sum10_0 += l2z.z * r0z;
      sum10_1 += l2z.z * r1z;
      sum11_0 += l2z.w * r0z;
      sum11_1 += l2z.w * r1z;
      sum12_0 += l3z.x * r0z;
      sum12_1 += l3z.x * r1z;
      sum13_0 += l3z.y * r0z;
      sum13_1 += l3z.y * r1z;
      sum14_0 += l3z.z * r0z;
      sum14_1 += l3z.z * r1z;
      sum15_0 += l3z.w * r0z;
      sum15_1 += l3z.w * r1z;
      let l0w = subgroupBroadcast(quarter0, 3u);
      let l1w = subgroupBroadcast(quarter1, 3u);
      let l2w = subgroupBroadcast(quarter2, 3u);
      let l3w = subgroupBroadcast(quarter3, 3u);
      let r0w = rightTerm(z, min(k + 3, depth - 1), column0 + 0);
      let r1w = rightTerm(z, min(k + 3, depth - 1), column0 + 4);
      sum0_0 += l0w.x * r0w;
      sum0_1 += l0w.x * r1w;
      sum1_0 += l0w.y * r0w;
      sum1_1 += l0w.y * r1w;
      sum2_0 += l0w.z * r0w;
      sum2_1 += l0w.z * r1w;
      sum3_0 += l0w.w * r0w;
      sum3_1 += l0w.w * r1w;
      sum4_0 += l1w.x * r0w;
      sum4_1 += l1w.x * r1w;
      sum5_0 += l1w.y * r0w;
      sum5_1 += l1w.y * r1w;
      sum6_0 += l1w.z * r0w;
      sum6_1 += l1w.z * r1w;
      sum7_0 += l1w.w * r0w;
      sum7_1 += l1w.w * r1w;
      sum8_0 += l2w.x * r0w;
      sum8_1 += l2w.x * r1w;
      sum9_0 += l2w.y * r0w;
      sum9_1 += l2w.y * r1w;
      sum10_0 += l2w.z * r0w;
      sum10_1 += l2w.z * r1w;
      sum11_0 += l2w.w * r0w;
      sum11_1 += l2w.w * r1w;
      sum12_0 += l3w.x * r0w;
      sum12_1 += l3w.x * r1w;
      sum13_0 += l3w.y * r0w;
      sum13_1 += l3w.y * r1w;
      sum14_0 += l3w.z * r0w;
      sum14_1 += l3w.z * r1w;
      sum15_0 += l3w.w * r0w;
      sum15_1 += l3w.w * r1w;
    }
  }
  if (row0 + 0 < uniforms.vocabulary) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 0 < uniforms.vocabulary) { store(z, row0 + 0, column0 + 4, sum0_1); }
  if (row0 + 1 < uniforms.vocabulary) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 1 < uniforms.vocabulary) { store(z, row0 + 1, column0 + 4, sum1_1); }
  if (row0 + 2 < uniforms.vocabulary) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 2 < uniforms.vocabulary) { store(z, row0 + 2, column0 + 4, sum2_1); }
  if (row0 + 3 < uniforms.vocabulary) { store(z, row0 + 3, column0 + 0, sum3_0); }
  if (row0 + 3 < uniforms.vocabulary) { store(z, row0 + 3, column0 + 4, sum3_1); }
  if (row0 + 4 < uniforms.vocabulary) { store(z, row0 + 4, column0 + 0, sum4_0); }
  if (row0 + 4 < uniforms.vocabulary) { store(z, row0 + 4, column0 + 4, sum4_1); }
  if (row0 + 5 < uniforms.vocabulary) { store(z, row0 + 5, column0 + 0, sum5_0); }
  if (row0 + 5 < uniforms.vocabulary) { store(z, row0 + 5, column0 + 4, sum5_1); }
  if (row0 + 6 < uniforms.vocabulary) { store(z, row0 + 6, column0 + 0, sum6_0); }
  if (row0 + 6 < uniforms.vocabulary) { store(z, row0 + 6, column0 + 4, sum6_1); }
  if (row0 + 7 < uniforms.vocabulary) { store(z, row0 + 7, column0 + 0, sum7_0); }
  if (row0 + 7 < uniforms.vocabulary) { store(z, row0 + 7, column0 + 4, sum7_1); }
  if (row0 + 8 < uniforms.vocabulary) { store(z, row0 + 8, column0 + 0, sum8_0); }
  if (row0 + 8 < uniforms.vocabulary) { store(z, row0 + 8, column0 + 4, sum8_1); }
  if (row0 + 9 < uniforms.vocabulary) { store(z, row0 + 9, column0 + 0, sum9_0); }
  if (row0 + 9 < uniforms.vocabulary) { store(z, row0 + 9, column0 + 4, sum9_1); }
  if (row0 + 10 < uniforms.vocabulary) { store(z, row0 + 10, column0 + 0, sum10_0); }
  if (row0 + 10 < uniforms.vocabulary) { store(z, row0 + 10, column0 + 4, sum10_1); }
  if (row0 + 11 < uniforms.vocabulary) { store(z, row0 + 11, column0 + 0, sum11_0); }
  if (row0 + 11 < uniforms.vocabulary) { store(z, row0 + 11, column0 + 4, sum11_1); }
  if (row0 + 12 < uniforms.vocabulary) { store(z, row0 + 12, column0 + 0, sum12_0); }
  if (row0 + 12 < uniforms.vocabulary) { store(z, row0 + 12, column0 + 4, sum12_1); }
  if (row0 + 13 < uniforms.vocabulary) { store(z, row0 + 13, column0 + 0, sum13_0); }
  if (row0 + 13 < uniforms.vocabulary) { store(z, row0 + 13, column0 + 4, sum13_1); }
  if (row0 + 14 < uniforms.vocabulary) { store(z, row0 + 14, column0 + 0, sum14_0); }
  if (row0 + 14 < uniforms.vocabulary) { store(z, row0 + 14, column0 + 4, sum14_1); }
  if (row0 + 15 < uniforms.vocabulary) { store(z, row0 + 15, column0 + 0, sum15_0); }
  if (row0 + 15 < uniforms.vocabulary) { store(z, row0 + 15, column0 + 4, sum15_1); }
}
