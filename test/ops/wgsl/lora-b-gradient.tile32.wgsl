// lora b gradient [["alignedOut",true],["alignedRank",true],["plan","tile32"]]
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

var<workgroup> leftTile : array<f32, 512>;
var<workgroup> rightTile : array<f32, 512>;
@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
  let z = i32(group.z);
  let invocation = i32(local.y) * 8 + i32(local.x);
  let localRow = i32(local.y) * 4;
  let localColumn = i32(local.x) * 4;
  let groupRow = i32(group.y) * 32;
  let groupColumn = i32(group.x) * 32;
  let row0 = groupRow + localRow;
  let column0 = groupColumn + localColumn;
  var sum0_0 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  for (var base = 0; base < uniforms.count; base += 16) {
    for (var vector = invocation; vector < 128; vector += 64) {
      {
        let k = vector / 8;
        let i = 4 * (vector % 8);
        var v = vec4(0.0);
        if (base + k < uniforms.count) { v = dyTerm(z, base + k, groupRow + i); }
        leftTile[k * 32 + i + 0] = v.x;
        leftTile[k * 32 + i + 1] = v.y;
        leftTile[k * 32 + i + 2] = v.z;
        leftTile[k * 32 + i + 3] = v.w;
      }
      {
        let k = vector / 8;
        let i = 4 * (vector % 8);
        var v = vec4(0.0);
        if (base + k < uniforms.count) { v = hiddenTerm(z, base + k, groupColumn + i); }
        rightTile[k * 32 + i + 0] = v.x;
        rightTile[k * 32 + i + 1] = v.y;
        rightTile[k * 32 + i + 2] = v.z;
        rightTile[k * 32 + i + 3] = v.w;
      }
    }
    workgroupBarrier();
    for (var k = 0; k < 16; k++) {
      let l = k * 32 + localRow;
      let r = k * 32 + localColumn;
      let right = vec4(rightTile[r], rightTile[r + 1], rightTile[r + 2], rightTile[r + 3]);
      sum0_0 += leftTile[l + 0] * right;
      sum1_0 += leftTile[l + 1] * right;
      sum2_0 += leftTile[l + 2] * right;
      sum3_0 += leftTile[l + 3] * right;
    }
    workgroupBarrier();
  }
  if (row0 + 0 < slotRows(z)) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 1 < slotRows(z)) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 2 < slotRows(z)) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 3 < slotRows(z)) { store(z, row0 + 3, column0 + 0, sum3_0); }
}
