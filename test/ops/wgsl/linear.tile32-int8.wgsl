// linear [["adapter",false],["alignedIn",true],["alignedOut",true],["alignedRank",true],["bias",false],["format","int8"],["parts",1],["plan","tile32"],["residual",false]]
struct Uniforms {
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
@group(0) @binding(2) var<storage, read> w0 : array<u32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return x[at / 4];
}

fn weightRow0At(block : i32, place : i32) -> vec4<f32> {
  let start = block * 17;
  let word = bitcast<i32>(w0[start + 1 + place / 4]);
  let bytes = (vec4(word) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u);
  return bitcast<f32>(w0[start]) * vec4<f32>(bytes);
}

fn weightRow(row : i32, column : i32) -> vec4<f32> {
  let block =
  row * ((uniforms.columns + 63) / 64) + (column >> 6u);
  return weightRow0At(block, column & 60);
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(row, k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return weightRow(row, k); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rows) { return; }
  var value = sum;
  let at = row * uniforms.rows + column;
  y[at / 4] = value;
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
  for (var base = 0; base < uniforms.columns; base += 16) {
    for (var vector = invocation; vector < 128; vector += 64) {
      {
        let i = vector / 4;
        let k = 4 * (vector % 4);
        var v = vec4(0.0);
        if (base + k < uniforms.columns) { v = leftTerm(z, groupRow + i, base + k); }
        leftTile[(k + 0) * 32 + i] = v.x;
        leftTile[(k + 1) * 32 + i] = v.y;
        leftTile[(k + 2) * 32 + i] = v.z;
        leftTile[(k + 3) * 32 + i] = v.w;
      }
      {
        let i = vector / 4;
        let k = 4 * (vector % 4);
        var v = vec4(0.0);
        if (base + k < uniforms.columns) { v = rightTerm(z, groupColumn + i, base + k); }
        rightTile[(k + 0) * 32 + i] = v.x;
        rightTile[(k + 1) * 32 + i] = v.y;
        rightTile[(k + 2) * 32 + i] = v.z;
        rightTile[(k + 3) * 32 + i] = v.w;
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
  if (row0 + 0 < uniforms.count) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 1 < uniforms.count) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 2 < uniforms.count) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 3 < uniforms.count) { store(z, row0 + 3, column0 + 0, sum3_0); }
}
