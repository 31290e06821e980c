// lora hidden gradient [["alignedOut",false],["alignedRank",false],["plan","register"]]
struct Uniforms {
  slots : array<vec4<i32>, 8>,
  count : i32,
  rows : i32,
  rank : i32,
  hiddenWidth : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> g : array<f32>;
@group(0) @binding(1) var<storage, read> dy : array<f32>;
@group(0) @binding(2) var<storage, read> b : array<f32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn slotRows(z : i32) -> i32 {
  return uniforms.slots[z].y - uniforms.slots[z].x;
}

fn dyRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rows + column;
  return vec4(select(0.0, dy[at + 0], column + 0 < uniforms.rows), select(0.0, dy[at + 1], column + 1 < uniforms.rows), select(0.0, dy[at + 2], column + 2 < uniforms.rows), select(0.0, dy[at + 3], column + 3 < uniforms.rows));
}

fn dyTerm(z : i32, row : i32, column : i32) -> vec4<f32> {
  let slot = uniforms.slots[z];
  let inside = vec4<i32>(0, 1, 2, 3) < vec4<i32>(slot.y - slot.x - column);
  return select(vec4(0.0), dyRow(row, slot.x + column), inside);
}

fn bRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rank + column;
  return vec4(select(0.0, b[at + 0], column + 0 < uniforms.rank), select(0.0, b[at + 1], column + 1 < uniforms.rank), select(0.0, b[at + 2], column + 2 < uniforms.rank), select(0.0, b[at + 3], column + 3 < uniforms.rank));
}

fn bTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return bRow(uniforms.slots[z].z + k, column); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rank) { return; }
  var value = sum;
  let at = row * uniforms.hiddenWidth + z * uniforms.rank + column;
  value *= uniforms.scale;
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.rank) { g[at + q] = value[q]; }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let z = i32(id.z);
  let row0 = i32(id.y) * 4;
  let column0 = i32(id.x) * 8;
  if (row0 >= uniforms.count || column0 >= uniforms.rank) { return; }
  var sum0_0 = vec4(0.0);
  var sum0_1 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum1_1 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum2_1 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  var sum3_1 = vec4(0.0);
  for (var k = 0; k < slotRows(z); k += 4) {
    let l0 = dyTerm(z, row0 + 0, k);
    let l1 = dyTerm(z, row0 + 1, k);
    let l2 = dyTerm(z, row0 + 2, k);
    let l3 = dyTerm(z, row0 + 3, k);
    let r0x = bTerm(z, k + 0, column0 + 0);
    let r1x = bTerm(z, k + 0, column0 + 4);
    sum0_0 += l0.x * r0x;
    sum0_1 += l0.x * r1x;
    sum1_0 += l1.x * r0x;
    sum1_1 += l1.x * r1x;
    sum2_0 += l2.x * r0x;
    sum2_1 += l2.x * r1x;
    sum3_0 += l3.x * r0x;
    sum3_1 += l3.x * r1x;
    let r0y = bTerm(z, k + 1, column0 + 0);
    let r1y = bTerm(z, k + 1, column0 + 4);
    sum0_0 += l0.y * r0y;
    sum0_1 += l0.y * r1y;
    sum1_0 += l1.y * r0y;
    sum1_1 += l1.y * r1y;
    sum2_0 += l2.y * r0y;
    sum2_1 += l2.y * r1y;
    sum3_0 += l3.y * r0y;
    sum3_1 += l3.y * r1y;
    let r0z = bTerm(z, k + 2, column0 + 0);
    let r1z = bTerm(z, k + 2, column0 + 4);
    sum0_0 += l0.z * r0z;
    sum0_1 += l0.z * r1z;
    sum1_0 += l1.z * r0z;
    sum1_1 += l1.z * r1z;
    sum2_0 += l2.z * r0z;
    sum2_1 += l2.z * r1z;
    sum3_0 += l3.z * r0z;
    sum3_1 += l3.z * r1z;
    let r0w = bTerm(z, k + 3, column0 + 0);
    let r1w = bTerm(z, k + 3, column0 + 4);
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
