// lora b gradient [["alignedOut",false],["alignedRank",false],["plan","register"]]
struct Uniforms {
  slots : array<vec4<i32>, 8>,
  count : i32,
  rows : i32,
  rank : i32,
  hiddenWidth : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> db : array<f32>;
@group(0) @binding(1) var<storage, read> dy : array<f32>;
@group(0) @binding(2) var<storage, read> hidden : array<f32>;
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

fn hiddenRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.hiddenWidth + column;
  return vec4(select(0.0, hidden[at + 0], column + 0 < uniforms.hiddenWidth), select(0.0, hidden[at + 1], column + 1 < uniforms.hiddenWidth), select(0.0, hidden[at + 2], column + 2 < uniforms.hiddenWidth), select(0.0, hidden[at + 3], column + 3 < uniforms.hiddenWidth));
}

fn hiddenTerm(z : i32, k : i32, column : i32) -> vec4<f32> {
  return hiddenRow(k, z * uniforms.rank + column);
}

fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rank) { return; }
  var value = sum;
  let at = (uniforms.slots[z].z + row) * uniforms.rank + column;
  value *= uniforms.scale;
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.rank) { db[at + q] = value[q]; }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let z = i32(id.z);
  let row0 = i32(id.y) * 4;
  let column0 = i32(id.x) * 8;
  if (row0 >= slotRows(z) || column0 >= uniforms.rank) { return; }
  var sum0_0 = vec4(0.0);
  var sum0_1 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum1_1 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum2_1 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  var sum3_1 = vec4(0.0);
  for (var k = 0; k < uniforms.count; k += 1) {
    let l0 = dyTerm(z, k, row0 + 0);
    let r0 = hiddenTerm(z, k, column0 + 0);
    let r1 = hiddenTerm(z, k, column0 + 4);
    sum0_0 += l0.x * r0;
    sum0_1 += l0.x * r1;
    sum1_0 += l0.y * r0;
    sum1_1 += l0.y * r1;
    sum2_0 += l0.z * r0;
    sum2_1 += l0.z * r1;
    sum3_0 += l0.w * r0;
    sum3_1 += l0.w * r1;
  }
  if (row0 + 0 < slotRows(z)) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 0 < slotRows(z)) { store(z, row0 + 0, column0 + 4, sum0_1); }
  if (row0 + 1 < slotRows(z)) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 1 < slotRows(z)) { store(z, row0 + 1, column0 + 4, sum1_1); }
  if (row0 + 2 < slotRows(z)) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 2 < slotRows(z)) { store(z, row0 + 2, column0 + 4, sum2_1); }
  if (row0 + 3 < slotRows(z)) { store(z, row0 + 3, column0 + 0, sum3_0); }
  if (row0 + 3 < slotRows(z)) { store(z, row0 + 3, column0 + 4, sum3_1); }
}
