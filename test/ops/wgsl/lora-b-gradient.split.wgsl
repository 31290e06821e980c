// lora b gradient [["alignedOut",true],["alignedRank",true],["plan","split"]]
struct Uniforms {
  slots : array<vec4<i32>, 8>,
  count : i32,
  rows : i32,
  rank : i32,
  hiddenWidth : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> db : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> hidden : array<vec4<f32>>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn slotRows(z : i32) -> i32 {
  return uniforms.slots[z].y - uniforms.slots[z].x;
}

fn dyRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rows + column;
  return dy[at / 4];
}

fn dyTerm(z : i32, row : i32, column : i32) -> vec4<f32> {
  let slot = uniforms.slots[z];
  let inside = vec4<i32>(0, 1, 2, 3) < vec4<i32>(slot.y - slot.x - column);
  return select(vec4(0.0), dyRow(row, slot.x + column), inside);
}

fn hiddenRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.hiddenWidth + column;
  return hidden[at / 4];
}

fn hiddenTerm(z : i32, k : i32, column : i32) -> vec4<f32> {
  return hiddenRow(k, z * uniforms.rank + column);
}

fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rank) { return; }
  var value = sum;
  let at = (uniforms.slots[z].z + row) * uniforms.rank + column;
  value *= uniforms.scale;
  db[at / 4] = value;
}

var<workgroup> partialSums : array<vec4<f32>, 256>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let z = i32(group.z);
  let lane = i32(local);
  let row0 = i32(group.y) * 4;
  let column0 = i32(group.x) * 4;
  var sum0_0 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  for (var k = lane * 1; k < uniforms.count; k += 64) {
    let l0 = dyTerm(z, k, row0 + 0);
    let r0 = hiddenTerm(z, k, column0 + 0);
    sum0_0 += l0.x * r0;
    sum1_0 += l0.y * r0;
    sum2_0 += l0.z * r0;
    sum3_0 += l0.w * r0;
  }
  partialSums[lane * 4 + 0] = sum0_0;
  partialSums[lane * 4 + 1] = sum1_0;
  partialSums[lane * 4 + 2] = sum2_0;
  partialSums[lane * 4 + 3] = sum3_0;
  workgroupBarrier();
  for (var step = 32; step > 0; step /= 2) {
    if (lane < step) {
      for (var i = 0; i < 4; i++) {
        partialSums[lane * 4 + i] += partialSums[(lane + step) * 4 + i];
      }
    }
    workgroupBarrier();
  }
  if (lane < 4 && row0 + lane < slotRows(z)) { store(z, row0 + lane, column0, partialSums[lane]); }
}
