// linear input gradient [["adapter",false],["alignedHidden",true],["alignedIn",true],["alignedOut",true],["format","bf16"],["parts",1],["plan","split"]]
struct Uniforms {
  count : i32,
  rows : i32,
  columns : i32,
  partRows : i32,
  hiddenWidth : i32,
}

@group(0) @binding(0) var<storage, read_write> dx : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w0 : array<vec2<u32>>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn dyRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.rows + column;
  return dy[at / 4];
}

fn weightRowPair(word : u32) -> vec2<f32> { return vec2(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn weightRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  let words = w0[at / 4];
  return vec4(weightRowPair(words.x), weightRowPair(words.y));
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return dyRow(row, k); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return weightRow(k, column); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = row * uniforms.columns + column;
  dx[at / 4] = value;
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
  for (var k = lane * 4; k < uniforms.rows; k += 256) {
    let l0 = leftTerm(z, row0 + 0, k);
    let l1 = leftTerm(z, row0 + 1, k);
    let l2 = leftTerm(z, row0 + 2, k);
    let l3 = leftTerm(z, row0 + 3, k);
    let r0x = rightTerm(z, k + 0, column0 + 0);
    sum0_0 += l0.x * r0x;
    sum1_0 += l1.x * r0x;
    sum2_0 += l2.x * r0x;
    sum3_0 += l3.x * r0x;
    let r0y = rightTerm(z, k + 1, column0 + 0);
    sum0_0 += l0.y * r0y;
    sum1_0 += l1.y * r0y;
    sum2_0 += l2.y * r0y;
    sum3_0 += l3.y * r0y;
    let r0z = rightTerm(z, k + 2, column0 + 0);
    sum0_0 += l0.z * r0z;
    sum1_0 += l1.z * r0z;
    sum2_0 += l2.z * r0z;
    sum3_0 += l3.z * r0z;
    let r0w = rightTerm(z, k + 3, column0 + 0);
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
