// product [["alignedLeft",true],["alignedResult",true],["alignedRight",true],["form","NT"],["plan","tile64"]]
struct Uniforms {
  rows : i32,
  columns : i32,
  depth : i32,
  leftWidth : i32,
  rightWidth : i32,
}

@group(0) @binding(0) var<storage, read_write> result : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> left : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> right : array<vec4<f32>>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn leftRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.leftWidth + column;
  return left[at / 4];
}

fn rightRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rightWidth + column;
  return right[at / 4];
}

fn leftTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return leftRow(a, b); }
fn rightTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return rightRow(a, b); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = row * uniforms.columns + column;
  result[at / 4] = value;
}

var<workgroup> leftTile : array<f32, 1024>;
var<workgroup> rightTile : array<f32, 1024>;
@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
  let z = i32(group.z);
  let invocation = i32(local.y) * 16 + i32(local.x);
  let localRow = i32(local.y) * 4;
  let localColumn = i32(local.x) * 4;
  let groupRow = i32(group.y) * 64;
  let groupColumn = i32(group.x) * 64;
  let row0 = groupRow + localRow;
  let column0 = groupColumn + localColumn;
  var sum0_0 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  for (var base = 0; base < uniforms.depth; base += 16) {
    for (var vector = invocation; vector < 256; vector += 256) {
      {
        let i = vector / 4;
        let k = 4 * (vector % 4);
        var v = vec4(0.0);
        if (base + k < uniforms.depth) { v = leftTerm(z, groupRow + i, base + k); }
        leftTile[(k + 0) * 64 + i] = v.x;
        leftTile[(k + 1) * 64 + i] = v.y;
        leftTile[(k + 2) * 64 + i] = v.z;
        leftTile[(k + 3) * 64 + i] = v.w;
      }
      {
        let i = vector / 4;
        let k = 4 * (vector % 4);
        var v = vec4(0.0);
        if (base + k < uniforms.depth) { v = rightTerm(z, groupColumn + i, base + k); }
        rightTile[(k + 0) * 64 + i] = v.x;
        rightTile[(k + 1) * 64 + i] = v.y;
        rightTile[(k + 2) * 64 + i] = v.z;
        rightTile[(k + 3) * 64 + i] = v.w;
      }
    }
    workgroupBarrier();
    for (var k = 0; k < 16; k++) {
      let l = k * 64 + localRow;
      let r = k * 64 + localColumn;
      let right = vec4(rightTile[r], rightTile[r + 1], rightTile[r + 2], rightTile[r + 3]);
      sum0_0 += leftTile[l + 0] * right;
      sum1_0 += leftTile[l + 1] * right;
      sum2_0 += leftTile[l + 2] * right;
      sum3_0 += leftTile[l + 3] * right;
    }
    workgroupBarrier();
  }
  if (row0 + 0 < uniforms.rows) { store(z, row0 + 0, column0 + 0, sum0_0); }
  if (row0 + 1 < uniforms.rows) { store(z, row0 + 1, column0 + 0, sum1_0); }
  if (row0 + 2 < uniforms.rows) { store(z, row0 + 2, column0 + 0, sum2_0); }
  if (row0 + 3 < uniforms.rows) { store(z, row0 + 3, column0 + 0, sum3_0); }
}
