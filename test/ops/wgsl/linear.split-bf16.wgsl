// linear [["adapter",false],["alignedIn",true],["alignedOut",true],["alignedRank",true],["bias",false],["format","bf16"],["parts",1],["plan","split"],["residual",false]]
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
@group(0) @binding(2) var<storage, read> w0 : array<vec2<u32>>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return x[at / 4];
}

fn weightRowPair(word : u32) -> vec2<f32> { return vec2(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn weightRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  let words = w0[at / 4];
  return vec4(weightRowPair(words.x), weightRowPair(words.y));
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(row, k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return weightRow(row, k); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.rows) { return; }
  var value = sum;
  let at = row * uniforms.rows + column;
  y[at / 4] = value;
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
  for (var k = lane * 4; k < uniforms.columns; k += 256) {
    let l0 = leftTerm(z, row0 + 0, k);
    let l1 = leftTerm(z, row0 + 1, k);
    let l2 = leftTerm(z, row0 + 2, k);
    let l3 = leftTerm(z, row0 + 3, k);
    let r0 = rightTerm(z, column0 + 0, k);
    let r1 = rightTerm(z, column0 + 1, k);
    let r2 = rightTerm(z, column0 + 2, k);
    let r3 = rightTerm(z, column0 + 3, k);
    sum0_0 += vec4(dot(l0, r0), dot(l0, r1), dot(l0, r2), dot(l0, r3));
    sum1_0 += vec4(dot(l1, r0), dot(l1, r1), dot(l1, r2), dot(l1, r3));
    sum2_0 += vec4(dot(l2, r0), dot(l2, r1), dot(l2, r2), dot(l2, r3));
    sum3_0 += vec4(dot(l3, r0), dot(l3, r1), dot(l3, r2), dot(l3, r3));
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
