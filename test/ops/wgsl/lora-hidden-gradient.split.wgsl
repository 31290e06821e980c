// lora hidden gradient [["alignedOut",true],["alignedRank",true],["plan","split"]]
struct Uniforms {
  slots : array<vec4<i32>, 8>,
  count : i32,
  rows : i32,
  rank : i32,
  hiddenWidth : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> g : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b : array<vec4<f32>>;
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

fn bRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rank + column;
  return b[at / 4];
}

fn bTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return bRow(uniforms.slots[z].z + k, column); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rank) { return; }
  var value = sum;
  let at = row * uniforms.hiddenWidth + z * uniforms.rank + column;
  value *= uniforms.scale;
  g[at / 4] = value;
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
  for (var k = lane * 4; k < slotRows(z); k += 256) {
    let l0 = dyTerm(z, row0 + 0, k);
    let l1 = dyTerm(z, row0 + 1, k);
    let l2 = dyTerm(z, row0 + 2, k);
    let l3 = dyTerm(z, row0 + 3, k);
    let r0x = bTerm(z, k + 0, column0 + 0);
    sum0_0 += l0.x * r0x;
    sum1_0 += l1.x * r0x;
    sum2_0 += l2.x * r0x;
    sum3_0 += l3.x * r0x;
    let r0y = bTerm(z, k + 1, column0 + 0);
    sum0_0 += l0.y * r0y;
    sum1_0 += l1.y * r0y;
    sum2_0 += l2.y * r0y;
    sum3_0 += l3.y * r0y;
    let r0z = bTerm(z, k + 2, column0 + 0);
    sum0_0 += l0.z * r0z;
    sum1_0 += l1.z * r0z;
    sum2_0 += l2.z * r0z;
    sum3_0 += l3.z * r0z;
    let r0w = bTerm(z, k + 3, column0 + 0);
    sum0_0 += l0.w * r0w;
    sum1_0 += l1.w * r0w;
    sum2_0 += l2.w * r0w;
    sum3_0 += l3.w * r0w;
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
  if (lane < 4 && row0 + lane < uniforms.count) { store(z, row0 + lane, column0, partialSums[lane]); }
}
