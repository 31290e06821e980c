// cross-entropy dx [["alignedIn",true],["alignedVocabulary",true],["format","int8"],["parts",1],["plan","split"]]
struct Uniforms {
  first : i32,
  count : i32,
  vocabulary : i32,
  columns : i32,
  partRows : i32,
}

@group(0) @binding(0) var<storage, read_write> dx : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> logits : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w0 : array<u32>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn logitsRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.vocabulary + column;
  return logits[at / 4];
}

fn headRow0At(block : i32, place : i32) -> vec4<f32> {
  let start = block * 17;
  let word = bitcast<i32>(w0[start + 1 + place / 4]);
  let bytes = (vec4(word) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u);
  return bitcast<f32>(w0[start]) * vec4<f32>(bytes);
}

fn headRow(row : i32, column : i32) -> vec4<f32> {
  let block =
  row * ((uniforms.columns + 63) / 64) + (column >> 6u);
  return headRow0At(block, column & 60);
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return logitsRow(row, k); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return headRow(k, column); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.columns) { return; }
  var value = sum;
  let at = (uniforms.first + row) * uniforms.columns + column;
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
  for (var k = lane * 4; k < uniforms.vocabulary; k += 256) {
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
